/** What is on the screen, what was asked for next, and the URL that says so. */

import { Client } from "../pure/client.js";
import { typographic } from "../pure/numbers.js";
import { Queue } from "../pure/queue.js";
import { toHash } from "../pure/state.js";
import { drawBound } from "./bound.js";
import { drawControls, drawExamples } from "./controls.js";
import { errorBody } from "./dialogs.js";
import { byId, fill, h, still } from "./dom.js";
import { drawStage } from "./stage.js";
import { drawTable } from "./table.js";
import { hideTip } from "./tip.js";
import { keptToken, readAddress } from "./token.js";
import { drawTrace } from "./trace.js";

const FALLBACK = { data: "redblue" };

export class Lab {
  constructor() {
    const first = readAddress();
    this.client = new Client(keptToken(), undefined, keptToken);
    this.refused = null; // what was asked for and refused for its token, to be asked again
    this.queue = new Queue((busy) => byId("lab").setAttribute("aria-busy", String(busy)));
    this.first = first;
    this.view = first.view;
    this.playing = null; // the run of `play` under way
    this.aim = null; // the half-step that was asked for last, until it is shown
    this.actions = {
      move: (component, to) => this.act({ do: "move", component, to }),
      go: (at) => this.go(at),
      look: (change) => this.look(change),
      show: (show) => this.open({ ...this.frame.config, show, at: this.frame.at }, "push").catch(() => {}),
      pause: () => this.pause(),
    };
  }

  async boot() {
    this.view = this.first.view;
    const info = await this.try(() => this.client.start());
    this.offered = info.open?.data; // the table that the command line named
    drawExamples(byId("examples"), info.examples, (config) => this.fresh(config));
    drawExamples(byId("others"), info.others ?? [], (config) => {
      byId("csv").close();
      this.fresh(config);
    });
    const wanted = this.first.config ?? info.open ?? info.examples[0]?.config ?? FALLBACK;
    await this.open(wanted, "replace");
  }

  /** A new token came: a page that never began begins; else what was refused for the old one is asked for again.
   *
   * The `printed` address of a server that was started with another file shows that file.
   */
  async admitted(printed = false) {
    if (!this.scene) return this.boot();
    const again = this.refused;
    this.refused = null;
    const { open } = printed ? await this.try(() => this.client.start()) : {};
    if (!open || open.data === this.offered) return again?.();
    this.offered = open.data;
    return this.fresh(open);
  }

  /** Another configuration: a new session. */
  open(config, how) {
    this.pause();
    return this.ask(
      () => this.client.open(config),
      ({ scene, frame }) => {
        this.scene = scene;
        this.show(frame, how, false);
      },
    );
  }

  /** Another example or suggestion, with nothing kept of how the last one was looked at. */
  fresh(config) {
    this.view = { ...this.view, reveal: null, axis: null };
    return this.open({ at: 0, moves: [], ...config }, "push").catch(() => {});
  }

  /** The same data from another start. */
  restart(change) {
    this.view = { ...this.view, axis: null }; // another number of groups has other parameters
    const next = { ...this.frame.config, at: 0, moves: [], ...change };
    if (change.k !== undefined && next.start === "default") next.start = "kmeans";
    return this.open(next, "push").catch(() => this.render(false));
  }

  /** One order to the server, from where the screen stands when its turn comes. */
  act(order, how = "push") {
    return this.ask(
      () => this.client.act(order, this.frame.at),
      (frame) => this.show(frame, how),
    ).catch(() => this.render(false));
  }

  step(kind) {
    this.pause();
    return this.act({ do: kind });
  }

  /** Look at another half-step; of several asked for quickly only the last is shown. */
  go(at, how = "replace") {
    this.pause();
    const target = Math.min(Math.max(at, 0), this.frame.last);
    this.aim = target;
    return this.ask(
      () => this.client.frame(target),
      (frame) => this.show(frame, how),
      "scrub",
    )
      .catch(() => {})
      .finally(() => {
        if (this.aim === target) this.aim = null;
      });
  }

  /** So many half-steps on from what is shown, or was asked for. */
  walk(by) {
    return this.go((this.aim ?? this.frame.at) + by);
  }

  look(change) {
    this.view = { ...this.view, ...change };
    this.write("replace");
    this.render(false);
  }

  async play() {
    if (this.playing) return this.pause();
    const run = {};
    this.playing = run;
    this.render(false);
    for (let n = 0; this.playing === run && !this.done(); n += 1) {
      await this.act({ do: this.frame.next }, n === 0 ? "push" : "replace");
      await new Promise((resolve) => setTimeout(resolve, Math.max(140, 750 * 0.97 ** n)));
    }
    return this.playing === run ? this.pause() : undefined;
  }

  done() {
    return this.frame.converged || this.frame.stopped;
  }

  pause() {
    if (!this.playing) return;
    this.playing = null;
    if (this.scene) drawControls(this.state(false));
  }

  /** Queue a request; show its answer, or what went wrong. */
  async ask(request, shown, kind) {
    const task = async () => {
      const answer = await this.try(request).catch((error) => {
        if (error.status === 401) this.refused = () => this.ask(request, shown, kind);
        throw error;
      });
      this.refused = null;
      this.complain(null);
      shown(answer);
    };
    return kind ? this.queue.latest(kind, task) : this.queue.run(task);
  }

  async try(request) {
    try {
      return await request();
    } catch (error) {
      this.pause();
      this.complain(error);
      throw error;
    }
  }

  complain(error) {
    const box = byId("problem");
    box.hidden = !error;
    fill(
      box,
      error
        ? [
            h("div", {}, errorBody(error)),
            h("button", { type: "button", on: { click: () => this.complain(null) } }, "close"),
          ]
        : [],
    );
  }

  show(frame, how, moving = true) {
    this.frame = frame;
    byId("lab").hidden = false;
    hideTip();
    this.write(how);
    this.render(moving);
  }

  write(how) {
    const hash = toHash(this.frame.config, this.view);
    if (how === "none" || hash === location.hash) return;
    if (how === "push") history.pushState(null, "", hash);
    else history.replaceState(null, "", hash);
  }

  state(moving) {
    const { scene, frame, view, actions } = this;
    return { scene, frame, view, actions, playing: this.playing !== null, moving: moving && !still() };
  }

  render(moving = true) {
    if (!this.scene) return;
    const state = this.state(moving);
    drawControls(state);
    drawStage(byId("stage"), state);
    drawTrace(byId("trace-plot"), state);
    drawTable(byId("rows"), state);
    this.say();
    byId("digits").setAttribute("aria-pressed", String(this.view.digits));
    document.title = `${this.scene.title} \u00b7 hiddenmix lab`;
    fill(
      byId("tries-list"),
      this.scene.tries.map(({ text, config }) =>
        h("li", {}, h("button", { type: "button", on: { click: () => this.fresh(config) } }, text)),
      ),
    );
    const { text, notes = [], warnings = [] } = this.scene;
    byId("warnings").textContent = warnings.map((warning) => `Note: ${warning}.`).join(" ");
    byId("about").textContent = [text, ...notes.filter((note) => !warnings.includes(note))].join(" ");
    this.bound();
  }

  say() {
    const { sentence, status } = this.frame;
    const ended = this.done() ? status : "";
    for (const [id, text] of [
      ["sentence", typographic(sentence)],
      ["status", typographic(ended)],
    ]) {
      if (byId(id).textContent !== text) byId(id).textContent = text; // said aloud only where it is new
    }
  }

  /** The lower bound comes after the picture, and only for where the screen stands at last. */
  async bound() {
    const { at } = this.frame;
    const axis = this.view.axis;
    const key = `${at} ${axis} ${toHash(this.frame.config)}`;
    if (this.bounded?.key !== key) {
      const curve = await this.queue
        .latest("bound", () => this.client.bound(at, axis))
        .catch((error) => ({ axes: [], none: error.message, failed: true }));
      if (!curve || at !== this.frame.at || axis !== this.view.axis) return;
      this.bounded = { key: curve.failed ? null : key, curve };
    }
    this.drawBound(this.bounded.curve);
  }

  drawBound(curve) {
    const select = byId("axis");
    fill(
      select,
      curve.axes.map(({ id, label }) => h("option", { value: id }, label)),
    );
    select.disabled = curve.axes.length === 0;
    select.value = curve.axis ?? curve.axes[0]?.id ?? "";
    const none = byId("bound-none");
    none.textContent = curve.none ?? "";
    byId("bound-plot").hidden = Boolean(curve.none);
    if (!curve.none) drawBound(byId("bound-plot"), curve);
  }
}
