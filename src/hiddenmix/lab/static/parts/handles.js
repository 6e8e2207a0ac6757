/** A mean that can be moved: with the pointer, or with arrow keys and Enter. */

import { nudge } from "../pure/keys.js";

/** Make an element movable.
 *
 * `limits` is [width, height] in pixels, height 0 where it moves sideways only. `preview(dx, dy)` shows where it would
 * be, `commit(dx, dy)` is called once at the end, where it moved at all; Escape puts it back.
 */
export function movable(element, given) {
  element.__given = given;
  if (element.__moved) return;
  element.__moved = { dx: 0, dy: 0, from: null };
  element.addEventListener("pointerdown", grab);
  element.addEventListener("pointermove", drag);
  element.addEventListener("pointerup", drop);
  element.addEventListener("pointercancel", back);
  element.addEventListener("keydown", key);
  element.addEventListener("blur", drop);
}

function grab(event) {
  const own = event.currentTarget;
  own.setPointerCapture(event.pointerId);
  own.__moved.from = [event.clientX, event.clientY];
  own.__given.begin?.();
  own.focus({ preventScroll: true });
  event.preventDefault();
}

function drag(event) {
  const own = event.currentTarget;
  const { from } = own.__moved;
  if (from) shift(own, event.clientX - from[0], own.__given.flat ? 0 : event.clientY - from[1]);
}

function drop(event) {
  const own = event.currentTarget;
  const { dx, dy } = own.__moved;
  own.__moved = { dx: 0, dy: 0, from: null };
  if (dx || dy) own.__given.commit(dx, dy);
}

function back(event) {
  const own = event.currentTarget;
  shift(own, 0, 0);
  own.__moved = { dx: 0, dy: 0, from: null };
}

function key(event) {
  const own = event.currentTarget;
  const step = nudge(event);
  if (step && !(own.__given.flat && step[0] === 0)) {
    shift(own, own.__moved.dx + 4 * step[0], own.__given.flat ? 0 : own.__moved.dy - 4 * step[1]);
  } else if (event.key === "Enter" || event.key === " ") drop(event);
  else if (event.key === "Escape") back(event);
  else if (!step) return;
  event.preventDefault();
  event.stopPropagation();
}

/** Show it elsewhere, within the picture. */
function shift(own, dx, dy) {
  const { at, limits } = own.__given;
  own.__moved.dx = Math.min(Math.max(at[0] + dx, 0), limits[0]) - at[0];
  own.__moved.dy = own.__given.flat ? 0 : Math.min(Math.max(at[1] + dy, 0), limits[1]) - at[1];
  own.__given.preview(own.__moved.dx, own.__moved.dy);
}
