// The crowd's panel: lets many workers who are nobody here answer polls or file grievances through
// the same door as you. It says how many were done and how many refused, never who.

import * as api from "./api.js";
import { byId, el, isOff, setBusy } from "./dom.js";
import { alert } from "./notices.js";
import { refresh } from "./store.js";
import { count } from "./words.js";

const MOST = 500;
const ACTS = [
  ["pulse", "Answer polls", "answered"],
  ["grievances", "File grievances", "filed a grievance"],
];

const parts = {};

function outcome({ done, refused }, act) {
  if (!done && !refused) return "There was nothing for them to do.";
  const people = done ? `${count(done, "person", "people")} ${act}.` : `Nobody ${act}.`;
  return refused ? `${people} ${refused.toLocaleString("en-GB")} refused by the bot.` : people;
}

async function send(button, act, said) {
  if (isOff(button)) return;
  const many = Number(parts.many.value);
  const good = Number.isInteger(many) && many >= 1 && many <= MOST;
  parts.many.setAttribute("aria-invalid", good ? "false" : "true");
  if (!good) {
    parts.status.textContent = `Write a whole number from 1 to ${MOST}.`;
    parts.many.focus();
    return;
  }
  for (const other of parts.buttons) other.setAttribute("aria-disabled", "true");
  setBusy(button, true);
  parts.working.classList.add("on");
  parts.status.textContent = "They are on it.";
  try {
    const result = await api.crowd(act, many);
    await refresh();
    parts.status.textContent = outcome(result, said);
  } catch (failure) {
    if (!(failure instanceof api.Failure)) throw failure;
    parts.status.textContent = "The crowd could not be heard.";
    alert(failure.message);
  } finally {
    parts.working.classList.remove("on");
    for (const other of parts.buttons) setBusy(other, false);
  }
}

export function start() {
  parts.many = el("input", {
    id: "crowd-count", type: "number", min: "1", max: String(MOST), step: "1", value: "12",
    "aria-describedby": "crowd-status",
  });
  parts.status = el("p", { class: "status", id: "crowd-status", role: "status" });
  parts.working = el("div", { class: "working", "aria-hidden": "true" }, el("span"));
  parts.buttons = ACTS.map(([act, label, said]) => el("button", {
    type: "button", class: "button plain small", "data-crowd": act,
    click: (event) => send(event.currentTarget, act, said),
  }, el("span", {}, label)));
  byId("crowd").append(
    el("p", { class: "soft" }, "Let other workers act too. They are not among the people here."),
    el("div", { class: "crowd-row" },
      el("label", { for: "crowd-count" }, "How many"), parts.many),
    el("div", { class: "untils", role: "group", "aria-label": "What the crowd does" },
      ...parts.buttons),
    parts.working, parts.status);
}
