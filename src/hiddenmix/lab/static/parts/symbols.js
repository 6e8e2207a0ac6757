/** Symbols: those of known levels are outlines, those of components filled, and the same as in the pictures. */

const LEVELS = [
  "symbolCircle",
  "symbolSquare",
  "symbolTriangle",
  "symbolDiamond",
  "symbolStar",
  "symbolCross",
  "symbolWye",
];
const COMPONENTS = { circle: "symbolCircle", square: "symbolSquare", diamond: "symbolDiamond", cross: "symbolCross" };
const TURNS = { triangle: 0, "triangle-right": 90, "triangle-down": 180, "triangle-left": 270 };

/** The outline of a known level's symbol, of so many square pixels. */
export function symbolOf(i, size) {
  const d3 = globalThis.d3;
  return d3.symbol(d3[LEVELS[i % LEVELS.length]], size)();
}

/** The outline of a component's symbol, by the name that the server gives it. */
export function markOf(name, size) {
  const d3 = globalThis.d3;
  return name in TURNS ? triangle(TURNS[name], size) : d3.symbol(d3[COMPONENTS[name] ?? "symbolCircle"], size)();
}

/** A triangle of so many square pixels, turned clockwise by so many degrees. */
function triangle(turn, size) {
  const radius = Math.sqrt((4 * size) / (3 * Math.sqrt(3)));
  const corner = (degrees) => {
    const angle = ((degrees + turn) * Math.PI) / 180;
    return `${(radius * Math.sin(angle)).toFixed(3)},${(-radius * Math.cos(angle)).toFixed(3)}`;
  };
  return `M${corner(0)}L${corner(120)}L${corner(240)}Z`;
}
