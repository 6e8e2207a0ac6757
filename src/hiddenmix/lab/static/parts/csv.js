/** Your CSV: choose or drop a file, see what was understood, say what each column is for. */

import { byId, fill, h } from "./dom.js";
import { errorBody } from "./dialogs.js";
import { whole } from "../pure/numbers.js";

const ROLES = [
  ["use", "use"],
  ["label", "label"],
  ["ignore", "ignore"],
];

/** `upload(file)` answers with what the server understood; `open(config)` shows it. */
export function startCsv({ upload, open }) {
  const dialog = byId("csv");
  const input = byId("csv-file");
  const take = (file) => file && read(file, { upload, open, dialog });
  byId("csv-open").addEventListener("click", () => dialog.showModal());
  input.addEventListener("change", () => {
    take(input.files[0]);
    input.value = "";
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    if (!dialog.open) dialog.showModal();
    take(event.dataTransfer.files[0]);
  });
}

async function read(file, { upload, open, dialog }) {
  const body = byId("csv-body");
  fill(body, h("p", { class: "quiet" }, "reading\u2026"));
  try {
    const table = await upload(file);
    fill(body, summary(table), preview(table), chips(table), actions(table, { open, dialog, body }));
  } catch (error) {
    fill(body, h("div", { class: "error", role: "alert" }, errorBody(error)));
  }
}

function summary({ name, n_rows: n, columns }) {
  return h(
    "p",
    {},
    h("strong", {}, name),
    `: ${whole(n)} rows, ${columns.length} columns. Only numbers can be fitted here; labels are kept aside, to compare with.`,
  );
}

function preview({ preview: { columns, rows } }) {
  const head = h(
    "tr",
    {},
    columns.map((name) => h("th", { scope: "col" }, name)),
  );
  const body = rows.map((row) =>
    h(
      "tr",
      {},
      row.map((text) => h("td", {}, text ?? "\u2013")),
    ),
  );
  const table = h("table", {}, h("caption", {}, "the first rows"), h("thead", {}, head), h("tbody", {}, body));
  return h("div", { class: "scroll preview", tabindex: 0, role: "region", "aria-label": "the first rows" }, table);
}

function chips({ columns }) {
  return h("div", { class: "chips" }, columns.map(chip));
}

function chip({ name, kind, use, reason, detail }, i) {
  const choice = ([value, words]) =>
    h(
      "label",
      {},
      h("input", { type: "radio", name: `role-${i}`, value, checked: value === use }),
      h("span", {}, words),
    );
  const why = [reason, detail].filter(Boolean).join(": ");
  return h(
    "fieldset",
    { class: "chip" },
    h("legend", {}, name, h("span", { class: "quiet" }, ` ${kind ?? ""}`)),
    h("div", { class: "roles" }, ROLES.map(choice)),
    h("p", { class: "quiet" }, why),
  );
}

function actions(table, { open, dialog, body }) {
  const message = h("div", { class: "error", role: "alert", hidden: true });
  const go = h("button", { class: "lit", type: "button", id: "csv-go" }, "Show these columns");
  go.addEventListener("click", async () => {
    const names = (role) => table.columns.filter((_, i) => roleOf(body, i) === role).map(({ name }) => name);
    message.hidden = true;
    try {
      await open({ ...table.config, use: names("use"), labels: names("label"), show: undefined, at: 0, moves: [] });
      dialog.close();
    } catch (error) {
      fill(message, errorBody(error));
      message.hidden = false;
    }
  });
  return [message, h("p", {}, go)];
}

function roleOf(body, i) {
  return body.querySelector(`input[name="role-${i}"]:checked`)?.value ?? "ignore";
}
