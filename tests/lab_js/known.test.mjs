import assert from "node:assert/strict";
import test from "node:test";
import { MOST, revealed, symbolAt } from "../../src/hiddenmix/lab/static/pure/known.js";

const scene = (levels, values) => JSON.parse(JSON.stringify({ known: { kind: { values, levels } } }));

test("names that every object has are no labels", () => {
  for (const reveal of ["constructor", "__proto__", "toString", "hasOwnProperty", "", null, "other"]) {
    assert.equal(revealed(scene(["a"], ["a"]), { reveal }), null, String(reveal));
    assert.equal(revealed({}, { reveal }), null);
  }
  const odd = JSON.parse('{"known": {"__proto__": {"values": ["a"], "levels": ["a"]}}}');
  assert.deepEqual(revealed(odd, { reveal: "__proto__" }).levels, ["a"]);
});

test("as many levels as symbols keep theirs", () => {
  const levels = [..."abcdefg"];
  const known = revealed(scene(levels, ["g", null, "a"]), { reveal: "kind" });
  assert.equal(levels.length, MOST);
  assert.deepEqual(known.levels, levels);
  assert.equal(known.others, 0);
  assert.deepEqual(
    [0, 1, 2].map((i) => symbolAt(known, i)),
    [6, -1, 0],
  );
});

test("of more levels the frequent ones keep a symbol, and the others share one that no other has", () => {
  const levels = Array.from({ length: 40 }, (_, i) => `level ${i}`);
  const frequent = ["level 3", "level 9", "level 10", "level 22", "level 30", "level 39"];
  const values = [...levels, ...frequent, null];
  const known = revealed(scene(levels, values), { reveal: "kind" });
  assert.deepEqual(known.levels, frequent);
  assert.equal(known.others, 34);
  const symbols = new Map(values.map((value, i) => [value, symbolAt(known, i)]));
  assert.equal(symbols.get("level 0"), MOST - 1);
  assert.equal(symbols.get(null), -1);
  assert.deepEqual(
    frequent.map((level) => symbols.get(level)),
    [0, 1, 2, 3, 4, 5],
  );
  assert.equal(new Set(symbols.values()).size, MOST + 1);
});
