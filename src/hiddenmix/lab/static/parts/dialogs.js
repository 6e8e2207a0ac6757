/** The formula, the Python script and the help. */

import { byId, fill, h } from "./dom.js";
import { formulaBody } from "./formula.js";

/** Every dialog closes by its button, by Escape, and by a click beside it. */
export function startDialogs() {
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.querySelector("button.close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
  }
  byId("copy").addEventListener("click", copy);
  byId("help-open").addEventListener("click", () => byId("help").showModal());
}

export function openFormula(state) {
  fill(byId("formula-body"), formulaBody(state));
  byId("formula").showModal();
}

export function openScript(text) {
  byId("script-text").textContent = text;
  byId("copied").textContent = "";
  byId("script").showModal();
}

async function copy() {
  const code = byId("script-text");
  try {
    await navigator.clipboard.writeText(code.textContent);
    byId("copied").textContent = "copied";
  } catch {
    getSelection().selectAllChildren(code);
    byId("copied").textContent = "selected: press Ctrl-C";
  }
}

/** Say what went wrong as the command line would: code, message, the way out. */
export function errorBody({ code, message, help }) {
  const title = h("strong", {}, `error${code ? `[${code}]` : ""}: `);
  return [
    h("p", {}, title, h("span", { class: "message" }, message)),
    help ? h("p", { class: "help" }, h("em", {}, "help: "), help) : null,
  ];
}
