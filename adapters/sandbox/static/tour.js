// The tour: a card above the messages, so that it never covers what it speaks of. It can be left and
// gone on with at any time; where it stands is remembered for this tab alone.

import { byId, el, icon, isOff, setBusy } from "./dom.js";
import { guide } from "./guide.js";
import { lookAt } from "./room.js";
import { here, onChange } from "./store.js";
import { find, isThere, visit } from "./visit.js";

const KEY = "groundswell.tour";
const CLOCK = "clock";

const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
let at = kept.at ?? 0;
let open = kept.open ?? false;
let drawn = "";
let loaded = false;

const stop = () => guide.stops[at];

function keep() {
  sessionStorage.setItem(KEY, JSON.stringify({ at, open }));
}

// What is meant is outlined: a card in its room, or the clock, or what opens it.
function mark() {
  const clock = open && stop()?.at === CLOCK && isThere(stop());
  byId("clock").classList.toggle("meant", clock);
  byId("open-panel").classList.toggle("meant", clock);
}

function button(id, look, words, act) {
  return el("button", {
    type: "button", id, class: `button small ${look}`,
    click: (event) => {
      if (!isOff(event.currentTarget)) act();
    },
  }, el("span", {}, words));
}

function draw() {
  const { words } = guide;
  const last = at === guide.stops.length - 1;
  const there = isThere(stop());
  byId("tour").setAttribute("aria-label", words.name);
  byId("tour").lang = guide.language;
  byId("tour").classList.toggle("elsewhere", !there);
  byId("tour").replaceChildren(
    el("div", { class: "tour-head" },
      el("p", { class: "tour-step" }, icon("wave"), stop().step),
      el("button", {
        type: "button", class: "icon-button", id: "tour-x", "aria-label": words.skip, click: leave,
      }, icon("close"))),
    el("h2", { id: "tour-title", tabindex: "-1", "aria-describedby": "tour-words" }, stop().title),
    el("p", { id: "tour-words", hidden: !there }, stop().words),
    el("div", { class: "tour-acts" },
      at > 0 && button("tour-back", "plain", words.back, () => go(at - 1)),
      !there && button("tour-here", "primary", words.here, () => go(at)),
      there && button("tour-next", "primary", last ? words.end : words.next,
        () => (last ? finish() : go(at + 1))),
      !(there && last) && button("tour-skip", "quiet", words.skip, leave)));
}

function show() {
  const some = guide.stops.length > 0;
  if (some && at >= guide.stops.length) at = 0;
  const begun = at > 0;
  byId("tour-open").hidden = !some || open || !here.as;
  byId("tour-open").lang = guide.language;
  byId("tour-open").lastElementChild.textContent = begun ? guide.words.resume : guide.words.begin;
  byId("tour").hidden = !some || !open;
  mark();
  if (!some || !open || !here.state) return;
  const key = JSON.stringify([at, guide.language, isThere(stop())]);
  if (key === drawn) return;
  drawn = key;
  again();
  const focused = document.activeElement?.id;
  draw();
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

// After the page was loaded anew what was meant is outlined again.
function again() {
  if (!loaded && isThere(stop())) lookAt(find(stop())?.id ?? null, stop().ends);
  loaded = true;
}

async function go(to) {
  at = to;
  open = true;
  keep();
  for (const one of byId("tour").querySelectorAll("button.primary")) setBusy(one, true);
  const meant = stop();
  const card = await visit(meant);
  if (stop() !== meant || !open) return;
  drawn = "";
  show();
  lookAt(card?.id ?? null, meant.ends);
  byId("tour-title").focus({ preventScroll: true });
}

function leave() {
  open = false;
  drawn = "";
  keep();
  show();
  lookAt(null);
  (byId("composer").hidden ? byId("room-name") : byId("say")).focus();
}

function finish() {
  at = 0;
  leave();
}

export const begin = () => go(at);

export function start() {
  onChange(show);
  byId("tour-open").addEventListener("click", begin);
  byId("tour").addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
  });
}
