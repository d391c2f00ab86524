// Cells: formatting, comparison, filtering and copying of values.

const MISSING = "–";
const LONG = 100; // characters, the longest text that is not folded
const WHOLE = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const COLLATOR = new Intl.Collator("en", { numeric: true });

const grouped = (number) => WHOLE.format(number);

// A score as in the sentences of the report: tunekit.analysis.text.score.
function scoreText(value) {
  const [size, less, more] = value < 0 ? [-value, ">-", "<-"] : [value, "<", ">"];
  if (size > 1) return largeText(value.toPrecision(4));
  if (size > 0 && size < 0.0005) return `${less}0.001`;
  return size >= 0.9995 && size < 1 ? `${more}0.999` : value.toFixed(3);
}

// As in Python: without an exponent below a million, else with two digits in the exponent.
function largeText(text) {
  if (!text.includes("e")) return text;
  if (Math.abs(Number(text)) < 1e6) return String(Number(text));
  return text.replace(/e([+-])(\d)$/, (_, sign, power) => `e${sign}0${power}`);
}

const decimals = (value, digits) => (digits === null ? scoreText(value) : value.toFixed(digits));

const FORMATS = {
  number: decimals,
  general: (value, digits) => String(rounded(value, digits)),
  integer: grouped,
  percent: (value, digits) => `${(100 * value).toFixed(digits)}%`,
  interval: decimals,
};

// Integers keep all digits: 1,024 is not shown as 1,020.
const rounded = (value, digits) =>
  Number.isInteger(value) ? value : Number(value.toPrecision(Math.max(digits, 1)));

const isNumeric = (column) => column.kind in FORMATS;

function isMissing(value) {
  return value === null || (Array.isArray(value) && value.length > 0 && value.every(isMissing));
}

// The sort key of a cell: the value of an interval, the text of a link.
function keyOf(column, value) {
  const key = column.kind === "interval" || column.kind === "link" ? value[0] : value;
  return typeof key === "number" ? key : plain(key);
}

function plain(value) {
  if (Array.isArray(value)) return value.map(plain).join(" · ") || "none";
  return value === null ? MISSING : String(value);
}

function written(column, number) {
  if (number === null) return MISSING;
  const text = FORMATS[column.kind](number, column.digits);
  return text.replace(/^-(?=[0.]*%?$)/, "").replaceAll("-", "−"); // no minus sign before zero
}

function textOf(column, value) {
  if (isMissing(value)) return MISSING;
  const key = keyOf(column, value);
  return isNumeric(column) && typeof key === "number" ? written(column, key) : plain(key);
}

// Numbers sort before texts; the caller handles missing values.
function compareValues(column, one, other) {
  const [a, b] = [keyOf(column, one), keyOf(column, other)];
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return typeof a === "number" ? a - b : COLLATOR.compare(a, b);
}

const TESTS = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

// Returns the test of a filter such as ">0.9", ">=1 <5", "=adam" or "ada"; null for an empty filter.
function condition(column, typed) {
  const filter = typed.trim().toLowerCase().replaceAll("−", "-");
  if (/^[<>=!]*$/.test(filter)) return null; // incomplete
  const tests = [...filter.matchAll(/([<>]=?|!?=)\s*([^\s<>=!%]+)%?/g)];
  const limits = tests.map(([, , limit]) => Number(limit));
  if (isNumeric(column) && tests.length > 0 && limits.every(Number.isFinite)) {
    const scale = column.kind === "percent" ? 100 : 1; // percentages are typed as shown
    return (value) => {
      const key = isMissing(value) ? null : keyOf(column, value);
      const shown = typeof key === "number" ? Number((key * scale).toPrecision(9)) : null;
      return shown !== null && tests.every(([, sign], i) => TESTS[sign](shown, limits[i]));
    };
  }
  const [, sign, word] = /^(!?=)?\s*(.*)$/s.exec(filter);
  const matches = (text) => (sign ? text === word : text.includes(word));
  return (value) => matches(searched(column, value)) !== (sign === "!=");
}

function searched(column, value) {
  return textOf(column, value).toLowerCase().replaceAll("−", "-");
}

// Columns of a CSV file: three per interval, two per link.
function csvNames(column) {
  if (column.kind === "interval") return [column.label, `${column.label} low`, `${column.label} high`];
  return column.kind === "link" ? [column.label, `${column.label} address`] : [column.label];
}

function csvValues(column, value) {
  const parts = csvNames(column).length;
  const values = isMissing(value) ? [] : parts > 1 ? value : [value];
  return Array.from({ length: parts }, (_, i) => (isMissing(values[i] ?? null) ? "" : plain(values[i])));
}

function csvLine(values) {
  return values.map((each) => (/[",\r\n]/.test(each) ? `"${each.replaceAll('"', '""')}"` : each)).join(",");
}

// Content of a cell: texts or elements.
function contentOf(column, value) {
  if (isMissing(value)) return [MISSING];
  if (column.kind === "interval" && Array.isArray(value)) return intervalOf(column, value);
  if (column.kind === "link" && isWebAddress(value[1])) {
    return [make("a", { href: value[1], rel: "noopener", target: "_blank" }, plain(value[0]))];
  }
  const text = textOf(column, value);
  return text.length > LONG ? foldedText(text) : [text];
}

function isWebAddress(address) {
  try {
    return ["http:", "https:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}

function foldedText(text) {
  const body = make("div", { class: "folded" }, text);
  const unfold = button("More", () => {
    const open = body.classList.toggle("unfolded");
    unfold.textContent = open ? "Less" : "More";
    unfold.setAttribute("aria-expanded", String(open));
  }, { class: "quiet", "aria-expanded": "false" });
  return [body, unfold];
}

const BAR = { width: 96, height: 14, edge: 4 };
const OUTLYING = 3; // times the interquartile range

// All bars of a column have the same scale. It excludes outliers, which would hide the differences
// between all other rows.
function scaleOf(column, values) {
  const numbers = values.flat().filter((each) => typeof each === "number").sort((a, b) => a - b);
  const [lowest, first, third, highest] = [0, 0.25, 0.75, 1].map((share) => quantile(numbers, share));
  const reach = third > first ? OUTLYING * (third - first) : Infinity;
  const [low, high] = [Math.max(lowest, first - reach), Math.min(highest, third + reach)];
  const room = BAR.width - 2 * BAR.edge;
  const within = (value) => Math.min(Math.max(value, low), high);
  const x = (value) => BAR.edge + (high > low ? (within(value) - low) / (high - low) : 0.5) * room;
  return { x, low, high, zero: low < 0 && high > 0 };
}

function quantile(sorted, share) {
  return sorted[Math.round(share * (sorted.length - 1))];
}

// A dot, or an arrow at the edge for a value off the scale.
function pointOf({ x, low, high }, value, middle) {
  if (value >= low && value <= high) return draw("circle", { cx: x(value), cy: middle, r: 3.5 });
  const tip = x(value) + (value < low ? -BAR.edge : BAR.edge);
  const base = tip + (value < low ? 7 : -7);
  const points = `${tip},${middle} ${base},${middle - 4} ${base},${middle + 4}`;
  return draw("polygon", { points, class: "beyond" });
}

function intervalOf(column, [value, low, high]) {
  const { x, zero } = column.scale;
  const middle = BAR.height / 2;
  const line = (x1, x2, y1, y2, name) => draw("line", { x1, x2, y1, y2, class: name });
  const whole = typeof low === "number" && typeof high === "number";
  const bar = draw(
    "svg",
    { class: "bar", viewBox: `0 0 ${BAR.width} ${BAR.height}`, "aria-hidden": "true" },
    line(0, BAR.width, middle, middle, "rail"),
    zero ? line(x(0), x(0), 0, BAR.height, "zero") : null,
    whole ? line(x(low), x(high), middle, middle, "span") : null,
    pointOf(column.scale, value, middle),
  );
  const bounds = whole ? `[${written(column, low)}, ${written(column, high)}]` : "";
  return [
    make("span", { class: "value" }, written(column, value)),
    bar,
    make("span", { class: "bounds" }, bounds),
  ];
}

const PAPER = { width: 640, digit: 6.4, padding: 10, bar: 120 }; // pixels: A4 without margins, at 8 pt

// Returns whether the columns do not fit on paper; rows are then printed as lists.
function isTooWide(columns, rows) {
  const widths = columns.map((column) => {
    const texts = [column.label, ...rows.map((row) => textOf(column, row[column.index]))];
    const longest = Math.max(...texts.flatMap((text) => text.split(/\s/)).map((word) => word.length));
    const bar = column.kind === "interval" ? PAPER.bar : 0;
    return PAPER.padding + Math.max(bar, PAPER.digit * longest);
  });
  return widths.reduce((sum, width) => sum + width, 0) > PAPER.width;
}
