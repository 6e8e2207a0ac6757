/** The lab's token: it comes with the printed address, leaves it at once, and is kept for all tabs of this address. */

import { fromHash, toHash } from "../pure/state.js";

const KEPT = "hiddenmix-token";

export function keptToken() {
  return localStorage.getItem(KEPT);
}

/** {config, view, token} of the address; a token is kept, and `shown`, or what else it says, takes its place. */
export function readAddress(shown = location.pathname) {
  const found = fromHash(location.hash);
  if (!found.token) return found;
  localStorage.setItem(KEPT, found.token);
  history.replaceState(null, "", found.config ? toHash(found.config, found.view) : shown);
  return found;
}

/** Call when another tab got a new token. */
export function onOtherToken(take) {
  addEventListener("storage", ({ key, newValue }) => key === KEPT && newValue && take());
}
