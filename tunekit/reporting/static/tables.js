// Tables: sorted rows, shown in parts, optionally compared with a reference row.

const ROWS_AT_ONCE = 50;
const UNBROKEN = 30; // characters, the longest text that stays on one line
const UNBROKEN_LABEL = 8;

function buildTable(place, table) {
  const view = {
    table,
    place,
    columns: table.columns.map((column, index) => columnOf(table, column, index)),
    words: [],
    sort: null,
    limit: ROWS_AT_ONCE,
    reference: 0,
    differing: false,
    watchers: [],
    status: make("p", { class: "status", role: "status" }),
    body: make("tbody"),
    more: make("div", { class: "tools more" }),
  };
  const caption = make("caption", {}, make("span", { class: "unseen" }, table.caption));
  const head = make("thead", {}, headOf(view), filtersOf(view));
  view.filters = head.lastChild;
  const kind = isComparing(view) ? { class: "compares" } : {};
  view.region = scrollRegion(table.caption, make("table", kind, caption, head, view.body));
  place.append(toolsOf(view), view.status, view.region, view.more, ...notesOf(table));
  refresh(view);
}

function columnOf(table, column, index) {
  const made = { ...column, index, test: null, equal: false };
  made.parameter = table.parameters.includes(column.key);
  if (column.kind === "interval") made.scale = scaleOf(made, table.rows.map((row) => row[index]));
  return made;
}

const isComparing = (view) => view.table.parameters.length > 0;
const isShown = (view, column) => !column.hidden && !(view.differing && column.equal);

function headOf(view) {
  const cells = view.columns.map((column) => {
    const sort = button("", () => sortBy(view, column), { class: "sort" });
    sort.append(...breakable(column.label));
    const short = column.label.length <= UNBROKEN_LABEL ? " short" : "";
    column.heading = make("th", { scope: "col", class: kindOf(column) + short }, sort);
    return column.heading;
  });
  return make("tr", {}, ...cells);
}

// Names may wrap after underscores, dots and slashes.
function breakable(name) {
  return name.split(/(?<=[_./])/).flatMap((part, i) => (i ? [make("wbr"), part] : [part]));
}

function kindOf(column) {
  if (column.kind === "interval") return "interval";
  return isNumeric(column) ? "number" : "text";
}

function notesOf(table) {
  const noted = table.columns.filter((column) => column.note);
  if (noted.length === 0) return [];
  const terms = noted.flatMap((each) => [make("dt", {}, each.label), make("dd", {}, each.note)]);
  const title = make("summary", {}, "What the columns mean");
  return [make("details", { class: "notes" }, title, make("dl", {}, ...terms))];
}

// Ascending, then descending, then the original order.
function sortBy(view, column) {
  const { sort } = view;
  if (sort?.column !== column) view.sort = { column, direction: 1 };
  else view.sort = sort.direction === 1 ? { column, direction: -1 } : null;
  refresh(view);
}

function matching(view) {
  const tested = view.columns.filter((column) => column.test);
  return [...view.table.rows.keys()].filter((index) => {
    const row = view.table.rows[index];
    if (!tested.every((column) => column.test(row[column.index]))) return false;
    return view.words.every((word) => haystack(view, index).includes(word));
  });
}

// All texts of a row, cached for the next search.
function haystack(view, index) {
  view.haystacks ??= [];
  view.haystacks[index] ??= view.columns
    .map((column) => searched(column, view.table.rows[index][column.index]))
    .join("\n");
  return view.haystacks[index];
}

function ordered(view) {
  const rows = matching(view);
  if (!view.sort) return rows;
  const { column, direction } = view.sort;
  const value = (index) => view.table.rows[index][column.index];
  const present = rows.filter((index) => !isMissing(value(index)));
  const missing = rows.filter((index) => isMissing(value(index)));
  present.sort((a, b) => direction * compareValues(column, value(a), value(b)) || a - b);
  return [...present, ...missing];
}

function refresh(view) {
  view.order = ordered(view);
  const rows = view.order.slice(0, view.limit);
  findEqual(view, rows);
  for (const column of view.columns) showHeading(view, column);
  const columns = view.columns.filter((column) => isShown(view, column));
  view.wide = isTooWide(columns, rows.map((index) => view.table.rows[index]));
  view.body.parentElement?.classList.toggle("wide", view.wide);
  view.body.replaceChildren(...rows.map((index) => rowOf(view, columns, index)));
  if (rows.length === 0) {
    view.body.append(make("tr", {}, make("td", { colspan: columns.length }, "No matching rows.")));
  }
  view.status.textContent = countOf(view, rows.length);
  offerMore(view, rows.length);
  for (const update of view.watchers) update();
}

// A parameter with a filter stays visible, so that the filter can be changed.
function findEqual(view, rows) {
  for (const column of view.columns) {
    const values = new Set(rows.map((index) => JSON.stringify(view.table.rows[index][column.index])));
    column.equal = column.parameter && !column.test && rows.length > 1 && values.size === 1;
  }
}

function showHeading(view, column) {
  column.heading.hidden = column.filterCell.hidden = !isShown(view, column);
  const direction = view.sort?.column === column ? view.sort.direction : 0;
  if (direction) column.heading.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
  else column.heading.removeAttribute("aria-sort");
}

function countOf(view, shown) {
  const [all, matched] = [view.table.rows.length, view.order.length];
  if (matched === all && shown === all && !view.table.tools) return "";
  if (matched === all || shown === matched) return `Showing ${grouped(shown)} of ${grouped(all)} rows`;
  return `Showing ${grouped(shown)} of ${grouped(matched)} matching rows (${grouped(all)} in total)`;
}

function offerMore(view, shown) {
  const left = view.order.length - shown;
  const show = (count) => () => {
    view.limit += count;
    refresh(view);
    (view.more.querySelector("button") ?? view.region).focus();
  };
  const next = Math.min(left, ROWS_AT_ONCE);
  view.more.replaceChildren(
    ...(left > 0 ? [button(`Show ${next} more`, show(next))] : []),
    ...(left > next ? [button(`Show all ${grouped(view.order.length)}`, show(left))] : []),
  );
}

function rowOf(view, columns, index) {
  const values = view.table.rows[index];
  const reference = isComparing(view) && index === view.reference;
  const row = make("tr", reference ? { class: "reference" } : {});
  columns.forEach((column, place) => {
    const value = values[column.index];
    const classes = [kindOf(column)];
    if (isMissing(value)) classes.push("missing");
    if (!reference && isEqual(view, column, value)) classes.push("same");
    if (kindOf(column) === "text" && textOf(column, value).length > UNBROKEN) classes.push("long");
    const content = contentOf(column, value);
    const first = place === 0 ? { scope: "row" } : {};
    const label = view.wide ? { "data-label": column.label } : {};
    const cell = make(place ? "td" : "th", { class: classes.join(" "), ...first, ...label }, ...content);
    if (place === 0 && isComparing(view)) cell.prepend(choiceOf(view, index, textOf(column, value)));
    row.append(cell);
  });
  return row;
}

function isEqual(view, column, value) {
  if (!column.parameter) return false;
  const reference = view.table.rows[view.reference][column.index];
  return JSON.stringify(reference) === JSON.stringify(value);
}

// Selects the row that all others are compared with.
function choiceOf(view, index, name) {
  const choice = make("input", {
    type: "radio",
    name: `reference-${view.place.dataset.table}`,
    "aria-label": `Compare with ${name}`,
  });
  choice.checked = index === view.reference;
  choice.addEventListener("change", () => {
    view.reference = index;
    refresh(view);
    view.body.querySelector(".reference input").focus();
  });
  return choice;
}
