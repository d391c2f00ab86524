// Decision threshold of a binary classifier: a slider with the counts and metrics at its value.

const OUTCOMES = {
  tp: "true positives",
  fn: "false negatives",
  fp: "false positives",
  tn: "true negatives",
};

function buildThresholds(place, data) {
  const id = `threshold-${place.dataset.thresholds}`;
  const chosen = nearestRow(data);
  const slider = make("input", { type: "range", id, min: 0, max: data.rows.length - 1, step: 1 });
  const output = make("output", { for: id, "aria-live": "off" }); // the slider announces it
  const counts = Object.fromEntries(Object.keys(OUTCOMES).map((kind) => [kind, make("b")]));
  const meters = data.metrics.map(meterOf);
  const back = button("Back to the chosen threshold", () => show(chosen), { class: "quiet" });
  const show = (position) => {
    const [threshold, tp, fp, fn, tn, ...values] = data.rows[position];
    slider.value = position;
    output.textContent = thresholdText(threshold);
    slider.setAttribute("aria-valuetext", output.textContent);
    for (const [kind, count] of Object.entries({ tp, fp, fn, tn })) {
      counts[kind].textContent = grouped(count);
    }
    meters.forEach((meter, i) => meter.show(values[i]));
    back.hidden = position === chosen;
  };
  slider.addEventListener("input", () => show(Number(slider.value)));
  const label = make("label", { for: id }, `Predict “${data.positive}” when the probability is at least`);
  const note = `Chosen: ${thresholdText(data.chosen)}, on ${data.chosen_on}. `;
  const values = make("dl", { class: "meters" }, ...meters.flatMap((meter) => meter.parts));
  place.append(
    make("div", { class: "slider" }, label, output, slider),
    make("p", { class: "soft" }, note, back),
    make("div", { class: "pair" }, countsTable(data.positive, counts), values),
  );
  show(chosen);
}

function nearestRow(data) {
  const distances = data.rows.map(([threshold]) => Math.abs((threshold ?? Infinity) - data.chosen));
  return distances.indexOf(Math.min(...distances));
}

const thresholdText = (threshold) => (threshold === null ? "above the maximum" : threshold.toFixed(3));

function countsTable(positive, counts) {
  const heading = (text, scope) => make("th", { scope }, text);
  const cell = (kind) => make("td", { class: kind }, counts[kind], make("span", {}, OUTCOMES[kind]));
  const corner = make("td");
  const columns = [heading(`predicted ${positive}`, "col"), heading("predicted other", "col")];
  return make(
    "table",
    { class: "outcomes" },
    make("caption", {}, "Rows at this threshold"),
    make("thead", {}, make("tr", {}, corner, ...columns)),
    make(
      "tbody",
      {},
      make("tr", {}, heading(`true ${positive}`, "row"), cell("tp"), cell("fn")),
      make("tr", {}, heading("true other", "row"), cell("fp"), cell("tn")),
    ),
  );
}

// A metric from 0 to 1, as a number and a bar.
function meterOf(name) {
  const text = make("span", { class: "value" });
  const filling = draw("rect", { height: 4, class: "filling" });
  const rail = draw("rect", { width: 100, height: 4, class: "rail" });
  const box = { class: "meter", viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" };
  const bar = draw("svg", box, rail, filling);
  return {
    parts: [make("dt", {}, name), make("dd", {}, text, bar)],
    show(value) {
      text.textContent = value === null ? "undefined" : value.toFixed(3).replace("-", "−");
      filling.setAttribute("width", 100 * Math.min(Math.max(value ?? 0, 0), 1));
    },
  };
}
