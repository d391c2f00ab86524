// Check boxes that show and hide the candidates of a comparison, in all of its figures.

function setUpPickers() {
  for (const picker of document.querySelectorAll(".picker")) {
    const boxes = [...picker.querySelectorAll("input")];
    const all = picker.querySelector("button");
    const show = () => {
      for (const box of boxes) {
        for (const part of document.querySelectorAll(`[data-item="${box.value}"]`)) {
          part.toggleAttribute("hidden", !box.checked);
        }
      }
      all.disabled = boxes.every((box) => box.checked);
    };
    for (const box of boxes) box.addEventListener("change", show);
    all.addEventListener("click", () => {
      for (const box of boxes) box.checked = true;
      boxes[0].focus(); // a disabled button loses the focus
      show();
    });
    picker.hidden = false;
    show(); // browsers restore check boxes when a page is reloaded
  }
}
