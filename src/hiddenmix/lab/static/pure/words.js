/** Short words for what a frame shows. No DOM. */

import { number, whole } from "./numbers.js";

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

/** What the known colours of red and blue are, and why a well-known write-up prints others. */
export function knownWords(scene, summaries) {
  const list = summaries.map(({ level, mean, sd }) => `${level} ${number(mean, 6)} / ${number(sd, 6)}`).join(", ");
  const told = `Known groups, mean / standard deviation: ${list}.`;
  if (scene.config.data !== "redblue") return told;
  return `${told} These are recomputed from the draws; the write-up that made them known prints red 2.802 / 0.871, blue 6.932 / 2.195.`;
}
