/** The tooltip: one element, filled with lines, kept inside the window. */

import { byId, fill, h, swatch } from "./dom.js";
import { percent } from "../pure/numbers.js";

export function showTip(x, y, title, lines) {
  const tip = byId("tip");
  fill(tip, h("strong", {}, title), lines);
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = x + 14 + box.width > innerWidth ? x - 14 - box.width : x + 14;
  const top = y + 14 + box.height > innerHeight ? y - 14 - box.height : y + 14;
  tip.style.setProperty("left", `${Math.max(4, left)}px`);
  tip.style.setProperty("top", `${Math.max(4, top)}px`);
}

export function hideTip() {
  byId("tip").hidden = true;
}

/** The memberships of drawn point i, one line a component; before the first E-step, that there are none. */
export function membershipLines({ scene, frame }, i) {
  if (!frame.resp) return [h("span", {}, "no memberships before the first E-step")];
  return scene.names.map((name, j) =>
    h("span", { class: "tip-line" }, swatch(scene.colours[j]), `${name}  ${percent(frame.resp[j][i])}`),
  );
}
