/** The parameters: before, now, and the change. */

import { change, cut, number } from "../pure/numbers.js";
import { fill, h, swatch } from "./dom.js";

export function drawTable(body, { scene, frame, view }) {
  const digits = view.digits ? 10 : 5;
  const rows = frame.table.map((row) =>
    h("tr", {}, head(row, scene), cell(row.before, digits), cell(row.now, digits, "now"), changed(row)),
  );
  fill(body, rows);
}

function head({ parameter, component }, scene) {
  const name = scene.names[component];
  const own = [swatch(scene.colours[component]), `${name}: ${cut(parameter, 60)}`];
  return h("th", { scope: "row", title: `${name}: ${parameter}` }, own);
}

function cell(value, digits, kind = "") {
  return h("td", { class: kind, title: value === null ? null : number(value, 10) }, number(value, digits));
}

function changed({ change: by }) {
  return h("td", { class: "quiet", title: by === null ? null : change(by, 10) }, change(by));
}
