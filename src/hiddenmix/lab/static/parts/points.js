/** The dots: soft colours, known labels as outlines, and their memberships under the pointer or the arrow keys. */

import { soft } from "../pure/colour.js";
import { nearest } from "../pure/geometry.js";
import { nudge } from "../pure/keys.js";
import { revealed, symbolAt } from "../pure/known.js";
import { number } from "../pure/numbers.js";
import { layer } from "./axes.js";
import { h } from "./dom.js";
import { markOf, symbolOf } from "./symbols.js";
import { hideTip, membershipLines, showTip } from "./tip.js";

/** Draw dots at pixels (xs, ys), null where a cell is missing.
 *
 * With `marked` a dot has the symbol of the component that it belongs to most, unless known labels are uncovered.
 */
export function drawPoints(canvas, state, xs, ys, radius, marked = false) {
  const { scene, frame, view } = state;
  const shown = xs.map((_, i) => i).filter((i) => Number.isFinite(xs[i]) && Number.isFinite(ys[i]));
  const known = revealed(scene, view);
  const level = (i) => (known ? symbolAt(known, i) : 0);
  const area = Math.PI * radius * radius * (known ? 1.5 : 1);
  const outline = (i) =>
    marked && frame.resp && !known
      ? markOf(scene.shapes[most(frame.resp, i)], area)
      : symbolOf(Math.max(level(i), 0), area);
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

/** The component that row i belongs to most. */
function most(resp, i) {
  return resp.reduce((best, one, j) => (one[i] > resp[best][i] ? j : best), 0);
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
  const known = revealed(scene, state.view);
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
