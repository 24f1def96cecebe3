// "What is stored of this": the rows that the database keeps for the case on your last card, as
// they are. It asks only while the panel is open, and explains rather than hides.

import * as api from "./api.js";
import { byId, el } from "./dom.js";
import { here, onChange } from "./store.js";
import { count } from "./words.js";

const LONG = 44;
const SHOWN = 16;

const ABOUT = "These are the real rows in the database for the case on this person's last card. "
  + "Sealed words look like noise: only the keys, which are kept apart, can open them.";
const EMPTY = "Nothing to show yet. File a grievance or open a case, and its rows appear here.";

const unfolded = new Set();
let drawn = "";
let asking = false;
let stale = false;

const isOpen = () => byId("stored-open").getAttribute("aria-expanded") === "true";

function valueOf(value, key) {
  if (value === null || value === undefined) return el("dd", { class: "nothing" }, "empty");
  const words = typeof value === "object" ? JSON.stringify(value) : String(value);
  if (words === "") return el("dd", { class: "nothing" }, "empty");
  if (words.length <= LONG) return el("dd", {}, el("code", {}, words));
  const details = el("details", {
    open: unfolded.has(key),
    toggle: (event) => unfolded[event.target.open ? "add" : "delete"](key),
  }, el("summary", {},
    el("code", {}, `${words.slice(0, SHOWN)}…`),
    el("span", { class: "length" }, count(words.length, "character", "characters"))),
  el("code", { class: "whole" }, words));
  return el("dd", {}, details);
}

function rowList(row, key) {
  return el("dl", { class: "row" }, ...Object.entries(row).map(([column, value]) =>
    el("div", {}, el("dt", {}, column), valueOf(value, `${key} ${column}`))));
}

function tableOf({ table, rows }) {
  return el("section", { class: "stored-table", "data-table": table },
    el("h3", {}, el("code", {}, table), el("span", {}, count(rows.length, "row", "rows"))),
    ...rows.map((row, at) => rowList(row, `${here.as} ${table} ${at}`)));
}

function draw(tables) {
  const filled = tables.filter(({ rows }) => rows.length);
  const json = JSON.stringify([here.as, filled]);
  if (json === drawn) return;
  drawn = json;
  byId("stored-body").replaceChildren(
    el("p", { class: "soft" }, ABOUT),
    ...(filled.length ? filled.map(tableOf) : [el("p", { class: "none" }, EMPTY)]));
}

async function load() {
  if (!isOpen()) return;
  if (!here.as) {
    draw([]);
    return;
  }
  stale = asking;
  if (asking) return;
  asking = true;
  const as = here.as;
  try {
    const tables = await api.stored(as);
    if (as === here.as) draw(tables);
  } catch (failure) {
    if (!(failure instanceof api.Failure)) throw failure;
    drawn = "";
    byId("stored-body").replaceChildren(el("p", { class: "none" }, failure.message));
  } finally {
    asking = false;
  }
  if (stale || as !== here.as) load();
}

export function start() {
  byId("stored-open").addEventListener("click", (event) => {
    const open = !isOpen();
    event.currentTarget.setAttribute("aria-expanded", open ? "true" : "false");
    byId("stored-body").hidden = !open;
    load().then(() => {
      if (open) byId("panel").scrollTop = byId("stored").offsetTop;
    });
  });
  onChange(load);
}
