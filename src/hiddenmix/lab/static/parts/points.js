/** The dots: soft colours, known labels as outlines, and their memberships under the pointer or the arrow keys. */

import { soft } from "../pure/colour.js";
import { nearest } from "../pure/geometry.js";
import { nudge } from "../pure/keys.js";
import { number } from "../pure/numbers.js";
import { layer } from "./axes.js";
import { h } from "./dom.js";
import { hideTip, membershipLines, showTip } from "./tip.js";

const SHAPES = [
  "symbolCircle",
  "symbolSquare",
  "symbolTriangle",
  "symbolDiamond",
  "symbolStar",
  "symbolCross",
  "symbolWye",
];

/** The symbol of a known level. */
export function symbolOf(i, size) {
  const d3 = globalThis.d3;
  return d3.symbol(d3[SHAPES[i % SHAPES.length]], size)();
}

/** Draw dots at pixels (xs, ys), null where a cell is missing. */
export function drawPoints(canvas, state, xs, ys, radius) {
  const { scene, frame, view } = state;
  const shown = xs.map((_, i) => i).filter((i) => Number.isFinite(xs[i]) && Number.isFinite(ys[i]));
  const known = view.reveal ? scene.known?.[view.reveal] : null;
  const level = (i) => (known ? known.levels.indexOf(known.values[i]) : 0);
  const outline = (i) => symbolOf(Math.max(level(i), 0), Math.PI * radius * radius * (known ? 1.5 : 1));
  const colour = (i) =>
    frame.resp
      ? soft(
          frame.resp.map((one) => one[i]),
          scene.colours,
        )
      : null;
  const group = layer(canvas.inner, "points").classed("many", shown.length > 600);
  const dots = group
    .selectAll("path")
    .data(shown, (i) => i)
    .join("path");
  dots
    .attr("transform", (i) => `translate(${xs[i].toFixed(1)},${ys[i].toFixed(1)})`)
    .attr("d", outline)
    .attr(
      "class",
      (i) => `dot${frame.resp ? "" : " plain"}${known ? " known" : ""}${known && level(i) < 0 ? " unknown" : ""}`,
    );
  dots.style("--c", colour);
  followPointer(canvas, state, shown, xs, ys);
}

function followPointer({ svg, inner }, state, shown, xs, ys) {
  const px = shown.map((i) => xs[i]);
  const py = shown.map((i) => ys[i]);
  const tell = (which) => tellPoint(inner, state, shown[which], px[which], py[which]);
  svg.on("pointermove", (event) => {
    const [x, y] = globalThis.d3.pointer(event, inner.node());
    const which = event.buttons ? -1 : nearest(px, py, x, y, 14);
    if (which < 0) quiet(inner);
    else tell(which);
  });
  svg.on("pointerleave", () => quiet(inner));
  const order = shown.map((_, i) => i).sort((a, b) => px[a] - px[b]);
  const group = layer(inner, "points").attr("tabindex", 0).attr("role", "application");
  group
    .attr("aria-roledescription", "dots")
    .attr("aria-label", `${shown.length} dots: left and right arrow keys walk through them`);
  group.on("keydown", (event) => {
    const step = nudge(event);
    if (!step) return;
    const own = group.node();
    own.__walked = Math.min(Math.max((own.__walked ?? -1) + step[0] + step[1], 0), order.length - 1);
    tell(order[own.__walked]);
    event.preventDefault();
    event.stopPropagation();
  });
  group.on("blur", () => quiet(inner));
}

function tellPoint(inner, state, i, x, y) {
  const { scene } = state;
  const ring = layer(inner, "ring").selectAll("circle").data([0]).join("circle");
  ring.attr("cx", x).attr("cy", y).attr("r", 9);
  const place = scene.show.map((name, c) => `${name} ${number(scene.points.x[c][i])}`).join(", ");
  const known = scene.known?.[state.view.reveal];
  const matrix = inner.node().getScreenCTM();
  const lines = [
    ...membershipLines(state, i),
    known ? h("span", {}, `${state.view.reveal}: ${known.values[i] ?? "not known"}`) : null,
  ];
  showTip(matrix.e + x, matrix.f + y, `row ${scene.points.row[i] + 1} \u00b7 ${place}`, lines);
}

function quiet(inner) {
  layer(inner, "ring").selectAll("circle").remove();
  hideTip();
}
