import assert from "node:assert/strict";
import test from "node:test";
import { action, nudge } from "../../src/hiddenmix/lab/static/pure/keys.js";

test("the keys of the lab", () => {
  const keys = {
    e: "e",
    E: "e",
    m: "m",
    " ": "play",
    "?": "help",
    ArrowLeft: "back",
    ArrowRight: "forward",
    Home: "first",
    End: "last",
    x: null,
    Enter: null,
  };
  for (const [key, wanted] of Object.entries(keys)) assert.equal(action({ key }, { tag: "BODY" }), wanted, key);
});

test("a field keeps its keys, and so does a dialog", () => {
  for (const key of ["e", "m", " ", "?", "ArrowLeft"]) {
    for (const tag of ["INPUT", "SELECT", "TEXTAREA"]) assert.equal(action({ key }, { tag }), null);
    assert.equal(action({ key }, { tag: "BODY", dialog: {} }), null);
  }
});

test("the browser's own shortcuts stay its own", () => {
  for (const held of ["ctrlKey", "metaKey", "altKey"])
    assert.equal(action({ key: "e", [held]: true }, { tag: "BODY" }), null);
});

test("space presses a focused button; letters still work there", () => {
  assert.equal(action({ key: " " }, { tag: "BUTTON" }), null);
  assert.equal(action({ key: "e" }, { tag: "BUTTON" }), "e");
  assert.equal(action({ key: "ArrowRight" }, { tag: "g", role: "slider" }), null);
  assert.equal(action({ key: "ArrowRight" }, { tag: "BUTTON" }), "forward");
});

test("arrows nudge, ten times as far with Shift", () => {
  assert.deepEqual(nudge({ key: "ArrowUp" }), [0, 1]);
  assert.deepEqual(nudge({ key: "ArrowLeft", shiftKey: true }), [-10, 0]);
  assert.equal(nudge({ key: "Enter" }), null);
});
