// Parallel coordinates: one line per trial, the better ones on top.

const STEP = 92; // smallest distance between two axes
const TOP = 44; // top of the axes, below their names
const LONG_AXIS = 260;
const UNSET = 34; // distance of unset values below an axis
const EDGE = 44;
const BANDS = 5; // groups by rank, each wider and darker than the one before

function buildParallel(place, data) {
  const axes = [...data.axes, { ...data.score, kind: "number" }];
  // The best line is drawn last; of equal scores the first counts as best, as in the tables.
  const lines = [...data.lines].reverse().sort((a, b) => (a.at(-1) ?? -Infinity) - (b.at(-1) ?? -Infinity));
  const view = {
    axes: axes.map((axis, i) => ({
      ...axis,
      unset: lines.some((line) => at(axis, line[i]) === null),
      whole: lines.every((line) => line[i] === null || Number.isInteger(line[i])),
    })),
    lines,
    ranges: axes.map(() => null),
    drawing: draw("svg", { class: "coordinates", role: "img" }),
    status: make("p", { class: "status", role: "status" }),
  };
  const region = scrollRegion("Parallel coordinates", view.drawing);
  const hint = `Each line is one trial; a better ${data.score.label} gives a darker, wider line. `
    + "Drag along an axis to show only the lines that pass there, or use the fields below.";
  place.append(make("p", { class: "hint" }, hint), region, view.status, restrictionsOf(view));
  new ResizeObserver(() => drawAll(view, region.clientWidth)).observe(region);
  drawAll(view, region.clientWidth);
  view.drawing.addEventListener("pointerdown", (event) => startDragging(view, event));
}

// Position of a value on its axis, from 0 at the bottom to 1; null if it is not set.
function at(axis, value) {
  if (value === null) return null;
  if (axis.kind === "category") {
    const index = axis.categories.findIndex((each) => String(each) === plain(value));
    return index < 0 ? null : index / Math.max(axis.categories.length - 1, 1);
  }
  const scale = axis.kind === "log" ? Math.log : (number) => number;
  const [low, high, scaled] = [axis.low, axis.high, value].map(scale);
  if (!Number.isFinite(scaled)) return null;
  return high > low ? Math.min(Math.max((scaled - low) / (high - low), 0), 1) : 0.5;
}

// The value at a position of an axis, as text.
function valueAt(axis, part) {
  if (axis.kind === "category") {
    return plain(axis.categories[Math.round(part * (axis.categories.length - 1))]);
  }
  const value = axis.kind === "log"
    ? axis.low * (axis.high / axis.low) ** part
    : axis.low + (axis.high - axis.low) * part;
  return axisText(value);
}

const axisText = (value) => String(Number(value.toPrecision(3))).replaceAll("-", "−");

const heightOf = (part) => TOP + LONG_AXIS + (part === null ? UNSET : -part * LONG_AXIS);

function drawAll(view, width) {
  const gaps = Math.max(view.axes.length - 1, 1);
  view.step = Math.max((width - 2 * EDGE) / gaps, STEP);
  const high = TOP + LONG_AXIS + UNSET + 20;
  view.wide = gaps * view.step + 2 * EDGE;
  view.drawing.setAttribute("viewBox", `0 0 ${view.wide} ${high}`);
  view.drawing.style.width = `${view.wide}px`;
  view.paths = view.lines.map((line, rank) => pathOf(view, line, rank));
  const axes = view.axes.map((axis, i) => axisOf(view, axis, i));
  view.brush = draw("g");
  const lines = draw("g", { class: view.lines.length > 100 ? "lines dense" : "lines" }, ...view.paths);
  view.drawing.replaceChildren(lines, view.brush, ...axes);
  restrict(view);
}

function pathOf(view, line, rank) {
  const points = view.axes.map((axis, i) => [EDGE + i * view.step, heightOf(at(axis, line[i]))]);
  const parts = points.map(([x, y], i) => {
    if (i === 0) return `M${x.toFixed(1)} ${y.toFixed(1)}`;
    const bend = x - view.step / 2;
    return `C${[bend, points[i - 1][1], bend, y, x, y].map((each) => each.toFixed(1)).join(" ")}`;
  });
  const band = Math.floor((BANDS * rank) / view.lines.length);
  const best = rank === view.lines.length - 1 ? " best" : "";
  return draw("path", { d: parts.join(""), class: `band-${band}${best}` });
}

const LETTER = 8.5; // pixels, an upper bound of the average width

function axisOf(view, axis, i) {
  const x = EDGE + i * view.step;
  const beside = i < view.axes.length - 1 ? 6 : -6;
  const tick = (words, y) => {
    const whole = plain(words);
    const short = cut(whole, Math.floor(view.step / LETTER));
    return draw("text", { x: x + beside, y, class: "tick" }, short, draw("title", {}, whole));
  };
  const line = draw("line", { x1: x, x2: x, y1: TOP, y2: TOP + LONG_AXIS });
  const ticks = ticksOf(axis).map(([part, words]) => tick(words, heightOf(part) + 4));
  const below = heightOf(null);
  const unset = axis.unset
    ? [draw("circle", { cx: x, cy: below, r: 3 }), tick("not set", below + 4)]
    : [];
  return draw("g", { class: "axis" }, line, nameOf(view, axis, i), ...ticks, ...unset);
}

// Names are centred above their axis; long names of the outer axes are aligned with the edge.
function nameOf(view, axis, i) {
  const whole = plain(axis.short ?? axis.label);
  const ends = { 0: [4, "name first"], [view.axes.length - 1]: [view.wide - 4, "name last"] };
  const outer = i in ends && whole.length * LETTER > 2 * EDGE;
  const room = outer ? EDGE + view.step / 2 - 8 : view.step;
  const short = cut(whole, Math.floor(room / LETTER));
  const [x, name] = outer ? ends[i] : [EDGE + i * view.step, "name"];
  return draw("text", { x, y: TOP - 22, class: name }, short, draw("title", {}, plain(axis.label)));
}

// A text with at most this many letters. The middle is cut, since names often differ at the ends.
function cut(text, letters) {
  if (text.length <= letters) return text;
  const head = Math.floor((letters - 1) / 3);
  return `${text.slice(0, head)}…${text.slice(text.length - (letters - 1 - head))}`;
}

// At most a dozen categories, or the limits and round numbers between them.
function ticksOf(axis) {
  if (axis.kind === "category") {
    const every = Math.ceil(axis.categories.length / 12);
    const shown = axis.categories.filter((_, i) => i % every === 0);
    return shown.map((each) => [at(axis, plain(each)), plain(each)]);
  }
  const inner = roundBetween(axis).map((value) => [at(axis, value), axisText(value)]);
  const free = inner.filter(([part]) => part > 0.08 && part < 0.92);
  return [[0, axisText(axis.low)], ...free, [1, axisText(axis.high)]];
}

function roundBetween({ kind, low, high, whole }) {
  if (!(high > low)) return [];
  const power = (value) => Math.floor(Math.log10(value) + 1e-9);
  if (kind === "log") {
    const first = power(low) + 1;
    return Array.from({ length: Math.max(power(high) - first + 1, 0) }, (_, i) => 10 ** (first + i));
  }
  const rough = (high - low) / 4;
  const unit = 10 ** power(rough);
  const fine = unit * [1, 2, 5, 10].find((each) => each * unit >= rough);
  const step = whole ? Math.max(fine, 1) : fine;
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

// Fades the lines outside the ranges, and reports how many are inside.
function restrict(view) {
  const inside = view.lines.map((line) =>
    view.axes.every((axis, i) => lies(at(axis, line[i]), view.ranges[i])));
  inside.forEach((passes, i) => view.paths[i].classList.toggle("out", !passes));
  const [count, total] = [inside.filter(Boolean).length, view.lines.length];
  const shown = `${grouped(count)} of ${grouped(total)}`;
  const names = view.axes.map((axis) => axis.label);
  const best = view.lines.at(-1)?.at(-1) ?? null;
  view.status.textContent = `Showing ${shown} lines`;
  view.drawing.setAttribute("aria-label", `Parallel coordinates over ${names.join(", ")}: ${shown} `
    + `lines, best ${names.at(-1)} ${best === null ? "not set" : axisText(best)}.`);
  view.brush.replaceChildren(...view.ranges.flatMap((range, i) => (range ? [markOf(view, range, i)] : [])));
}

// The range of an axis is null (no restriction), "unset", or [from, to] with null for an open end.
function lies(part, range) {
  if (range === null) return true;
  if (range === "unset" || part === null) return range === "unset" && part === null;
  const [from, to] = range;
  return part >= (from ?? 0) - 1e-9 && part <= (to ?? 1) + 1e-9;
}

function markOf(view, range, i) {
  const [from, to] = range === "unset" ? [null, null] : [range[0] ?? 0, range[1] ?? 1];
  const [top, bottom] = [heightOf(to) - 5, heightOf(from) + 5];
  const x = EDGE + i * view.step - 6;
  return draw("rect", { x, y: top, width: 12, height: bottom - top, rx: 6, class: "range" });
}

// Fields that set the ranges by keyboard.
function restrictionsOf(view) {
  view.fields = view.axes.map((axis, i) => fieldsOf(view, axis, i));
  const grid = make("div", { class: "restrictions" }, ...view.fields.map((each) => each.group));
  const clear = button("Show all lines", () => view.axes.forEach((_, i) => setRange(view, i, null)));
  return make("details", { class: "restrict" }, make("summary", {}, "Restrict the axes"), grid, clear);
}

const PARTS = 20; // selectable steps of a numeric axis

function fieldsOf(view, axis, i) {
  const named = axis.kind === "category";
  const places = placesOf(axis);
  const unset = axis.unset ? [["unset", "not set"]] : [];
  const options = [["any", "any"], ...places.map((part) => [part, valueAt(axis, part)]), ...unset];
  const from = choiceFrom(options, named ? axis.label : `${axis.label}, from`);
  const to = choiceFrom(options.slice(0, places.length + 1), `${axis.label}, to`);
  const placeOf = (part) => (part === null ? "any" : nearest(places, part));
  const show = (range) => {
    const [low, high] = range === "unset" || range === null ? [null, null] : range;
    from.value = range === "unset" ? range : placeOf(low);
    to.value = placeOf(high);
    to.disabled = range === "unset";
  };
  const partOf = (field) => (field.value === "any" ? null : Number(field.value));
  const changed = () => {
    if (from.value === "unset") return setRange(view, i, "unset");
    const ends = [partOf(from), partOf(named ? from : to)];
    if (ends[0] !== null && ends[1] !== null) ends.sort((a, b) => a - b);
    return setRange(view, i, ends.every((end) => end === null) ? null : ends);
  };
  for (const field of [from, to]) field.addEventListener("change", changed);
  const fields = named ? [from] : [from, make("span", {}, "to"), to];
  return { group: make("fieldset", {}, make("legend", {}, axis.label), ...fields), show };
}

function placesOf(axis) {
  const count = axis.kind === "category" ? axis.categories.length : PARTS + 1;
  return Array.from({ length: count }, (_, i) => i / Math.max(count - 1, 1));
}

function choiceFrom(options, label) {
  const choices = options.map(([value, text]) => make("option", { value }, text));
  return make("select", { "aria-label": label }, ...choices);
}

const nearest = (places, part) =>
  places.reduce((best, each) => (Math.abs(each - part) < Math.abs(best - part) ? each : best));

function setRange(view, i, range) {
  view.ranges[i] = range;
  view.fields[i].show(range);
  restrict(view);
}

// With a mouse: drag along an axis to select a range, click a category to select it, and click
// elsewhere on the axis to reset it.
function startDragging(view, event) {
  if (event.pointerType === "touch") return; // a finger scrolls
  const box = view.drawing.getBoundingClientRect();
  const across = (event.clientX - box.left - EDGE) / view.step;
  const i = Math.round(across);
  if (Math.abs(across - i) * view.step > 14) return;
  const part = (y) => (TOP + LONG_AXIS - (y - box.top)) / LONG_AXIS;
  const axis = view.axes[i];
  const begin = part(event.clientY);
  const choose = (moved) => setRange(view, i, rangeBetween(axis, begin, part(moved.clientY)));
  if (axis.kind === "category") return choose(event);
  view.drawing.setPointerCapture(event.pointerId);
  view.drawing.addEventListener("pointermove", choose);
  const end = () => view.drawing.removeEventListener("pointermove", choose);
  for (const last of ["pointerup", "pointercancel"]) view.drawing.addEventListener(last, end, { once: true });
  return choose(event);
}

function rangeBetween(axis, one, other) {
  const [low, high] = [one, other].sort((a, b) => a - b);
  if (axis.kind === "category") {
    const place = nearest(placesOf(axis), low);
    return Math.abs(place - low) * LONG_AXIS < 10 ? [place, place] : null;
  }
  return high - low < 0.02 ? null : [Math.max(low, 0), Math.min(high, 1)];
}
