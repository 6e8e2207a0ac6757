/** Colours that belong to components, and their mixtures: the same arithmetic as `hiddenmix.plot._colours`. No DOM. */

/** [red, green, blue], 0 to 255, of "#RRGGBB". */
export function parse(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

/** "#RRGGBB" of [red, green, blue]. */
export function hexadecimal(rgb) {
  const part = (c) =>
    Math.round(Math.min(Math.max(c, 0), 255))
      .toString(16)
      .padStart(2, "0");
  return `#${rgb.map(part).join("").toUpperCase()}`;
}

/** The colour of a row by its memberships: a row that two components share equally is half way between theirs. */
export function soft(memberships, colours) {
  const mixed = [0, 0, 0];
  memberships.forEach((share, j) => {
    const rgb = parse(colours[j]);
    for (let c = 0; c < 3; c += 1) mixed[c] += share * rgb[c];
  });
  return hexadecimal(mixed);
}

/** The contrast of two colours, 1 to 21 (WCAG 2). */
export function contrast(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** Which of white and black is the better to read on a colour. */
export function inkOn(hex) {
  return contrast(hex, "#FFFFFF") >= contrast(hex, "#000000") ? "#FFFFFF" : "#000000";
}

function luminance(hex) {
  const [r, g, b] = parse(hex).map((c) => {
    const s = c / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
