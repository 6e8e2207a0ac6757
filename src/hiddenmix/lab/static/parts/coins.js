/** Coins: every set of tosses as a bar divided by memberships, heads and tails divided by it, totals, the biases. */

import { inkOn } from "../pure/colour.js";
import { revealed } from "../pure/known.js";
import { number } from "../pure/numbers.js";
import { bottomAxis, canvas } from "./axes.js";
import { fill, h, swatch } from "./dom.js";
import { movable } from "./handles.js";
import { drawLabelled } from "./marks.js";
import { hideTip, membershipLines, showTip } from "./tip.js";

const MARGIN = { top: 8, right: 24, bottom: 40, left: 24 };

export function drawCoins(box, state) {
  let [scroll, axis] = box.children;
  if (!box.classList.contains("coins")) {
    scroll = h("div", { class: "coins-table" });
    axis = h("div", { class: "coins-axis" });
    fill(box, scroll, axis);
    box.classList.add("coins");
  }
  drawTable(scroll, state);
  drawBiases(axis, state);
}

function drawTable(scroll, state) {
  const { scene, frame } = state;
  const old = scroll.querySelector("table");
  if (old && old.__scene === scene) return update(old, state);
  const head = h(
    "tr",
    {},
    h("th", { scope: "col", class: "tosses-column" }, "tosses"),
    h("th", { scope: "col", class: "wide" }, "memberships"),
    scene.names.map((name, j) => h("th", { scope: "col", class: "counts" }, swatch(scene.colours[j]), name)),
  );
  const body = frame.coins.rows.map((_, i) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, tosses(scene, i)),
      h("td", { class: "wide" }, bar(state, i)),
      scene.names.map(() => h("td", { class: "counts" })),
    ),
  );
  const foot = h(
    "tr",
    {},
    h("th", { scope: "row" }, "in all"),
    h("td", { class: "wide quiet" }),
    scene.names.map(() => h("td", { class: "counts" })),
  );
  const table = h(
    "table",
    { vars: { "--k": scene.k } },
    h("thead", {}, head),
    h("tbody", {}, body),
    h("tfoot", {}, foot),
  );
  table.__scene = scene;
  fill(scroll, table);
  return update(table, state);
}

function tosses(scene, i) {
  const text = scene.tosses?.[i];
  if (!text) return `${scene.points.row[i] + 1}`;
  const coins = [...text].map((side) =>
    h("span", { class: side === "H" ? "toss heads" : "toss", "aria-hidden": "true" }, side),
  );
  return h("span", { class: "tosses", role: "img", "aria-label": text }, coins);
}

function bar(state, i) {
  const parts = state.scene.colours.map((colour) =>
    h("span", { class: "part", vars: { "--c": colour, "--ink-on": inkOn(colour) } }),
  );
  return h(
    "div",
    { class: "bar-line" },
    h("div", { class: "bar", tabindex: 0, role: "img" }, parts),
    h("span", { class: "known-coin" }),
  );
}

function update(table, state) {
  const { scene, frame, view } = state;
  table.classList.toggle("many", scene.k > 2 || view.digits);
  [...table.tBodies[0].rows].forEach((row, i) => updateRow(row, state, i));
  const { heads, tails } = frame.coins.totals ?? {};
  const [, middle, ...cells] = table.tFoot.rows[0].cells;
  fill(middle, frame.resp ? (scene.k > 2 ? "" : "heads and tails, divided") : "not known yet: press E");
  cells.forEach((cell, j) => counts(cell, frame.resp ? [heads[j], tails[j]] : null, view.digits));
}

function updateRow(row, state, i) {
  const { scene, frame } = state;
  const [, middle, ...cells] = row.cells;
  const [own, badge] = middle.firstChild.children;
  const resp = frame.resp ? frame.coins.rows[i].resp : null;
  own.classList.toggle("plain", !resp);
  const room = own.clientWidth;
  [...own.children].forEach((part, j) => {
    part.style.setProperty("flex-grow", resp ? resp[j] : 1 / scene.k);
    part.textContent = resp && resp[j] * room > 35 ? number(resp[j], 3) : "";
  });
  const known = knownOf(state, i);
  badge.hidden = !known;
  badge.textContent = known ?? "";
  own.setAttribute(
    "aria-label",
    (resp ? scene.names.map((name, j) => `${name} ${number(resp[j], 4)}`).join(", ") : "not known yet") +
      (known ? `; known: ${known}` : ""),
  );
  const tell = () => {
    const box = own.getBoundingClientRect();
    showTip(box.left + 20, box.bottom - 8, `set ${i + 1}`, membershipLines({ scene, frame }, i));
  };
  Object.assign(own, { onpointerenter: tell, onfocus: tell, onpointerleave: hideTip, onblur: hideTip });
  const { expected_heads: heads, expected_tails: tails } = frame.coins.rows[i];
  cells.forEach((cell, j) => counts(cell, resp ? [heads[j], tails[j]] : null, state.view.digits));
}

function knownOf({ scene, view }, i) {
  return revealed(scene, view)?.values[i];
}

/** Expected heads and tails; with more digits the eight decimals that the literature prints. */
function counts(cell, pair, more) {
  if (!pair) return fill(cell, h("span", { class: "quiet" }, "\u2013"));
  cell.title = `${number(pair[0], 10)} heads, ${number(pair[1], 10)} tails`;
  const [heads, tails] = pair.map((value) => value.toFixed(more ? 8 : 2));
  return fill(cell, h("span", {}, `${heads}\u00a0H`), " ", h("span", {}, `${tails}\u00a0T`));
}

function drawBiases(box, state) {
  const { scene, frame, actions } = state;
  const { inner, width, height } = canvas(box, MARGIN);
  const x = globalThis.d3.scaleLinear([0, 1], [0, width]);
  bottomAxis(inner, { scale: x, y: height, width, label: "chance of heads" });
  const values = frame.coins.bias;
  const most = Math.max(0, Math.floor((height - 22) / 21));
  const given = { places: values.map((bias) => x(bias)), values, width, ground: height, upwards: true, most };
  const { handles, label } = drawLabelled(inner, state, given);
  handles
    .attr("role", "slider")
    .attr("aria-label", (_, j) => `chance of heads of ${scene.names[j]}: arrow keys move it, Enter commits`)
    .attr("aria-valuemin", 0)
    .attr("aria-valuemax", 1)
    .attr("aria-valuenow", (_, j) => values[j]);
  handles.each(function attach([at], j) {
    const bias = (dx) => Math.min(Math.max(x.invert(at + dx), 0.001), 0.999);
    movable(this, {
      at: [at, 0],
      limits: [width, 0],
      flat: true,
      begin: actions.pause,
      preview: (dx) => {
        inner.selectAll(`.of-${j}`).attr("transform", `translate(${dx},0)`);
        this.querySelector(".mean-label").textContent = label(j, bias(dx));
        this.setAttribute("aria-valuenow", bias(dx));
      },
      commit: (dx) => actions.move(j, { [scene.show[0]]: bias(dx) }),
    });
  });
}
