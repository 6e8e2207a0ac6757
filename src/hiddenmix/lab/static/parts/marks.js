/** The mark of a component: a disc in its colour with its number or letter, on a dashed line where it has one. */

import { inkOn } from "../pure/colour.js";
import { number } from "../pure/numbers.js";
import { rowsOf } from "../pure/geometry.js";
import { eased, layer } from "./axes.js";

const ROW = 21; // a row of labels

/** What stands in the disc: the last word of the name. */
export function short(scene, j) {
  return scene.names[j].split(" ").at(-1);
}

/** Discs at pixels [[x, y], ...] in groups of class handle, movable with their `of-j` things. */
export function drawMarks(group, { scene, moving }, places) {
  const handles = group.selectAll("g.handle").data(places).join(newMark);
  handles
    .attr("class", (_, j) => `handle of-${j}`)
    .attr("transform", null)
    .attr("tabindex", 0);
  handles.style("--c", (_, j) => scene.colours[j]).style("--ink-on", (_, j) => inkOn(scene.colours[j]));
  const there = ([x, y]) => `translate(${x.toFixed(2)},${y.toFixed(2)})`;
  handles.select(".letter").text((_, j) => short(scene, j));
  handles.select(".hit").attr("transform", there);
  eased(handles.select(".at"), moving).attr("transform", there);
  return handles;
}

/** Marks of values on a line, with their labels in rows where they would overlap; `ground` is where the lines end.
 *
 * The lines lie in a layer of their own under all labels, which would else be crossed out by the lines of others.
 */
export function drawLabelled(inner, state, { places, values, width, ground, upwards = false, most = 7 }) {
  const { scene } = state;
  const lines = layer(inner, "mean-lines")
    .selectAll("line")
    .data(places.map((x) => [x]))
    .join("line");
  const group = layer(inner, "handles");
  const words = (j, value) => `${scene.k <= 4 && width > 420 ? `${scene.names[j]}  ` : ""}${number(value, 4)}`;
  const room = (label) => {
    const wide = places.map((_, j) => 18 + 6.9 * label(j, values[j]).length);
    const flip = places.map((x, j) => x + wide[j] > width);
    return { flip, rows: rowsOf(places.map((x, j) => (flip[j] ? [x - wide[j], x + 13] : [x - 13, x + wide[j]]))) };
  };
  const fits = Math.max(...room(words).rows) <= most;
  const label = fits ? words : () => "";
  const { flip, rows } = room(label);
  const level = (j) => (upwards ? ground - 12 - ROW * Math.min(rows[j], most) : 12 + ROW * Math.min(rows[j], most));
  const handles = drawMarks(
    group,
    state,
    places.map((x, j) => [x, level(j)]),
  );
  lines
    .attr("class", (_, j) => `mean-line of-${j}`)
    .attr("transform", null)
    .style("--c", (_, j) => scene.colours[j]);
  eased(lines, state.moving)
    .attr("x1", ([x]) => x)
    .attr("x2", ([x]) => x)
    .attr("y1", (_, j) => level(j))
    .attr("y2", ground);
  const text = handles
    .select(".mean-label")
    .text((_, j) => label(j, values[j]))
    .attr("text-anchor", (_, j) => (flip[j] ? "end" : "start"));
  eased(text, state.moving)
    .attr("x", ([x], j) => x + (flip[j] ? -14 : 14))
    .attr("y", (_, j) => level(j) + 4);
  return { handles, label };
}

function newMark(enter) {
  const group = enter.append("g");
  group.append("text").attr("class", "mean-label");
  const at = group.append("g").attr("class", "at");
  at.append("circle").attr("class", "halo").attr("r", 12);
  at.append("circle").attr("class", "marker").attr("r", 9.5);
  at.append("text").attr("class", "letter").attr("text-anchor", "middle").attr("y", 4);
  group.append("circle").attr("class", "hit").attr("r", 17);
  return group;
}
