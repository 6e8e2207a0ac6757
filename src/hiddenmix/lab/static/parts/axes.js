/** An SVG of the size of its box, with margins, axes and a clip path. */

import { cut, tick } from "../pure/numbers.js";

let clips = 0;

/** {svg, inner, width, height} of a box; what was drawn before is kept, so that it can move to its new place. */
export function canvas(box, margin) {
  const d3 = globalThis.d3;
  const [outerWidth, outerHeight] = [Math.max(box.clientWidth, 120), Math.max(box.clientHeight, 90)];
  const width = outerWidth - margin.left - margin.right;
  const height = outerHeight - margin.top - margin.bottom;
  const svg = d3.select(box).selectAll("svg").data([0]).join(newCanvas);
  svg.attr("width", outerWidth).attr("height", outerHeight).attr("viewBox", `0 0 ${outerWidth} ${outerHeight}`);
  svg.select("clipPath rect").attr("width", width).attr("height", height);
  const inner = svg.select("g.inner").attr("transform", `translate(${margin.left},${margin.top})`);
  return { svg, inner, width, height, clip: `url(#${svg.select("clipPath").attr("id")})` };
}

function newCanvas(enter) {
  const svg = enter.append("svg");
  clips += 1;
  svg.append("clipPath").attr("id", `clip-${clips}`).append("rect");
  svg.append("g").attr("class", "inner");
  return svg;
}

/** A named layer inside a group; layers lie in the order of their first use. */
export function layer(inner, name) {
  return inner
    .selectAll(`g.${name}`)
    .data([0])
    .join((enter) => enter.append("g").attr("class", name));
}

/** The axis under a plot, with what it measures. */
export function bottomAxis(inner, { scale, y, width, label, ticks = Math.max(2, Math.floor(width / 80)) }) {
  const axis = globalThis.d3.axisBottom(scale).ticks(ticks).tickFormat(tick).tickSizeOuter(0);
  const group = layer(inner, "axis-x").attr("transform", `translate(0,${y})`).call(axis);
  title(group, label, width)
    .attr("x", width / 2)
    .attr("y", 34)
    .attr("text-anchor", "middle");
}

/** The axis at the left of a plot, with what it measures above it or along it. */
export function leftAxis(inner, { scale, height, label, margin, ticks = Math.max(2, Math.floor(height / 48)) }) {
  const axis = globalThis.d3.axisLeft(scale).ticks(ticks).tickFormat(tick).tickSizeOuter(0);
  const group = layer(inner, "axis-y").call(axis);
  title(group, label, height)
    .attr("transform", "rotate(-90)")
    .attr("x", -height / 2)
    .attr("y", -margin + 14)
    .attr("text-anchor", "middle");
}

/** The title of an axis, cut to what fits; the whole of it is in the tooltip. */
function title(group, label, room) {
  const most = Math.max(6, Math.floor(room / 6.6));
  const text = group
    .selectAll("text.axis-title")
    .data([0])
    .join((enter) => enter.append("text").attr("class", "axis-title"));
  text.text(cut(label, most));
  text.append("title").text(label);
  return text;
}

/** A transition, or none where movement is unwelcome. */
export function eased(selection, moving) {
  return moving
    ? selection.transition("move").duration(380).ease(globalThis.d3.easeCubicInOut)
    : selection.interrupt("move");
}
