import assert from "node:assert/strict";
import test from "node:test";
import { drawnWords, place } from "../../src/hiddenmix/lab/static/pure/words.js";

test("where the run stands", () => {
  assert.equal(place({ half: "start", at: 0, iteration: 0 }), "start");
  assert.equal(place({ half: "m", at: 4, iteration: 2 }), "iteration 2, after M");
  assert.equal(place({ half: "e", at: 5, iteration: 2 }), "iteration 2, after E");
});

test("it is said how many rows are drawn", () => {
  assert.equal(drawnWords({ n: 272, drawn: 272 }), "272 rows");
  assert.equal(drawnWords({ n: 120000, drawn: 2000 }), "all 120\u202f000 rows are fitted; 2\u202f000 are drawn");
});
