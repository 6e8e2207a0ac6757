import assert from "node:assert/strict";
import test from "node:test";
import { readFileSync } from "node:fs";
import { contrast, hexadecimal, inkOn, parse, soft } from "../../src/hiddenmix/lab/static/pure/colour.js";

const SHARED = JSON.parse(readFileSync(new URL("shared.json", import.meta.url), "utf8")); // test_shared.py reads it too
const PALETTE = SHARED.palette;

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

test("soft colours are those of the pictures", () => {
  for (const { resp, colours, rgb } of SHARED.soft) {
    parse(soft(resp, colours)).forEach((part, c) => assert.ok(Math.abs(part - rgb[c]) <= 0.5 + 1e-9, `${resp}`));
  }
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
