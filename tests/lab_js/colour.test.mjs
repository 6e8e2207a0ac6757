import assert from "node:assert/strict";
import test from "node:test";
import { contrast, hexadecimal, inkOn, parse, soft } from "../../src/hiddenmix/lab/static/pure/colour.js";

const PALETTE = ["#D1342B", "#1162D3", "#DB9309", "#098C74", "#E65CA6", "#66564D", "#2DA6DE", "#884887"];

test("a row that belongs to one component has its colour", () => {
  PALETTE.forEach((colour, j) =>
    assert.equal(
      soft(
        PALETTE.map((_, i) => Number(i === j)),
        PALETTE,
      ),
      colour,
    ),
  );
});

test("a row that two share equally is half way", () => {
  assert.deepEqual(parse(soft([0.5, 0.5], ["#D1342B", "#1F6FB4"])), [120, 82, 112]); // (209+31, 52+111, 43+180) / 2
  assert.equal(hexadecimal([300, -4, 15.4]), "#FF000F");
});

test("contrast is that of WCAG", () => {
  assert.equal(contrast("#000000", "#FFFFFF"), 21);
  assert.ok(Math.abs(contrast("#777777", "#FFFFFF") - 4.478) < 0.001);
  assert.equal(contrast("#123456", "#123456"), 1);
});

test("numbers on a component's colour can be read", () => {
  for (const colour of PALETTE) assert.ok(contrast(colour, inkOn(colour)) >= 4.5, colour);
});
