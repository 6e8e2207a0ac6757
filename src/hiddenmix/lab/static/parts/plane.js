/** Two columns: soft-coloured points, ellipses at one and two standard deviations, a marker at each mean. */

import { ellipsePoints } from "../pure/geometry.js";
import { number } from "../pure/numbers.js";
import { bottomAxis, canvas, eased, layer, leftAxis } from "./axes.js";
import { movable } from "./handles.js";
import { drawMarks } from "./marks.js";
import { drawPoints } from "./points.js";

const MARGIN = { top: 10, right: 16, bottom: 42, left: 70 };

export function drawPlane(box, state) {
  const d3 = globalThis.d3;
  const { scene } = state;
  const made = canvas(box, MARGIN);
  const { inner, width, height } = made;
  const x = d3.scaleLinear(scene.extent[0], [0, width]);
  const y = d3.scaleLinear(scene.extent[1], [height, 0]);
  bottomAxis(inner, { scale: x, y: height, width, label: scene.show[0] });
  leftAxis(inner, { scale: y, height, label: scene.show[1], margin: MARGIN.left });
  const n = scene.points.row.length;
  const place = (values, scale) => values.map((value) => (value === null ? NaN : scale(value)));
  layer(inner, "fills");
  drawPoints(
    made,
    state,
    place(scene.points.x[0], x),
    place(scene.points.x[1], y),
    n <= 400 ? 4.5 : n <= 1000 ? 3.2 : 2.4,
    true,
  );
  drawEllipses(made, state, x, y);
  drawTrails(made, state, x, y);
  drawMeans(made, state, x, y);
}

function drawEllipses({ inner, clip }, { scene, frame, moving }, x, y) {
  const path = globalThis.d3
    .line(
      ([a]) => x(a),
      ([, b]) => y(b),
    )
    .curve(globalThis.d3.curveLinearClosed);
  const both = frame.plane.ellipses.flatMap((ellipse, j) => [1, 2].map((sigmas) => ({ ellipse, j, sigmas })));
  const outlines = layer(inner, "ellipses").attr("clip-path", clip).selectAll("path").data(both).join("path");
  outlines.attr("class", ({ j, sigmas }) => `ellipse sigma-${sigmas} of-${j}`).attr("transform", null);
  outlines.style("--c", ({ j }) => scene.colours[j]);
  eased(outlines, moving).attr("d", ({ ellipse, sigmas }) => path(ellipsePoints(ellipse, sigmas)));
}

/** Where the means came from. */
function drawTrails({ inner, clip }, { scene, frame }, x, y) {
  const trails = scene.names.map((_, j) => [...frame.older.map(({ means }) => means[j]), frame.means[j]]);
  const line = globalThis.d3.line(
    ([a]) => x(a),
    ([, b]) => y(b),
  );
  const drawn = layer(inner, "trails").attr("clip-path", clip).selectAll("path").data(trails).join("path");
  drawn
    .attr("class", "trail")
    .attr("d", line)
    .style("--c", (_, j) => scene.colours[j]);
}

function drawMeans({ inner, width, height }, state, x, y) {
  const { scene, frame, actions } = state;
  const handles = drawMarks(
    layer(inner, "handles"),
    state,
    frame.means.map(([a, b]) => [x(a), y(b)]),
  );
  handles
    .attr("role", "application")
    .attr("aria-roledescription", "movable mean")
    .attr("aria-label", (_, j) => {
      const [a, b] = frame.means[j].map((value) => number(value, 4));
      return `mean of ${scene.names[j]} at ${a}, ${b}: arrow keys move it, Enter commits`;
    });
  handles.each(function attach(place, j) {
    const target = (dx, dy) => ({ [scene.show[0]]: x.invert(place[0] + dx), [scene.show[1]]: y.invert(place[1] + dy) });
    movable(this, {
      at: place,
      limits: [width, height],
      begin: actions.pause,
      preview: (dx, dy) => {
        inner.selectAll(`.of-${j}`).attr("transform", `translate(${dx},${dy})`);
        const told = Object.values(target(dx, dy))
          .map((value) => number(value, 4))
          .join(", ");
        this.setAttribute("aria-label", `${scene.names[j]}: ${told}`);
      },
      commit: (dx, dy) => actions.move(j, target(dx, dy)),
    });
  });
}
