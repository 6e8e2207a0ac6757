/** The calls to the server. A session that is gone is made again from its configuration, and the call repeated. */

export class LabError extends Error {
  constructor({ code, message, help }, status = 0) {
    super(message);
    this.code = code;
    this.help = help ?? "";
    this.status = status;
  }
}

const STOPPED = {
  code: "no answer",
  message: "the lab's server does not answer: it was stopped, or the computer slept",
  help: "start it again with: hiddenmix lab   and open the address that it prints",
};

export class Client {
  /** `kept()` is the token as it is kept now: another tab may have got a newer one. */
  constructor(token, fetcher = (...given) => fetch(...given), kept = () => token) {
    this.token = token;
    this.fetcher = fetcher;
    this.kept = kept;
    this.session = null;
    this.config = null;
  }

  start() {
    return this.#call("GET", "/api/start");
  }

  upload(file) {
    return this.#call("POST", "/api/upload", file, { "X-Filename": encodeURIComponent(file.name) });
  }

  /** A new session: {scene, frame}. */
  async open(config) {
    const answer = await this.#call("POST", "/api/session", JSON.stringify(config));
    this.session = answer.session;
    this.config = answer.frame.config;
    return answer;
  }

  /** One order ({do: "e"}, ...) at the half-step that one looks at. */
  act(order, at) {
    return this.#kept("POST", "/do", JSON.stringify({ ...order, at }));
  }

  frame(at) {
    return this.#kept("GET", `/frame/${at}`);
  }

  bound(at, axis) {
    const which = axis ? `&axis=${encodeURIComponent(axis)}` : "";
    return this.#within("GET", `/bound?at=${at}${which}`);
  }

  script(at) {
    return this.#within("GET", `/script?at=${at}`);
  }

  async #kept(method, path, body) {
    const { frame } = await this.#within(method, path, body);
    this.config = frame.config;
    return frame;
  }

  async #within(method, path, body) {
    try {
      return await this.#call(method, `/api/session/${this.session}${path}`, body);
    } catch (error) {
      if (error.status !== 404 || this.config === null) throw error;
      await this.open(this.config);
      return this.#call(method, `/api/session/${this.session}${path}`, body);
    }
  }

  async #call(method, path, body, more = {}) {
    const headers = { "X-Hiddenmix-Token": this.token ?? "", ...more };
    if (typeof body === "string") headers["Content-Type"] = "application/json";
    let response;
    try {
      response = await this.fetcher(path, { method, headers, body, cache: "no-store" });
    } catch {
      throw new LabError(STOPPED);
    }
    const answer = await response.json().catch(() => null);
    if (response.ok && answer) return answer;
    const newer = this.kept();
    if (response.status === 401 && newer !== this.token) {
      this.token = newer;
      return this.#call(method, path, body, more);
    }
    throw new LabError(
      answer?.error ?? { ...STOPPED, message: `the server answered ${response.status}` },
      response.status,
    );
  }
}
