/** One column: curves over soft-coloured dots, earlier iterations fading, a dashed line at each mean. */

import { densityPeak, dodged, padded } from "../pure/geometry.js";
import { number } from "../pure/numbers.js";
import { bottomAxis, canvas, eased, layer } from "./axes.js";
import { movable } from "./handles.js";
import { drawLabelled } from "./marks.js";
import { drawPoints } from "./points.js";

const MARGIN = { top: 8, right: 20, bottom: 42, left: 20 };
const LABEL = 30; // room above the curves

export function drawLine(box, state) {
  const d3 = globalThis.d3;
  const { scene, frame } = state;
  const made = canvas(box, MARGIN);
  const { inner, width, height } = made;
  const strip = Math.min(64, 0.2 * height);
  const ground = height - strip;
  const xs = scene.points.x[0];
  const x = d3.scaleLinear(scene.extent[0], [0, width]);
  const y = d3.scaleLinear([0, top(frame, xs)], [ground, LABEL]).nice(4);
  layer(inner, "base").selectAll("line").data([0]).join("line").attr("x2", width).attr("y1", ground).attr("y2", ground);
  bottomAxis(inner, { scale: x, y: height, width, label: scene.show[0] });
  drawOlder(made, state, x, y);
  drawCurves(made, state, x, y);
  drawDots(made, state, x, ground, strip);
  drawMeans(made, state, x, ground);
}

function top(frame, xs) {
  const own = Math.max(...frame.line.curves.map((curve) => Math.max(...curve)));
  return Math.max(own, 0.8 * densityPeak(xs.filter((value) => value !== null))) * 1.04;
}

function drawOlder({ inner, clip }, { scene, frame }, x, y) {
  const path = globalThis.d3.line(
    (_, i) => x(frame.line.grid[i]),
    (value) => y(value),
  );
  const older = frame.older.flatMap((past, age) =>
    past.curves.map((curve, j) => ({ curve, j, strength: 0.1 + (0.4 * (age + 1)) / (frame.older.length + 1) })),
  );
  layer(inner, "older")
    .attr("clip-path", clip)
    .selectAll("path")
    .data(older)
    .join("path")
    .attr("class", "older")
    .attr("d", ({ curve }) => path(curve))
    .attr("stroke-opacity", ({ strength }) => strength)
    .style("--c", ({ j }) => scene.colours[j]);
}

function drawCurves({ inner, clip }, { scene, frame, moving }, x, y) {
  const d3 = globalThis.d3;
  const at = (_, i) => x(frame.line.grid[i]);
  const line = d3.line(at, (value) => y(value));
  const area = d3.area(at, y(0), (value) => y(value));
  const groups = layer(inner, "curves")
    .attr("clip-path", clip)
    .selectAll("g")
    .data(frame.line.curves)
    .join((enter) =>
      enter.append("g").call((g) => {
        g.append("path").attr("class", "area");
        g.append("path").attr("class", "curve");
      }),
    );
  groups
    .attr("class", (_, j) => `of-${j}`)
    .attr("transform", null)
    .style("--c", (_, j) => scene.colours[j]);
  eased(groups.select(".area"), moving).attr("d", area);
  eased(groups.select(".curve"), moving).attr("d", line);
  const sum = frame.line.grid.map((_, i) => frame.line.curves.reduce((all, curve) => all + curve[i], 0));
  const total = layer(inner, "total")
    .attr("clip-path", clip)
    .selectAll("path")
    .data(scene.k > 1 ? [sum] : [])
    .join("path");
  eased(total.attr("class", "total"), moving).attr("d", line);
}

function drawDots(made, state, x, ground, strip) {
  const { scene } = state;
  const n = scene.points.row.length;
  const radius = n <= 120 ? 5 : n <= 600 ? 3.5 : 2.2;
  const places = scene.points.x[0].map((value) => (value === null ? NaN : x(value)));
  const finite = places.map((_, i) => i).filter((i) => Number.isFinite(places[i]));
  const rows = Math.max(1, Math.floor((strip - 4) / (2 * radius + 1)));
  const heights = dodged(
    finite.map((i) => places[i]),
    2 * radius,
    rows,
  );
  const ys = places.map(() => NaN);
  finite.forEach((i, order) => {
    ys[i] = ground + radius + 3 + heights[order] * (strip - 4);
  });
  drawPoints(made, state, places, ys, radius);
}

function drawMeans({ inner, width }, state, x, ground) {
  const { scene, frame, actions } = state;
  const values = frame.means.map(([mean]) => mean);
  const given = { places: values.map((mean) => x(mean)), values, width, ground };
  const { handles, label } = drawLabelled(inner, state, given);
  handles
    .attr("role", "slider")
    .attr("aria-label", (_, j) => `mean of ${scene.names[j]}: arrow keys move it, Enter commits`)
    .attr("aria-valuemin", scene.extent[0][0])
    .attr("aria-valuemax", scene.extent[0][1])
    .attr("aria-valuenow", (_, j) => values[j])
    .attr("aria-valuetext", (_, j) => number(values[j]));
  handles.each(function attach([at], j) {
    movable(this, {
      at: [at, 0],
      limits: [width, 0],
      flat: true,
      begin: actions.pause,
      preview: (dx) => {
        inner.selectAll(`.of-${j}`).attr("transform", `translate(${dx},0)`);
        this.querySelector(".mean-label").textContent = label(j, x.invert(at + dx));
        this.setAttribute("aria-valuenow", x.invert(at + dx));
        this.setAttribute("aria-valuetext", number(x.invert(at + dx)));
      },
      commit: (dx) => actions.move(j, { [scene.show[0]]: x.invert(at + dx) }),
    });
  });
}
