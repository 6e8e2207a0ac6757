/** The E-step and the M-step for the kind of data on the screen, in MathML. */

import { number } from "../pure/numbers.js";
import { h, math } from "./dom.js";

const mi = (text) => math("mi", {}, text);
const mo = (text) => math("mo", {}, text);
const row = (...parts) => math("mrow", {}, ...parts);
const sub = (base, ...index) =>
  math(
    "msub",
    {},
    typeof base === "string" ? mi(base) : base,
    row(...index.map((i) => (/^[\d]/.test(i) ? math("mn", {}, i) : mi(i)))),
  );
const frac = (above, below) => math("mfrac", {}, above, below);
const sum = (index) => math("munder", {}, mo("\u2211"), mi(index));
const sup = (base, power) => math("msup", {}, base, typeof power === "string" ? mi(power) : power);
const square = (base) => math("msup", {}, base, math("mn", {}, "2"));
const resp = () => sub("r", "i", "k");
const perMass = (above) => frac(row(sum("i"), resp(), above), row(sum("i"), resp()));
const minus = () => row(mo("("), sub("x", "i"), mo("\u2212"), sub("\u03bc", "k"), mo(")"));

/** [{name, words, formulas}] for E and M; `used` columns are fitted, whichever of them are shown. */
export function steps({ kind, config, used, missing }) {
  const equal = config.weights === "equal";
  const many = used > 1;
  const density =
    kind === "coins"
      ? coinDensity
      : (k) =>
          row(mi("N"), mo("("), sub("x", "i"), mo(";"), sub("\u03bc", k), mo(","), spread(many, config, k), mo(")"));
  const weight = (k) => row(sub("w", k), density(k));
  const e = row(resp(), mo("="), frac(weight("k"), row(sum("j"), weight("j"))));
  const m = kind === "coins" ? coinUpdates() : normalUpdates(many, config);
  const shares = row(sub("w", "k"), mo("="), frac(row(sum("i"), resp()), mi("n")));
  return [
    { name: "E", words: eWords(kind), formulas: [e] },
    { name: "M", words: `${mWords(kind, equal)}${missingWords(missing)}`, formulas: equal ? m : [...m, shares] },
  ];
}

function eWords(kind) {
  const rows = kind === "coins" ? "set of tosses" : "row";
  return `Guess whose each ${rows} is: the membership of row i in component k is that component's share of all its density there.`;
}

function mWords(kind, equal) {
  const own = kind === "coins" ? "each coin's heads by its tosses" : "ordinary means and spreads";
  const weights = equal ? "The weights stay equal." : "The weights are the average memberships.";
  return `Estimate as if the memberships were known: ${own}, every row counted by its membership. ${weights}`;
}

/** What the formulas leave out where cells are missing. */
function missingWords(missing) {
  if (!missing?.rows) return "";
  const [lack, they] = missing.rows === 1 ? ["row lacks", "it"] : ["rows lack", "each"];
  const whole = `${missing.rows} ${lack} a cell: there ${they} counts with the values expected of the missing cells, and with their spread, in each component.`;
  if (!missing.empty) return ` ${whole}`;
  const none = missing.empty === 1 ? "1 row has" : `${missing.empty} rows have`;
  return ` ${whole} ${none} no cell at all, and the weights as memberships; n counts such rows as well.`;
}

function coinDensity(k) {
  const theta = () => sub("\u03b8", k);
  return row(
    sup(theta(), sub("h", "i")),
    sup(row(mo("("), math("mn", {}, "1"), mo("\u2212"), theta(), mo(")")), sub("t", "i")),
  );
}

function coinUpdates() {
  const tosses = row(mo("("), sub("h", "i"), mo("+"), sub("t", "i"), mo(")"));
  return [row(sub("\u03b8", "k"), mo("="), frac(row(sum("i"), resp(), sub("h", "i")), row(sum("i"), resp(), tosses)))];
}

function spread(many, config, k) {
  const shared = config.shape === "tied";
  if (many) return shared ? mi("\u03a3") : sub("\u03a3", k);
  return square(shared ? mi("\u03c3") : sub("\u03c3", k));
}

function normalUpdates(many, config) {
  const mean = row(sub("\u03bc", "k"), mo("="), perMass(sub("x", "i")));
  const scatter = () => (many ? row(minus(), sup(minus(), "T")) : square(minus()));
  const left = spread(many, config, "k");
  if (config.shape === "tied")
    return [mean, row(left, mo("="), frac(row(sum("i"), sum("k"), resp(), scatter()), mi("n")))];
  if (!many || config.shape === "full") return [mean, row(left, mo("="), perMass(scatter()))];
  if (config.shape === "diag") return [mean, row(left, mo("="), mi("diag"), perMass(scatter()))];
  const norm = square(row(mo("\u2016"), sub("x", "i"), mo("\u2212"), sub("\u03bc", "k"), mo("\u2016")));
  return [mean, row(left, mo("="), frac(math("mn", {}, "1"), mi("d")), perMass(norm), mi("I"))];
}

/** Each component's own symbol in its colour, with the value that it has now. */
export function legend({ scene, frame }) {
  const items = scene.names.map((name, j) => {
    const symbol = scene.kind === "coins" ? "\u03b8" : "\u03bc";
    const own = math("math", { class: "own", vars: {} }, sub(symbol, name.split(" ").at(-1)));
    own.style.setProperty("--c", scene.colours[j]);
    const values = scene.kind === "coins" ? [frame.coins.bias[j]] : frame.means[j];
    const told = values.map((value) => number(value)).join(", ");
    const weight = `weight ${number(frame.weights[j], 4)}`;
    return h(
      "li",
      {},
      own,
      ` = ${values.length > 1 ? `(${told})` : told}`,
      h("span", { class: "quiet" }, `  ${name}, ${weight}`),
    );
  });
  return h("ul", { class: "legend-list" }, items);
}

export function formulaBody(state) {
  const { kind, columns, missing } = state.scene;
  const used = columns.filter(({ used: own }) => own).length;
  const parts = steps({ kind, config: state.frame.config, used, missing }).map(({ name, words, formulas }) =>
    h(
      "section",
      {},
      h("h3", {}, h("kbd", {}, name), "-step"),
      h("p", {}, words),
      formulas.map((formula) => h("div", { class: "formula" }, math("math", { display: "block" }, formula))),
    ),
  );
  return [...parts, h("h3", {}, "Now"), legend(state)];
}
