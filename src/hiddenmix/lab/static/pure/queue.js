/** One request after the other: quick clicks wait their turn and none is lost. No DOM. */

export class Queue {
  constructor(onChange = () => {}) {
    this.waiting = [];
    this.running = false;
    this.onChange = onChange;
  }

  /** Do a task when it is its turn; the promise has its answer or its error. */
  run(task) {
    return this.#add({ task });
  }

  /** As `run`, but a newer task of the same kind takes the place of one that still waits (which answers undefined). */
  latest(kind, task) {
    const old = this.waiting.findIndex((entry) => entry.kind === kind);
    if (old >= 0) this.waiting.splice(old, 1)[0].resolve(undefined);
    return this.#add({ task, kind });
  }

  #add(entry) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ ...entry, resolve, reject });
      if (!this.running) this.#work();
    });
  }

  async #work() {
    this.running = true;
    this.onChange(true);
    while (this.waiting.length > 0) {
      const { task, resolve, reject } = this.waiting.shift();
      try {
        resolve(await task());
      } catch (error) {
        reject(error);
      }
    }
    this.running = false;
    this.onChange(false);
  }
}
