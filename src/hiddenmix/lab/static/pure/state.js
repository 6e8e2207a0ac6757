/** What is on the screen, as a readable URL fragment, and back. No DOM. */

const LISTS = ["use", "labels", "show"];
const WHOLE = ["k", "seed", "at"];
const WORDS = ["data", "shape", "weights", "start"];
const ORDER = ["data", "use", "labels", "k", "shape", "weights", "start", "seed", "show", "at", "moves"];

/** The fragment, "#" included, of a configuration and of how it is looked at: {reveal, axis, digits}. */
export function toHash(config, view = {}) {
  const parts = [];
  for (const key of ORDER) {
    const value = config[key];
    if (value === undefined || value === null || (key === "moves" && value.length === 0)) continue;
    parts.push(`${key}=${written(key, value)}`);
  }
  if (view.reveal) parts.push(`reveal=${name(view.reveal)}`);
  if (view.axis) parts.push(`axis=${name(view.axis)}`);
  if (view.digits) parts.push("digits=10");
  return `#${parts.join("&")}`;
}

/** {config, view, token} of a fragment; config is null where it names no data. What cannot be read is left out. */
export function fromHash(hash) {
  const found = {};
  for (const part of hash.replace(/^#/, "").split("&")) {
    const cut = part.indexOf("=");
    if (cut > 0) found[part.slice(0, cut)] = part.slice(cut + 1);
  }
  const config = {};
  for (const key of ORDER) {
    const value = found[key] === undefined ? undefined : read(key, found[key]);
    if (value !== undefined) config[key] = value;
  }
  const view = {
    reveal: plain(found.reveal ?? "") || null,
    axis: plain(found.axis ?? "") || null,
    digits: found.digits === "10",
  };
  return { config: config.data ? config : null, view, token: found.token ? plain(found.token) : null };
}

/** Whether two configurations are the same run of EM, wherever in it they stand. */
export function sameRun(a, b) {
  const key = (config) => toHash({ ...config, at: undefined });
  return key(a) === key(b);
}

function written(key, value) {
  if (LISTS.includes(key)) return value.map(name).join(",");
  if (key === "moves") return value.map(writtenMove).join(";");
  return name(String(value));
}

function writtenMove({ at, component, to }) {
  const places = Object.entries(to).map(([column, value]) => `${name(column)}:${value}`);
  return `${at}/${component}/${places.join(",")}`;
}

function read(key, text) {
  if (LISTS.includes(key)) return text === "" ? [] : kept(text.split(",").map(plain));
  if (WHOLE.includes(key)) return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  if (WORDS.includes(key)) return plain(text);
  return kept(text.split(";").map(readMove));
}

function readMove(text) {
  const [at, component, places] = text.split("/");
  if (!/^\d+$/.test(at) || !/^\d+$/.test(component ?? "") || !places) return undefined;
  const to = [];
  for (const place of places.split(",")) {
    const cut = place.lastIndexOf(":");
    const column = plain(place.slice(0, cut));
    const value = Number(place.slice(cut + 1));
    if (cut < 0 || column === undefined || !Number.isFinite(value)) return undefined;
    to.push([column, value]);
  }
  return { at: Number(at), component: Number(component), to: Object.fromEntries(to) }; // also of "__proto__"
}

/** A name with everything escaped that separates names; an empty one is "~". */
function name(text) {
  return text === "" ? "~" : encodeURIComponent(text).replace(/~/g, "%7E");
}

function plain(text) {
  try {
    return text === "~" ? "" : decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function kept(values) {
  return values.includes(undefined) ? undefined : values;
}
