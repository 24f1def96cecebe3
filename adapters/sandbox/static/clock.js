// The clock's panel: what time it is in the sandbox, what is due, and buttons that move time on.
// Everything due on the way happens on the server; this page only waits for it, and lists which
// moments came. The list is the clock's, not anybody's: it stays when another person is picked.

import * as api from "./api.js";
import { byId, el, isOff, setBusy } from "./dom.js";
import { alert } from "./notices.js";
import { here, onChange, refresh } from "./store.js";
import { ahead, cameWord, dueWord, moment } from "./words.js";

const SHOWN = 4;
const CAME_SHOWN = 8;
const TICK_MS = 10000;
const SLOW_MS = 5000;

const MOVES = [
  ["slot", { until: "slot" }],
  ["deadline", { until: "deadline" }],
  ["digest", { until: "digest" }],
  ["close", { until: "close" }],
  ["+1 hour", { advance: "PT1H" }],
  ["+1 day", { advance: "P1D" }],
  ["+1 week", { advance: "P7D" }],
];

let said = null;
let saidAt = 0;
const parts = {};

function tick() {
  const now = moment(said, performance.now() - saidAt);
  if (!now) {
    parts.day.textContent = said ?? "";
    parts.time.textContent = parts.zone.textContent = "";
    return;
  }
  parts.day.textContent = now.day;
  parts.time.textContent = now.time;
  parts.zone.textContent = now.zone;
}

function dueLine({ at, what }) {
  const when = moment(at);
  const now = moment(said);
  return el("li", { "data-due": what },
    el("span", { class: "what" }, dueWord(what)),
    el("span", { class: "when" }, when
      ? `${when.shortDay}, ${when.time}${now ? `, ${ahead(now.ms, when.ms)}` : ""}`
      : at));
}

function cameLine({ at, what }) {
  const when = moment(at);
  return el("li", { "data-came": what },
    el("span", { class: "what" }, cameWord(what)),
    el("span", { class: "when" }, when ? `${when.shortDay}, ${when.time}` : at));
}

// The newest moments last, as they came. A way without any leaves no list behind.
function showCame(came) {
  const lines = came.slice(-CAME_SHOWN).map(cameLine);
  if (came.length > CAME_SHOWN) {
    lines.unshift(el("li", { class: "soft" }, "Earlier ones are left out here."));
  }
  parts.came.replaceChildren(...lines);
  parts.came.hidden = parts.cameHeading.hidden = !came.length;
}

function show() {
  const state = here.state;
  byId("clock-none").hidden = Boolean(state);
  byId("clock-body").hidden = !state;
  if (!state) return;
  said = state.now;
  saidAt = performance.now();
  tick();
  const due = (state.due ?? []).slice(0, SHOWN);
  parts.due.replaceChildren(...due.map(dueLine));
  parts.due.hidden = !due.length;
  parts.none.hidden = due.length > 0;
}

async function move(button, step) {
  const buttons = [...parts.moves.querySelectorAll("button")];
  if (isOff(button)) return;
  for (const other of buttons) other.setAttribute("aria-disabled", "true");
  setBusy(button, true);
  parts.working.classList.add("on");
  parts.status.textContent = "Moving the clock. Everything due on the way happens first.";
  const slow = setTimeout(() => {
    parts.status.textContent = "Still moving the clock. A long way takes a little while.";
  }, SLOW_MS);
  try {
    const before = moment(said);
    const { now, came } = await api.clock(step);
    await refresh();
    showCame(came);
    const after = moment(now);
    // The clock also runs by itself, so "not moved" is less than a minute on.
    const stood = step.until && before && after && after.ms - before.ms < 60000;
    parts.status.textContent = stood
      ? "Nothing of that kind is due. The clock has not moved."
      : [
        `It is now ${after ? `${after.day}, ${after.time} ${after.zone}`.trim() : now}.`,
        came.length ? "What happened on the way is listed below." : "Nothing was due on the way.",
      ].join(" ");
  } catch (failure) {
    if (!(failure instanceof api.Failure)) throw failure;
    parts.status.textContent = "The clock could not be moved.";
    alert(failure.message);
  } finally {
    clearTimeout(slow);
    parts.working.classList.remove("on");
    for (const other of buttons) setBusy(other, false);
  }
}

function moveButton([label, step]) {
  return el("button", {
    type: "button", class: "button plain small", "data-clock": step.until ?? step.advance,
    click: (event) => move(event.currentTarget, step),
  }, el("span", {}, step.until && "Next ", label));
}

export function start() {
  parts.day = el("span", { class: "day" });
  parts.time = el("span");
  parts.zone = el("span", { class: "zone" });
  parts.due = el("ol", { class: "due", "aria-labelledby": "due-heading" });
  parts.none = el("p", { class: "soft" }, "Nothing is due.");
  parts.working = el("div", { class: "working", "aria-hidden": "true" }, el("span"));
  parts.status = el("p", { class: "status", role: "status" });
  parts.cameHeading = el("h3", { id: "came-heading", hidden: true }, "What happened");
  parts.came = el("ol", { class: "due came", "aria-labelledby": "came-heading", hidden: true });
  parts.moves = el("div", { class: "moves", role: "group", "aria-label": "Move the clock" },
    el("div", { class: "untils" }, ...MOVES.filter(([, step]) => step.until).map(moveButton)),
    el("div", { class: "steps-on" }, ...MOVES.filter(([, step]) => step.advance).map(moveButton)));
  byId("clock-body").append(
    el("p", { class: "now", "data-now": true },
      el("span", { class: "time" }, parts.time, " ", parts.zone), parts.day),
    // The buttons stand above the lists, which grow and shrink: they stay under the pointer.
    el("h3", {}, "Move the clock"), parts.moves, parts.working, parts.status,
    el("h3", { id: "due-heading" }, "Due next"), parts.due, parts.none,
    parts.cameHeading, parts.came);
  onChange(show);
  setInterval(() => {
    if (said) tick();
  }, TICK_MS);
}
