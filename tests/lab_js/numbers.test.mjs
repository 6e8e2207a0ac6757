import assert from "node:assert/strict";
import test from "node:test";
import { change, cut, number, percent, tick, typographic, whole } from "../../src/hiddenmix/lab/static/pure/numbers.js";

test("significant digits, and the published ones when asked for", () => {
  assert.equal(number(0.7967890669123), "0.79679");
  assert.equal(number(0.79678906691, 10), "0.7967890669");
  assert.equal(number(-88.452531), "\u221288.453");
  assert.equal(number(4207.432), "4207.4");
  assert.equal(number(123456.78), "123457");
});

test("zero, nothing, the tiny and the huge", () => {
  assert.equal(number(0), "0");
  assert.equal(number(null), "\u2013");
  assert.equal(number(undefined), "\u2013");
  assert.equal(number(NaN), "\u2013");
  assert.equal(number(-1.234e-7), "\u22121.23e\u22127");
  assert.equal(number(2.5e12), "2.50e12");
});

test("a change has its sign", () => {
  assert.equal(change(0.11301), "+0.113");
  assert.equal(change(-0.5), "\u22120.500");
  assert.equal(change(0), "0");
  assert.equal(change(null), "\u2013");
});

test("per cent, thousands, ticks", () => {
  assert.equal(percent(0.449148), "44.9\u00a0%");
  assert.equal(percent(1e-9), "<0.1\u00a0%");
  assert.equal(percent(0), "0.0\u00a0%");
  assert.equal(whole(120000), "120\u202f000");
  assert.equal(whole(272), "272");
  assert.equal(tick(-0.30000000000000004), "\u22120.3");
  assert.deepEqual([1000, 40960, 6e6, -1.8e6, 1e-6, 1234567, 0].map(tick), [
    "1000",
    "40960",
    "6e6",
    "\u22121.8e6",
    "1e\u22126",
    "1234567",
    "0",
  ]);
});

test("a sentence's minus signs are true ones, its hyphens stay", () => {
  assert.equal(
    typographic("M-step: fell by 3 to -88.4 (-1); E-step 2-3."),
    "M-step: fell by 3 to \u221288.4 (\u22121); E-step 2-3.",
  );
});

test("a long name is cut between letters, a short one is not", () => {
  assert.equal(cut("\u{1F642}".repeat(4), 3), "\u{1F642}\u{1F642}\u2026");
  assert.equal(cut("abc", 3), "abc");
});
