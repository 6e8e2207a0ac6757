/** Where things stand: ellipses, rows of dots that do not overlap, the nearest point, ranges. No DOM. */

/** The outline [[x, y], ...] of an ellipse {cx, cy, rx, ry, angle in degrees, y up} at so many standard deviations. */
export function ellipsePoints({ cx, cy, rx, ry, angle }, sigmas = 1, n = 72) {
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  return Array.from({ length: n }, (_, i) => {
    const turn = (2 * Math.PI * i) / n;
    const [a, b] = [sigmas * rx * Math.cos(turn), sigmas * ry * Math.sin(turn)];
    return [cx + a * cos - b * sin, cy + a * sin + b * cos];
  });
}

/** A range made wider by a share of its length on both sides; one without length gets one. */
export function padded([low, high], share = 0.05) {
  const length = high > low ? high - low : Math.max(Math.abs(low), 1);
  return [low - share * length, high + share * length];
}

/** The row of each interval [left, right], 0 and up, such that intervals in one row do not overlap. */
export function rowsOf(intervals, gap = 0) {
  const ends = [];
  const rows = new Array(intervals.length);
  const order = intervals.map((_, i) => i).sort((a, b) => intervals[a][0] - intervals[b][0] || a - b);
  for (const i of order) {
    let row = ends.findIndex((end) => end + gap <= intervals[i][0]);
    if (row < 0) row = ends.length;
    ends[row] = intervals[i][1];
    rows[i] = row;
  }
  return rows;
}

/** Heights 0 to 1 for dots at x: side by side where that fits into `most` rows, scattered evenly where it does not. */
export function dodged(x, width, most) {
  const rows = rowsOf(x.map((at) => [at, at + width]));
  const needed = rows.length ? Math.max(...rows) + 1 : 1;
  if (needed <= most) return rows.map((row) => row / most);
  return x.map((_, i) => (i * 0.6180339887498949) % 1);
}

/** The index of the point nearest to (x, y), or -1 where none is within reach. */
export function nearest(xs, ys, x, y, within) {
  let best = -1;
  let least = within * within;
  for (let i = 0; i < xs.length; i += 1) {
    const far = (xs[i] - x) ** 2 + (ys[i] - y) ** 2;
    if (far <= least) [best, least] = [i, far];
  }
  return best;
}

/** The highest bar of a histogram of x, as a density: curves of a fit rarely go beyond it, so that axes stand still. */
export function densityPeak(x) {
  const n = x.length;
  const [low, high] = [Math.min(...x), Math.max(...x)];
  if (n === 0 || !(high > low)) return 0;
  const bins = Math.max(4, Math.ceil(Math.sqrt(n)));
  const counts = new Array(bins).fill(0);
  for (const value of x) counts[Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))] += 1;
  return (Math.max(...counts) / n) * (bins / (high - low));
}

/** The y-range in which a lower bound and what it bounds are both seen well.
 *
 * A deep fall of the bound is cut off, but never the bound at the present parameters, `now`.
 */
export function boundRange(objective, bound, now) {
  const [low, high] = [Math.min(...objective), Math.max(...objective)];
  const room = Math.max(high - low, 1e-6 * Math.max(1, Math.abs(high)));
  return padded([Math.max(Math.min(...bound), Math.min(low - 0.6 * room, now)), high], 0.08);
}
