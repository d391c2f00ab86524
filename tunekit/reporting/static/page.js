// The page: creation of elements, theme, table of contents, copy buttons, and start.

// Strings are always inserted as text: nothing here parses HTML.
function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function button(label, onPress, attributes = {}) {
  const element = make("button", { type: "button", ...attributes }, label);
  element.addEventListener("click", onPress);
  return element;
}

// Scrolling areas are regions with unique names, so that they are accessible by keyboard.
const regionNames = new Map();

function regionOf(name) {
  const times = (regionNames.get(name) ?? 0) + 1;
  regionNames.set(name, times);
  return { tabindex: "0", role: "region", "aria-label": times > 1 ? `${name} (${times})` : name };
}

function scrollRegion(name, ...children) {
  return make("div", { class: "scroll", ...regionOf(name) }, ...children);
}

// The content of a closed <details> is built when it is opened.
function whenOpen(place, build) {
  const closed = place.closest("details:not([open])");
  if (closed) closed.addEventListener("toggle", () => whenOpen(place, build), { once: true });
  else build();
}

// Sandboxed pages have no access to the clipboard: there, the text is shown and selected.
async function copyText(text, place, status, done) {
  try {
    await navigator.clipboard.writeText(text);
    status.textContent = done;
  } catch {
    const area = make("textarea", { readonly: true, rows: 6, "aria-label": "Text to copy" });
    area.value = text;
    const offer = make("div", { class: "offer" }, area, button("Close", () => offer.remove()));
    place.querySelector(".offer")?.remove();
    place.append(offer);
    area.focus();
    area.select();
    status.textContent = "The text is selected: press Ctrl+C or ⌘C to copy it.";
  }
}

function addCopyButtons() {
  for (const block of document.querySelectorAll("pre[data-copy]")) {
    const status = make("span", { class: "status", role: "status" });
    const copy = () => copyText(block.textContent, frame, status, "Copied.");
    const frame = make("div", { class: "copyable" });
    block.replaceWith(frame);
    frame.append(block, make("div", { class: "tools" }, button("Copy", copy), status));
  }
}

// If storage is blocked (sandbox or browser setting), the theme is lost when the page closes.
function storedTheme() {
  try {
    return localStorage.getItem("tunekit-theme");
  } catch {
    return null;
  }
}

function storeTheme(theme) {
  try {
    localStorage.setItem("tunekit-theme", theme);
  } catch {
    // Storage is blocked.
  }
}

function setUpTheme() {
  const root = document.documentElement;
  const group = document.querySelector(".theme");
  const buttons = [...group.querySelectorAll("button")];
  const show = (theme) => {
    root.dataset.theme = theme;
    for (const each of buttons) each.setAttribute("aria-pressed", String(each.value === theme));
  };
  for (const each of buttons) {
    each.addEventListener("click", () => {
      show(each.value);
      storeTheme(each.value);
    });
  }
  const given = root.dataset.theme; // a theme set in the report overrides the stored one
  const stored = buttons.some((each) => each.value === storedTheme()) ? storedTheme() : "auto";
  show(given === "auto" ? stored : given);
  group.hidden = false;
}

// In a frame without an address, "#id" would refer to the surrounding page.
function keepLinksInside() {
  if (location.protocol !== "about:") return;
  document.addEventListener("click", (event) => {
    const address = event.target.closest?.("a")?.getAttribute("href") ?? "";
    const target = address.startsWith("#") && document.getElementById(address.slice(1));
    if (!target) return;
    event.preventDefault();
    if (!target.hasAttribute("tabindex")) target.setAttribute("tabindex", "-1");
    target.focus({ preventScroll: true });
    target.scrollIntoView();
  });
}

function markContents() {
  const links = [...document.querySelectorAll(".contents a")];
  const parts = links.map((link) => document.getElementById(link.getAttribute("href").slice(1)));
  const mark = () => {
    const line = window.innerHeight / 3;
    const passed = parts.filter((part) => part.getBoundingClientRect().top < line).length;
    links.forEach((link, i) => {
      if (i === Math.max(passed - 1, 0)) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  };
  let waiting = false;
  const later = () => {
    if (!waiting) requestAnimationFrame(() => { waiting = false; mark(); });
    waiting = true;
  };
  document.addEventListener("scroll", later, { passive: true });
  mark();
}

// All figures have text of the same size; figures that do not fit scroll.
const SCALE = { smallest: 0.78, largest: 1.3 }; // pixels per SVG unit

function frameFigures() {
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) markScrolling(target, regions.get(target));
  });
  const regions = new Map();
  for (const svg of document.querySelectorAll("figure > svg, .panel > svg")) {
    const frame = make("div", { class: "drawing" });
    const title = svg.parentElement.querySelector("h3, h4, h5, figcaption")?.textContent ?? "drawing";
    const { width } = svg.viewBox.baseVal;
    svg.style.minWidth = `${width * SCALE.smallest}px`;
    svg.style.maxWidth = `${width * SCALE.largest}px`;
    svg.replaceWith(frame);
    frame.append(svg);
    regions.set(frame, regionOf(`Figure: ${title}`));
    watch.observe(frame);
  }
}

function markScrolling(frame, region) {
  const scrolls = frame.scrollWidth > frame.clientWidth + 1;
  for (const [name, value] of Object.entries(region)) {
    if (scrolls) frame.setAttribute(name, value);
    else frame.removeAttribute(name);
  }
}

function start() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const fill = (name, build) => {
    for (const place of document.querySelectorAll(`[data-${name}]`)) {
      const content = data[name === "table" ? "tables" : name][place.dataset[name]];
      whenOpen(place, () => build(place, content));
    }
  };
  setUpTheme();
  keepLinksInside();
  frameFigures();
  addCopyButtons();
  setUpPickers();
  fill("table", buildTable);
  fill("thresholds", buildThresholds);
  fill("parallel", buildParallel);
  markContents();
}

start();
