import assert from "node:assert/strict";
import test from "node:test";
import { readFileSync } from "node:fs";
import * as geometry from "../../src/hiddenmix/lab/static/pure/geometry.js";

test("an ellipse's points have the Mahalanobis distance that they should", () => {
  const [angle, rx, ry] = [37, 3, 0.5];
  const turn = (angle * Math.PI) / 180;
  for (const sigmas of [1, 2]) {
    for (const [x, y] of geometry.ellipsePoints({ cx: 4, cy: -2, rx, ry, angle }, sigmas)) {
      const a = (x - 4) * Math.cos(turn) + (y + 2) * Math.sin(turn);
      const b = -(x - 4) * Math.sin(turn) + (y + 2) * Math.cos(turn);
      assert.ok(Math.abs((a / rx) ** 2 + (b / ry) ** 2 - sigmas ** 2) < 1e-9);
    }
  }
  const [first] = geometry.ellipsePoints({ cx: 0, cy: 0, rx: 2, ry: 1, angle: 90 }, 1, 4);
  assert.ok(Math.abs(first[0]) < 1e-9 && Math.abs(first[1] - 2) < 1e-9, "the angle turns against the clock, y up");
});

test("ellipses are those of the pictures", () => {
  const { ellipses } = JSON.parse(readFileSync(new URL("shared.json", import.meta.url), "utf8"));
  for (const { mean, cov, of } of ellipses) {
    const [[a, b], [, d]] = cov;
    for (const sigmas of [1, 2]) {
      const outline = geometry.ellipsePoints(of, sigmas, 720).map(([x, y]) => [x - mean[0], y - mean[1]]);
      for (const [x, y] of outline)
        assert.ok(Math.abs((d * x * x - 2 * b * x * y + a * y * y) / (a * d - b * b) - sigmas ** 2) < 1e-9);
      const reach = Math.max(...outline.map(([x]) => x));
      assert.ok(Math.abs(reach / (sigmas * Math.sqrt(a)) - 1) < 1e-4);
    }
  }
});

test("ranges get room, also one without length", () => {
  assert.deepEqual(geometry.padded([0, 10], 0.1), [-1, 11]);
  const [low, high] = geometry.padded([5, 5]);
  assert.ok(low < 5 && high > 5);
});

test("intervals in one row never overlap, and no row is used in vain", () => {
  const intervals = Array.from({ length: 60 }, (_, i) => [(i * 37) % 101, ((i * 37) % 101) + 3 + (i % 5)]);
  const rows = geometry.rowsOf(intervals);
  for (let i = 0; i < 60; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const apart = intervals[i][1] <= intervals[j][0] || intervals[j][1] <= intervals[i][0];
      assert.ok(rows[i] !== rows[j] || apart);
    }
  }
  const deepest = Math.max(
    ...Array.from({ length: 110 }, (_, x) => intervals.filter(([a, b]) => a <= x && x < b).length),
  );
  assert.equal(Math.max(...rows) + 1, deepest);
});

test("dots lie beside one another where they fit, and are scattered inside 0 to 1 where not", () => {
  assert.deepEqual(geometry.dodged([0, 100, 3], 5, 2), [0, 0, 0.5]);
  const many = geometry.dodged(new Array(500).fill(7), 5, 4);
  assert.ok(many.every((height) => height >= 0 && height < 1));
  assert.equal(new Set(many).size, 500);
});

test("the nearest point, within reach only", () => {
  assert.equal(geometry.nearest([0, 10, 20], [0, 0, 0], 12, 1, 5), 1);
  assert.equal(geometry.nearest([0, 10, 20], [0, 0, 0], 15, 30, 5), -1);
  assert.equal(geometry.nearest([], [], 0, 0, 5), -1);
});

test("the peak of a histogram is a density", () => {
  const even = Array.from({ length: 1000 }, (_, i) => i / 250); // 0 to 4: a density of 1/4
  assert.ok(Math.abs(geometry.densityPeak(even) - 0.25) < 0.02);
  assert.equal(geometry.densityPeak([3, 3, 3]), 0);
  assert.equal(geometry.densityPeak([]), 0);
});

test("a bound that falls deep does not flatten the log-likelihood, but is seen where one stands", () => {
  const [low, high] = geometry.boundRange([-12, -10, -11], [-500, -10, -300], -10);
  assert.ok(low > -14 && low < -12 && high > -10);
  assert.ok(geometry.boundRange([-12, -10, -11], [-500, -40, -300], -40)[0] < -40);
  assert.ok(geometry.boundRange([-1, -1], [-1, -1], -1)[0] < -1);
});
