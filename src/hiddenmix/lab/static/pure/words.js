/** Short words for what a frame shows. No DOM. */

import { whole } from "./numbers.js";

/** Where in the run a frame stands: "start", "iteration 3, after E". */
export function place(frame) {
  if (frame.half === "start") return "start";
  return `iteration ${frame.iteration}, after ${frame.half.toUpperCase()}`;
}

/** How many rows are fitted and drawn, in words. */
export function drawnWords(scene) {
  if (scene.drawn >= scene.n) return `${whole(scene.n)} rows`;
  return `all ${whole(scene.n)} rows are fitted; ${whole(scene.drawn)} are drawn`;
}
