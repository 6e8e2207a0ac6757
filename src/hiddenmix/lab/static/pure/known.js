/** The label that is uncovered: its values, and which of its levels have a symbol of their own. No DOM. */

/** How many symbols can be told apart. */
export const MOST = 7;

/** {values, levels, words, others} of the label `view.reveal`, null where there is none of that name.
 *
 * With more levels than symbols the most frequent ones keep theirs, and the `others`, so many, share the last symbol.
 */
export function revealed(scene, view) {
  if (!view.reveal || !Object.hasOwn(scene.known ?? {}, view.reveal)) return null;
  const { values, levels, words = "" } = scene.known[view.reveal];
  if (levels.length <= MOST) return { values, levels, words, others: 0 };
  const counts = new Map(levels.map((level) => [level, 0]));
  for (const value of values) if (value !== null) counts.set(value, counts.get(value) + 1);
  const first = new Set([...levels].sort((a, b) => counts.get(b) - counts.get(a)).slice(0, MOST - 1));
  return { values, levels: levels.filter((level) => first.has(level)), words, others: levels.length - first.size };
}

/** The place of a row's symbol, -1 where its level is not known. */
export function symbolAt({ values, levels }, i) {
  if (values[i] === null) return -1;
  const place = levels.indexOf(values[i]);
  return place < 0 ? levels.length : place;
}
