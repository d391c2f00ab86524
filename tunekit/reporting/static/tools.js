// Tools of a table: search, filters, column selection, differing parameters, and copying.

function toolsOf(view) {
  const tools = make("div", { class: "tools" });
  if (view.table.tools) {
    tools.append(searchOf(view), filterSwitch(view), chooserOf(view), copyOf(view));
  }
  if (isComparing(view)) tools.append(differingOf(view));
  if (view.table.tools) tools.append(clearOf(view));
  return isComparing(view) ? make("div", {}, tools, comparedWith(view)) : tools;
}

// New results are shown from the first row.
function searchAgain(view) {
  view.limit = ROWS_AT_ONCE;
  refresh(view);
}

function searchOf(view) {
  const label = `Search in ${view.table.caption}`;
  const field = make("input", { type: "search", placeholder: "Search", "aria-label": label });
  field.addEventListener("input", () => {
    view.words = field.value.toLowerCase().replaceAll("−", "-").split(/\s+/).filter(Boolean);
    searchAgain(view);
  });
  view.search = field;
  return field;
}

// A row of filter fields below the headings, one per column.
function filtersOf(view) {
  const cells = view.columns.map((column) => {
    const field = make("input", {
      type: "text",
      class: "filter",
      "aria-label": `Filter ${column.label}`,
      placeholder: isNumeric(column) ? ">0.9" : "contains",
    });
    field.addEventListener("input", () => {
      column.test = condition(column, field.value);
      searchAgain(view);
    });
    column.filterCell = make("td", {}, field);
    return column.filterCell;
  });
  return make("tr", { class: "filters", hidden: true }, ...cells);
}

function filterSwitch(view) {
  const press = () => {
    view.filters.hidden = !view.filters.hidden;
    pressed.setAttribute("aria-expanded", String(!view.filters.hidden));
    if (!view.filters.hidden) view.filters.querySelector("td:not([hidden]) input").focus();
  };
  const pressed = button("Filters", press, { "aria-expanded": "false" });
  return pressed;
}

function clearOf(view) {
  const clear = button("Clear search and filters", () => {
    for (const field of [view.search, ...view.filters.querySelectorAll("input")]) field.value = "";
    for (const column of view.columns) column.test = null;
    view.words = [];
    searchAgain(view);
    view.search.focus();
  }, { class: "quiet", hidden: true });
  view.watchers.push(() => {
    clear.hidden = view.words.length === 0 && view.columns.every((column) => !column.test);
  });
  return clear;
}

// The first column identifies the rows and cannot be hidden.
function chooserOf(view) {
  const boxes = view.columns.slice(1).map((column) => {
    const box = make("input", { type: "checkbox" });
    box.checked = !column.hidden;
    box.addEventListener("change", () => {
      column.hidden = !box.checked;
      refresh(view);
    });
    return make("label", {}, box, make("span", {}, column.label));
  });
  const legend = make("legend", { class: "unseen" }, "Visible columns");
  const title = make("summary", {}, "Columns");
  const chooser = make("details", { class: "chooser" }, title, make("fieldset", {}, legend, ...boxes));
  chooser.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    chooser.open = false;
    title.focus();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!chooser.contains(event.target)) chooser.open = false;
  });
  return chooser;
}

// All matching rows in the current order, with the visible columns.
function csvOf(view) {
  const columns = view.columns.filter((column) => isShown(view, column));
  const rows = view.order.map((index) => view.table.rows[index]);
  const lines = rows.map((row) => columns.flatMap((column) => csvValues(column, row[column.index])));
  return [columns.flatMap(csvNames), ...lines].map(csvLine).join("\r\n");
}

function copyOf(view) {
  return button("Copy as CSV", () => {
    const count = grouped(view.order.length);
    copyText(csvOf(view), view.place, view.status, `Copied ${count} rows as CSV.`);
  });
}

function differingOf(view) {
  const box = make("input", { type: "checkbox" });
  box.addEventListener("change", () => {
    view.differing = box.checked;
    refresh(view);
  });
  return make("label", {}, box, make("span", {}, "Only differing parameters"));
}

function comparedWith(view) {
  const hint = make("p", { class: "hint" });
  view.watchers.push(() => {
    const [first] = view.columns;
    const row = view.table.rows[view.reference];
    const name = row ? `${first.label} ${textOf(first, row[0])}` : "no row";
    hint.textContent = `Compared with ${name}: equal parameters are faded and marked “=”. `
      + "Select the button in front of a row to compare with that row.";
  });
  return hint;
}
