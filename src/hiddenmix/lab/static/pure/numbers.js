/** Numbers as they are read: significant digits, a true minus sign, a dash for what is not there. No DOM. */

export const MINUS = "\u2212";
export const NONE = "\u2013";

/** A number to so many significant digits. */
export function number(value, digits = 5) {
  if (value === null || value === undefined || Number.isNaN(value)) return NONE;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e9 || size < 1e-4) return minus(value.toExponential(Math.max(digits - 3, 1)));
  return minus(size >= 10 ** digits ? value.toFixed(0) : value.toPrecision(digits));
}

/** A change, with its sign. */
export function change(value, digits = 3) {
  if (value === null || value === undefined) return NONE;
  const text = number(value, digits);
  return value > 0 ? `+${text}` : text;
}

/** A share of 1 in per cent. */
export function percent(value) {
  const shown = 100 * value;
  return `${shown > 0 && shown < 0.1 ? "<0.1" : shown.toFixed(1)}\u00a0%`;
}

/** A whole number with thin spaces between thousands. */
export function whole(value) {
  return minus(String(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** A sentence of the server with true minus signs. */
export function typographic(text) {
  return text.replace(/(^|[\s(])-(?=\d)/g, `$1${MINUS}`);
}

/** A tick's label: plain, or with an exponent where that is shorter and the plain one long. */
export function tick(value) {
  const plain = minus(String(Number(value.toPrecision(8))));
  const short = minus(Number(value.toPrecision(8)).toExponential());
  return plain.length > 5 && short.length < plain.length ? short : plain;
}

/** A name, cut where it is too long to be read. */
export function cut(text, most) {
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}\u2026` : text;
}

function minus(text) {
  return text.replace(/-/g, MINUS).replace("e+", "e");
}
