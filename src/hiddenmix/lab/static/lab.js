/** The lab's page: buttons, keys and the browser's own back and forward, tied to the screen. */

import { action } from "./pure/keys.js";
import { sameRun, toHash } from "./pure/state.js";
import { startControls } from "./parts/controls.js";
import { startCsv } from "./parts/csv.js";
import { openFormula, openScript, startDialogs } from "./parts/dialogs.js";
import { byId } from "./parts/dom.js";
import { Lab } from "./parts/screen.js";
import { startTheme } from "./parts/theme.js";
import { onOtherToken, readAddress } from "./parts/token.js";

function startPage(lab) {
  startTheme(byId("theme"));
  startDialogs();
  startControls({
    restart: (change) => lab.restart(change),
    reset: () => lab.render(false),
    step: (kind) => lab.step(kind),
    play: () => lab.play(),
    end: () => lab.step("end"),
    go: (at) => lab.go(at),
    last: () => lab.frame.last,
  });
  startCsv({
    upload: (file) => lab.queue.run(() => lab.client.upload(file)),
    open: (config) => {
      lab.view = { ...lab.view, reveal: null, axis: null };
      return lab.open(config, "push");
    },
  });
  document.querySelector("[data-skip]").addEventListener("click", (event) => {
    event.preventDefault(); // the fragment is the state
    byId("step").focus();
  });
  byId("axis").addEventListener("change", (event) => lab.look({ axis: event.target.value }));
  byId("digits").addEventListener("click", () => lab.look({ digits: !lab.view.digits }));
  byId("formula-open").addEventListener("click", () => openFormula(lab.state(false)));
  byId("script-open").addEventListener("click", () =>
    lab
      .ask(
        () => lab.client.script(lab.frame.at),
        ({ script }) => openScript(script),
      )
      .catch(() => {}),
  );
  addEventListener("keydown", (event) => press(lab, event));
  addEventListener("popstate", () => travel(lab));
  onOtherToken(() => lab.admitted().catch(() => {}));
  const sizes = new ResizeObserver(() => requestAnimationFrame(() => lab.render(false)));
  for (const id of ["stage", "trace-plot", "bound-box"]) sizes.observe(byId(id));
}

function press(lab, event) {
  const focus = event.target;
  const at = {
    tag: focus.tagName?.toUpperCase(),
    role: focus.getAttribute?.("role"),
    dialog: document.querySelector("dialog[open]"),
  };
  const wanted = action(event, at);
  if (!wanted || !lab.frame) return;
  event.preventDefault();
  if (wanted === "help") byId("help").showModal();
  else if (wanted === "play") lab.play();
  else if (wanted === "e" || wanted === "m") lab.step(wanted);
  else if (wanted === "back" || wanted === "forward") lab.walk(wanted === "back" ? -1 : 1);
  else lab.go(wanted === "first" ? 0 : lab.frame.last);
}

/** Back, forward, or a URL typed by hand, the printed one among them: show what it says. */
function travel(lab) {
  const { config, view, token } = readAddress(lab.frame && toHash(lab.frame.config, lab.view));
  if (!lab.frame && config) lab.first = { config, view };
  if (!config || !lab.frame) {
    if (config || token) lab.admitted(token !== null).catch(() => {});
    return;
  }
  lab.view = view;
  const near = sameRun(config, lab.frame.config) && (config.at ?? 0) <= lab.frame.last;
  if (near) lab.go(config.at ?? 0, "none");
  else lab.open(config, "none").catch(() => {});
}

const lab = new Lab();
startPage(lab);
lab.boot().catch(() => {});
