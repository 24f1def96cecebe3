// Turns the two sides into drawers where the window is too narrow to show them beside the room. The
// style sheet decides how narrow that is; here is only opening, closing and where the focus goes.

import { byId } from "./dom.js";

const DRAWERS = [["side", "open-side"], ["panel", "open-panel"]];

let openId = null;

function set(id) {
  openId = id;
  for (const [side, opener] of DRAWERS) {
    byId(side).classList.toggle("open", side === id);
    byId(side).inert = id !== null && side !== id;
    byId(opener).setAttribute("aria-expanded", side === id ? "true" : "false");
  }
  byId("room").inert = id !== null;
  byId("backdrop").hidden = id === null;
}

function closeDrawers() {
  const opener = DRAWERS.find(([side]) => side === openId)?.[1];
  if (!opener) return;
  set(null);
  byId(opener).focus();
}

export function start() {
  for (const [side, opener] of DRAWERS) {
    byId(opener).addEventListener("click", () => {
      set(side);
      byId(side).focus();
    });
    document.querySelector(`[data-close="${side}"]`).addEventListener("click", closeDrawers);
  }
  byId("backdrop").addEventListener("click", closeDrawers);
  byId("side").addEventListener("click", (event) => {
    if (event.target.closest("a")) closeDrawers();
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && openId) closeDrawers();
  });
  // An opener that the style sheet hides means there is room for its side again.
  addEventListener("resize", () => {
    const opener = DRAWERS.find(([side]) => side === openId)?.[1];
    if (opener && !byId(opener).getClientRects().length) set(null);
  });
}
