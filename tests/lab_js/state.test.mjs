import assert from "node:assert/strict";
import test from "node:test";
import { fromHash, sameRun, toHash } from "../../src/hiddenmix/lab/static/pure/state.js";

const PLAIN = {
  data: "redblue",
  k: 2,
  shape: "full",
  weights: "equal",
  start: "default",
  seed: 0,
  show: ["x"],
  at: 3,
  moves: [],
};

test("a configuration is readable in the URL", () => {
  assert.equal(toHash(PLAIN), "#data=redblue&k=2&shape=full&weights=equal&start=default&seed=0&show=x&at=3");
});

test("what was written is read again, with names that hold every separator", () => {
  const odd = ["<script>alert(1)</script>", "a,b;c:d/e=f&g#h%i~j k", "~", "", "é中🙂", "x".repeat(200), "%41"];
  const config = {
    ...PLAIN,
    use: odd,
    labels: [],
    show: odd.slice(0, 2),
    moves: [
      { at: 4, component: 0, to: { [odd[1]]: -1.5e-7, "": 0.1 + 0.2 } },
      { at: 9, component: 11, to: { "~": 3 } },
    ],
  };
  const view = { reveal: odd[1], axis: "mean/0/1", digits: true };
  const back = fromHash(toHash(config, view));
  assert.deepEqual(back.config, config);
  assert.deepEqual(back.view, view);
  assert.equal(toHash(back.config, back.view), toHash(config, view));
});

test("no list and an empty list differ, and so do a list with an empty name", () => {
  const read = (use) => fromHash(toHash({ data: "x", use })).config.use;
  assert.equal(read(null), undefined);
  assert.deepEqual(read([]), []);
  assert.deepEqual(read([""]), [""]);
});

test("what cannot be read is left out", () => {
  const { config, view } = fromHash("#data=coins&k=two&seed=-1&at=1e3&show=%E0%A4%A&moves=1/0/x:y&junk&=1");
  assert.deepEqual(config, { data: "coins" });
  assert.deepEqual(view, { reveal: null, axis: null, digits: false });
  assert.equal(fromHash("").config, null);
  assert.equal(fromHash("#k=3").config, null);
});

test("the token is found wherever it stands", () => {
  assert.equal(fromHash("#token=abc-_1").token, "abc-_1");
  assert.deepEqual(fromHash("#token=a&data=coins").config, { data: "coins" });
  assert.equal(toHash({ ...fromHash("#token=a&data=coins").config }).includes("token"), false);
});

test("a run is the same wherever it stands, and another one after a move", () => {
  assert.equal(sameRun(PLAIN, { ...PLAIN, at: 12 }), true);
  assert.equal(sameRun(PLAIN, { ...PLAIN, moves: [{ at: 2, component: 0, to: { x: 1 } }] }), false);
  assert.equal(sameRun(PLAIN, { ...PLAIN, seed: 1 }), false);
});

test("a mean that was moved along a column called __proto__ is not lost", () => {
  const config = JSON.parse(
    '{"data": "mine", "moves": [{"at": 1, "component": 0, "to": {"__proto__": 2.5, "constructor": 1}}]}',
  );
  const hash = toHash(config);
  assert.ok(hash.includes("__proto__:2.5"));
  const back = fromHash(hash).config;
  assert.equal(JSON.stringify(back.moves), '[{"at":1,"component":0,"to":{"__proto__":2.5,"constructor":1}}]');
  assert.equal(toHash(back), hash);
  assert.ok(sameRun(back, config));
});

test("keys of every object in an address are no state", () => {
  const { config, view } = fromHash("#__proto__=1&constructor=2&toString=3&data=redblue&reveal=__proto__");
  assert.deepEqual(config, { data: "redblue" });
  assert.equal(view.reveal, "__proto__");
});
