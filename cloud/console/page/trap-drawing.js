// Owns the drawing of a trap: a spring trap from the side, whose bar lies back when it is set and has struck when it is sprung. The style
// sheet turns the bar by the state; what the state is called is words.js.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {...SVGElement} children
 */
function shape(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/**
 * @returns {{ root: SVGElement, update: (state: string, label: string) => void }}
 */
export function createTrapDrawing() {
  const bait = shape("path", { class: "drawing-bait", d: "M70 47 l15 -9 v9 z" });
  const plate = shape("path", { class: "drawing-line", d: "M68 50 h20" });
  const bar = shape(
    "g",
    { class: "drawing-bar" },
    shape("path", { class: "drawing-line", d: "M60 50 V14" }),
    shape("path", { class: "drawing-line", d: "M56 14 h8" }),
  );
  const coil = shape(
    "g",
    { class: "drawing-coil" },
    shape("circle", { cx: 60, cy: 50, r: 7 }),
    shape("circle", { cx: 60, cy: 50, r: 3 }),
  );
  const base = shape("rect", { class: "drawing-base", x: 10, y: 56, width: 100, height: 9, rx: 4 });
  const marks = shape("path", { class: "drawing-marks", d: "M97 33 l5 -9 M104 39 l9 -5 M107 47 l10 0" });
  const doubt = shape("path", { class: "drawing-doubt", d: "M60 8 v20 M60 36 v1" });
  const root = shape(
    "svg",
    { viewBox: "0 0 120 72", role: "img", class: "drawing" },
    base,
    plate,
    bait,
    bar,
    coil,
    marks,
    doubt,
  );
  return {
    root,
    update(state, label) {
      if (root.getAttribute("data-state") !== state) root.setAttribute("data-state", state);
      if (root.getAttribute("aria-label") !== label) root.setAttribute("aria-label", label);
    },
  };
}
