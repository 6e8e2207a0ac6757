/** The log-likelihood along one parameter, the lower bound under it, and the gap between them. */

import { boundRange } from "../pure/geometry.js";
import { number } from "../pure/numbers.js";
import { bottomAxis, canvas, layer, leftAxis } from "./axes.js";

const MARGIN = { top: 8, right: 24, bottom: 38, left: 66 };

/** Draw a curve as the server sent it. */
export function drawBound(box, curve) {
  const d3 = globalThis.d3;
  const { svg, inner, width, height, clip } = canvas(box, MARGIN);
  const x = d3.scaleLinear(d3.extent(curve.values), [0, width]);
  const y = d3.scaleLinear(boundRange(curve.objective, curve.bound, curve.now.bound), [height, 0]);
  bottomAxis(inner, { scale: x, y: height, width, label: curve.label, ticks: 4 });
  leftAxis(inner, { scale: y, height, label: "", margin: MARGIN.left, ticks: 4 });
  const at = (_, i) => x(curve.values[i]);
  const own = layer(inner, "bound").attr("clip-path", clip);
  const gap = d3.area(
    at,
    (_, i) => y(curve.bound[i]),
    (_, i) => y(curve.objective[i]),
  );
  const path = (values) => d3.line(at, (value) => y(value))(values);
  const drawn = [
    ["gap", gap(curve.values)],
    ["objective", path(curve.objective)],
    ["lower", path(curve.bound)],
  ];
  own
    .selectAll("path")
    .data(drawn)
    .join("path")
    .attr("class", ([name]) => name)
    .attr("d", ([, d]) => d);
  marks(layer(inner, "bound-marks"), curve, x, y);
  svg.attr("role", "img").attr("aria-label", boundWords(curve));
}

/** What the picture says. */
export function boundWords({ label, now, top, touching }) {
  const here = `${label} = ${number(now.value)}: log-likelihood ${number(now.objective, 7)}`;
  if (touching) return `${here}; the lower bound touches it here, and is highest at ${number(top.value)}`;
  return `${here}; the lower bound is ${number(now.objective - now.bound, 3)} below it`;
}

function marks(group, { now, top, touching }, x, y) {
  const places = [
    { kind: "here", at: now.value, y: now.objective },
    { kind: "top", at: top.value, y: top.y },
  ];
  if (!touching) places.push({ kind: "below", at: now.value, y: now.bound });
  const triangle = globalThis.d3.symbol(globalThis.d3.symbolTriangle, 52)();
  const circle = globalThis.d3.symbol(globalThis.d3.symbolCircle, touching ? 90 : 56)();
  group
    .selectAll("path")
    .data(places)
    .join("path")
    .attr("class", ({ kind }) => `mark ${kind}${touching ? " touching" : ""}`)
    .attr("d", ({ kind }) => (kind === "top" ? triangle : circle))
    .attr("transform", (place) => `translate(${x(place.at)},${y(place.y)})`);
}
