/** Which key does what, where. No DOM: it is asked with a few facts about the event. */

const LETTERS = { e: "e", m: "m", "?": "help", " ": "play" };
const WALKS = { ArrowLeft: "back", ArrowRight: "forward", Home: "first", End: "last" };
const PRESSED = ["BUTTON", "SUMMARY", "A"]; // the space bar presses them
const TYPED = ["INPUT", "SELECT", "TEXTAREA"];

/** The action of a key press: e, m, play, back, forward, first, last, help, or null.
 *
 * `at` describes what has the focus: {tag, role, dialog}; while a field, a slider or a dialog has it, keys are its own.
 */
export function action(event, at = {}) {
  if (event.ctrlKey || event.metaKey || event.altKey || at.dialog) return null;
  if (TYPED.includes(at.tag)) return null;
  const walk = WALKS[event.key];
  if (walk) return at.role ? null : walk;
  const letter = LETTERS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (letter === "play" && (PRESSED.includes(at.tag) || at.role === "button")) return null;
  return letter ?? null;
}

/** How far an arrow key moves something, in steps right and up; null for other keys. */
export function nudge(event) {
  const far = event.shiftKey ? 10 : 1;
  const way = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, far], ArrowDown: [0, -far] };
  return way[event.key] ?? null;
}
