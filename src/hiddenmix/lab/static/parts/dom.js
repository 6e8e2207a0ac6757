/** Making elements. Text goes in as text, never as markup: names come from anybody's table. */

const SVG = "http://www.w3.org/2000/svg";
const MATH = "http://www.w3.org/1998/Math/MathML";

/** An HTML element; `on` holds its listeners, `vars` its CSS variables; children are elements or texts. */
export function h(tag, given = {}, ...children) {
  return filled(document.createElement(tag), given, children);
}

export function s(tag, given = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), given, children);
}

export function math(tag, given = {}, ...children) {
  return filled(document.createElementNS(MATH, tag), given, children);
}

/** Replace what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined));
}

/** A small patch in a component's colour. */
export function swatch(colour) {
  return h("span", { class: "swatch", "aria-hidden": "true", vars: { "--c": colour } });
}

export function byId(id) {
  return document.getElementById(id);
}

/** Whether movement is unwelcome. */
export function still() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function filled(element, { on = {}, vars = {}, ...attributes }, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(key, value === true ? "" : String(value));
  }
  for (const [key, value] of Object.entries(vars)) element.style.setProperty(key, value);
  for (const [kind, listener] of Object.entries(on)) element.addEventListener(kind, listener);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}
