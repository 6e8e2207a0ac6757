/** The header and the left column: examples, start, steps, the scrubber. */

import { place } from "../pure/words.js";
import { byId, fill, h } from "./dom.js";

const SHAPES = {
  plane: { full: "own ellipse each", tied: "one shared ellipse", diag: "along the axes", spherical: "round" },
  line: { full: "own width each", tied: "one shared width" },
};

export function drawExamples(box, examples, open) {
  fill(
    box,
    examples.map(({ data, title, text, config }) =>
      h("button", { type: "button", title: text, "data-example": data, on: { click: () => open(config) } }, title),
    ),
  );
}

export function startControls({ restart, reset, step, play, end, go, last }) {
  byId("step-e").addEventListener("click", () => step("e"));
  byId("step-m").addEventListener("click", () => step("m"));
  byId("step-em").addEventListener("click", () => step("em"));
  byId("step-play").addEventListener("click", play);
  byId("step-end").addEventListener("click", end);
  byId("scrub").addEventListener("input", (event) => go(Number(event.target.value)));
  byId("scrub-first").addEventListener("click", () => go(0));
  byId("scrub-last").addEventListener("click", () => go(last()));
  for (const name of ["k", "shape", "weights", "start", "seed"]) {
    byId(`start-${name}`).addEventListener("change", (event) => {
      const { value, type, validity } = event.target;
      if (type === "number" && (value === "" || !validity.valid)) return reset();
      return restart({ [name]: type === "number" ? Number(value) : value });
    });
  }
  byId("next-seed").addEventListener("click", () => restart({ seed: nextSeed(byId("start-seed")) }));
}

/** The seed after this one; the first after the last. */
function nextSeed({ value, max }) {
  return Number(value) < Number(max) ? Number(value) + 1 : 0;
}

export function drawControls({ scene, frame, playing }) {
  const { config } = frame;
  for (const button of document.querySelectorAll("[data-example]")) {
    button.setAttribute("aria-pressed", String(button.dataset.example === config.data));
  }
  byId("start-k").value = config.k;
  byId("start-seed").value = config.seed;
  const shapes =
    SHAPES[scene.kind] && scene.columns.filter(({ used }) => used).length > 1 ? SHAPES.plane : SHAPES[scene.kind];
  byId("shape-field").hidden = !shapes;
  options(
    byId("start-shape"),
    Object.entries(shapes ?? {}).map(([id, label]) => ({ id, label })),
    config.shape,
  );
  options(byId("start-start"), scene.starts, config.start);
  byId("start-weights").value = config.weights;
  drawSteps(frame, playing);
}

function options(select, choices, chosen) {
  const known = choices.some(({ id }) => id === chosen) ? choices : [...choices, { id: chosen, label: chosen }];
  fill(
    select,
    known.map(({ id, label }) => h("option", { value: id }, label)),
  );
  select.value = chosen;
}

function drawSteps(frame, playing) {
  const lit = (id, on) => {
    byId(id).classList.toggle("lit", on);
    if (on) byId(id).setAttribute("aria-description", "next");
    else byId(id).removeAttribute("aria-description");
  };
  lit("step-e", frame.next === "e" && !frame.stopped);
  lit("step-m", frame.next === "m" && !frame.stopped);
  byId("step-play").textContent = playing ? "pause" : "play";
  byId("step-play").setAttribute("aria-pressed", String(playing));
  const scrub = byId("scrub");
  scrub.max = frame.last;
  scrub.value = frame.at;
  scrub.setAttribute("aria-valuetext", place(frame));
  byId("scrub-first").disabled = frame.at === 0;
  byId("scrub-last").disabled = frame.at === frame.last;
  byId("where").textContent = place(frame);
}
