/** Data and model: the right picture for the data, its legend, the pair of columns, the known labels. */

import { MOST, revealed } from "../pure/known.js";
import { cut } from "../pure/numbers.js";
import { drawnWords } from "../pure/words.js";
import { drawCoins } from "./coins.js";
import { byId, fill, h, s, swatch } from "./dom.js";
import { drawLine } from "./line.js";
import { drawPlane } from "./plane.js";
import { markOf, symbolOf } from "./symbols.js";

const PICTURES = { line: drawLine, plane: drawPlane, coins: drawCoins };

export function drawStage(box, state) {
  const { scene } = state;
  if (box.__scene !== scene) {
    fill(box);
    box.className = "stage";
    box.__scene = scene;
  }
  PICTURES[scene.kind](box, state);
  drawLegend(byId("legend"), state);
  drawReveal(byId("reveal"), state);
  drawPair(byId("pair"), state);
  byId("stage-title").textContent = scene.title;
  byId("stage-title").title = scene.text;
  byId("drawn").textContent = scene.kind === "coins" ? "" : drawnWords(scene);
}

function drawLegend(box, { scene, view }) {
  const named = scene.k <= 8 && (scene.kind === "plane" || (scene.kind === "line" && scene.k > 4));
  const known = scene.kind === "coins" ? null : revealed(scene, view);
  const marked = scene.kind === "plane" && !known; // where labels are uncovered, symbols are theirs
  const patch = (j) => (marked ? key(markOf(scene.shapes[j], 80), scene.colours[j]) : swatch(scene.colours[j]));
  const own = named ? scene.names.map((name, j) => h("span", {}, patch(j), name)) : [];
  const levels = known
    ? known.levels.map((level, i) => h("span", {}, key(symbolOf(i, 80)), cut(String(level), 24)))
    : [];
  if (known?.others) levels.push(h("span", {}, key(symbolOf(MOST - 1, 80)), `${known.others} others`));
  fill(box, own, levels.length ? h("span", { class: "quiet" }, `${view.reveal}:`) : null, levels);
}

/** A symbol: an outline, or filled in a component's colour. */
function key(path, colour = null) {
  return s(
    "svg",
    {
      class: colour ? "key own" : "key",
      vars: colour ? { "--c": colour } : {},
      width: 16,
      height: 16,
      viewBox: "-8 -8 16 16",
      "aria-hidden": "true",
    },
    s("path", { d: path }),
  );
}

function drawReveal(box, state) {
  const { scene, view, actions } = state;
  const labels = Object.keys(scene.known ?? {});
  box.hidden = labels.length === 0;
  const select = h(
    "select",
    { id: "reveal-select", on: { change: (event) => actions.look({ reveal: event.target.value || null }) } },
    h("option", { value: "" }, "hidden"),
    labels.map((label) => h("option", { value: label }, label)),
  );
  if (!same(byId("reveal-select"), labels))
    fill(box, h("label", { title: "show the labels that are known, as outlines" }, "known ", select));
  byId("reveal-select").value = labels.includes(view.reveal) ? view.reveal : "";
  byId("known-note").textContent = revealed(scene, view)?.words ?? "";
}

function same(select, labels) {
  return (
    select &&
    select.options.length === labels.length + 1 &&
    labels.every((label, i) => select.options[i + 1].value === label)
  );
}

function drawPair(box, { scene, frame, actions }) {
  const used = scene.columns.filter(({ used: own }) => own).map(({ name }) => name);
  box.hidden = used.length < 3 && !(used.length === 2 && scene.kind === "line");
  if (box.hidden) return;
  const show = frame.config.show;
  const choose = (c) => {
    const select = h(
      "select",
      {
        "aria-label": c === 0 ? "column across" : "column upwards",
        on: { change: (event) => pick(c, event.target.value) },
      },
      used.map((name) => h("option", { value: name }, name)),
    );
    select.value = show[c];
    return select;
  };
  const pick = (c, name) => {
    const next = [...show];
    if (next[1 - c] === name) next[1 - c] = show[c];
    next[c] = name;
    actions.show(next);
  };
  if (box.contains(document.activeElement) && box.__show === `${show}`) return;
  box.__show = `${show}`;
  fill(box, choose(0), h("span", { class: "quiet" }, " \u00d7 "), choose(1));
}
