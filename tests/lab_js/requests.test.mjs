import assert from "node:assert/strict";
import test from "node:test";
import { Client, LabError } from "../../src/hiddenmix/lab/static/pure/client.js";
import { Queue } from "../../src/hiddenmix/lab/static/pure/queue.js";

const later = (ms, value) => new Promise((resolve) => setTimeout(resolve, ms, value));

test("tasks run one after the other, in their order, and an error stops none", async () => {
  const seen = [];
  const queue = new Queue();
  const task = (name, ms) => async () => {
    seen.push(`${name}+`);
    await later(ms);
    seen.push(`${name}-`);
    if (name === "b") throw new Error("b");
  };
  const all = await Promise.allSettled([queue.run(task("a", 5)), queue.run(task("b", 1)), queue.run(task("c", 0))]);
  assert.deepEqual(seen, ["a+", "a-", "b+", "b-", "c+", "c-"]);
  assert.deepEqual(
    all.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
});

test("of several waiting tasks of a kind only the last is done; others are kept", async () => {
  const seen = [];
  const queue = new Queue();
  const mark = (name) => async () => {
    await later(1);
    seen.push(name);
    return name;
  };
  const answers = await Promise.all([
    queue.run(mark("first")),
    queue.latest("scrub", mark(1)),
    queue.run(mark("e")),
    queue.latest("scrub", mark(2)),
    queue.latest("scrub", mark(3)),
  ]);
  assert.deepEqual(seen, ["first", "e", 3]);
  assert.deepEqual(answers, ["first", undefined, "e", undefined, 3]);
});

test("the queue says when it is busy", async () => {
  const told = [];
  const queue = new Queue((busy) => told.push(busy));
  await queue.run(() => later(1));
  await later(0);
  assert.deepEqual(told, [true, false]);
});

/** A server of a few lines: sessions with a position. */
function server() {
  const calls = [];
  const sessions = new Map();
  const answer = (body, status = 200) => ({ ok: status < 400, status, json: async () => body });
  const frame = (session) => ({ frame: { at: session.at, config: { data: "coins", at: session.at } } });
  const fetcher = async (path, { method, headers, body }) => {
    calls.push(`${method} ${path}${body ? ` ${body}` : ""}`);
    assert.equal(headers["X-Hiddenmix-Token"], "secret");
    if (path === "/api/session") {
      const id = `s${sessions.size + 1}`;
      sessions.set(id, { at: JSON.parse(body).at ?? 0 });
      return answer({ session: id, scene: {}, ...frame(sessions.get(id)) });
    }
    const [, , , id, what, at] = path.split("/");
    const session = sessions.get(id);
    if (!session || session.gone) return answer({ error: { code: "HM999", message: "gone", help: "again" } }, 404);
    if (what === "do") {
      session.at = JSON.parse(body).at + 1;
      return answer(frame(session));
    }
    return answer(frame({ at: Number(at) }));
  };
  return { calls, sessions, fetcher };
}

test("an order after looking back begins where one looks", async () => {
  const { calls, fetcher } = server();
  const client = new Client("secret", fetcher);
  await client.open({ data: "coins", at: 6 });
  await client.frame(2);
  const frame = await client.act({ do: "e" }, 2);
  assert.equal(frame.at, 3);
  assert.deepEqual(calls.slice(2), ['POST /api/session/s1/do {"do":"e","at":2}']);
});

test("a session that is gone is made again, unnoticed", async () => {
  const { calls, sessions, fetcher } = server();
  const client = new Client("secret", fetcher);
  await client.open({ data: "coins" });
  await client.act({ do: "e" }, 0);
  sessions.get("s1").gone = true;
  const frame = await client.act({ do: "m" }, 1);
  assert.equal(frame.at, 2);
  assert.deepEqual(calls.slice(-2), [
    'POST /api/session {"data":"coins","at":1}',
    'POST /api/session/s2/do {"do":"m","at":1}',
  ]);
});

test("a coded error arrives whole, and a server that does not answer is named", async () => {
  const { sessions, fetcher } = server();
  const client = new Client("secret", fetcher);
  await client.open({ data: "coins" });
  sessions.forEach((session) => Object.defineProperty(session, "gone", { get: () => true }));
  const bad = async () => ({
    ok: false,
    status: 400,
    json: async () => ({ error: { code: "HM112", message: "text in row 4", help: "leave it out" } }),
  });
  await assert.rejects(
    new Client("secret", bad).open({}),
    (error) => error instanceof LabError && error.code === "HM112" && error.help === "leave it out",
  );
  const dead = async () => {
    throw new TypeError("fetch failed");
  };
  await assert.rejects(new Client("secret", dead).start(), /does not answer/);
  const html = async () => ({
    ok: false,
    status: 500,
    json: async () => {
      throw new SyntaxError();
    },
  });
  await assert.rejects(new Client("secret", html).start(), /answered 500/);
});

test("a call that is refused is made again with the token that another tab got", async () => {
  const used = [];
  const fetcher = async (path, { headers }) => {
    const token = headers["X-Hiddenmix-Token"];
    used.push(token);
    return token === "new"
      ? { ok: true, status: 200, json: async () => ({ version: "1" }) }
      : { ok: false, status: 401, json: async () => ({ error: { code: "HM418", message: "no token", help: "" } }) };
  };
  let kept = "old";
  const client = new Client("old", fetcher, () => kept);
  await assert.rejects(client.start(), (error) => error.status === 401);
  kept = "new";
  await client.start();
  await client.start();
  kept = null;
  await client.start();
  assert.deepEqual(used, ["old", "old", "new", "new", "new"]);
});
