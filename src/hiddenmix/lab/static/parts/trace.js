/** The log-likelihood after each E-step; a dot is a way back. */

import { nearest, padded } from "../pure/geometry.js";
import { nudge } from "../pure/keys.js";
import { number } from "../pure/numbers.js";
import { bottomAxis, canvas, layer, leftAxis } from "./axes.js";
import { byId } from "./dom.js";

const MARGIN = { top: 8, right: 24, bottom: 38, left: 66 };

export function drawTrace(box, state) {
  byId("trace-now").textContent = number(state.frame.loglik, state.view.digits ? 12 : 7);
  const d3 = globalThis.d3;
  const { frame, actions } = state;
  const { svg, inner, width, height } = canvas(box, MARGIN);
  const trace = frame.trace.filter(({ loglik }) => loglik !== null);
  const last = Math.max(4, ...trace.map(({ iteration }) => iteration));
  const x = d3.scaleLinear([0, last], [0, width]);
  const logliks = trace.map(({ loglik }) => loglik);
  const y = d3.scaleLinear(padded(logliks.length ? [Math.min(...logliks), Math.max(...logliks)] : [-1, 0], 0.08), [
    height,
    0,
  ]);
  bottomAxis(inner, { scale: x, y: height, width, label: "iteration", ticks: Math.min(5, last) });
  leftAxis(inner, { scale: y, height, label: "", margin: MARGIN.left, ticks: logliks.length ? 4 : 0 });
  const px = trace.map(({ iteration }) => x(iteration));
  const py = logliks.map(y);
  layer(inner, "trace-line")
    .selectAll("path")
    .data([px])
    .join("path")
    .attr(
      "d",
      d3.line(
        (a) => a,
        (_, i) => py[i],
      ),
    );
  const now = trace.findLastIndex(({ at }) => at <= frame.at);
  layer(inner, "trace-dots")
    .selectAll("circle")
    .data(trace)
    .join("circle")
    .attr("cx", (_, i) => px[i])
    .attr("cy", (_, i) => py[i])
    .attr("r", (_, i) => (i === now ? 6 : trace.length > 60 ? 2 : 3.5))
    .attr("class", (_, i) => (i === now ? "now" : i > now ? "later" : ""));
  listen(svg, inner, { trace, px, py, now, go: actions.go });
}

function listen(svg, inner, { trace, px, py, now, go }) {
  const there = trace[now];
  svg
    .attr("role", "slider")
    .attr("tabindex", 0)
    .attr("aria-label", "iteration to look at")
    .attr("aria-valuemin", trace[0]?.iteration ?? 0)
    .attr("aria-valuemax", trace.at(-1)?.iteration ?? 0)
    .attr("aria-valuenow", there?.iteration ?? 0)
    .attr(
      "aria-valuetext",
      there ? `iteration ${there.iteration}, log-likelihood ${number(there.loglik, 7)}` : "none yet",
    );
  svg.on("click", (event) => {
    const [x] = globalThis.d3.pointer(event, inner.node());
    const which = nearest(
      px,
      py.map(() => 0),
      x,
      0,
      1e6,
    );
    if (which >= 0) go(trace[which].at);
  });
  svg.on("keydown", (event) => {
    const step = nudge(event);
    if (!step || !trace.length) return;
    const which = Math.min(Math.max(now + step[0] + step[1], 0), trace.length - 1);
    go(trace[which].at);
    event.preventDefault();
    event.stopPropagation();
  });
}
