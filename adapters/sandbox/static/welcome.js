// What a room shows while it has no messages, and what stands there before anybody was picked: where
// a story was told three starts and a tour through it, else three steps and one person of each role.

import { avatar, byId, el, icon, isOff, setBusy } from "./dom.js";
import { guide, speak } from "./guide.js";
import { lookAt } from "./room.js";
import { address, here, me } from "./store.js";
import * as tour from "./tour.js";
import { visit } from "./visit.js";
import { roleWord } from "./words.js";

let drawn = "";

const STARTS = ["worker", "rep", "organiser", "moderator"];

function step(title, words) {
  return el("li", {}, el("strong", {}, title), el("span", {}, words));
}

function steps(name) {
  return el("ol", { class: "steps" },
    step("Pick a person.", name
      ? `You are ${name}. Open a second tab to be somebody else as well.`
      : "Each tab can be another person."),
    step("Type /grievance.", "See how safe this place is, then write what happened."),
    step("Move the clock.", "Messages are delivered at fixed times. Jump to the next one."));
}

function starts() {
  const people = STARTS.map((role) => here.people.find((person) => person.role === role));
  return el("ul", { class: "starts" }, ...people.filter(Boolean).map((person) => el("li", {},
    el("a", { href: address(person.id), "data-persona": person.id },
      avatar(person.name),
      el("span", {}, el("strong", {}, `Be ${person.name}`), roleWord(person.role))))));
}

function isInSight(node) {
  return node.getBoundingClientRect().bottom < byId("messages").getBoundingClientRect().bottom;
}

// The card that a start leads to is where it goes on: its first button gets the focus.
async function take(button, road) {
  if (isOff(button)) return;
  setBusy(button, true);
  const card = await visit(road);
  lookAt(card?.id ?? null);
  const item = document.querySelector(`[data-message="${card?.id}"]`);
  const first = item?.querySelector("[data-button]");
  (first && isInSight(first) ? first : item ?? byId("say")).focus({ preventScroll: true });
}

function road(one) {
  const person = here.people.find(({ id }) => id === one.as);
  return el("li", {}, el("button", {
    type: "button", "data-start": one.id, click: (event) => take(event.currentTarget, one),
  }, avatar(person?.name ?? one.as),
  el("strong", {}, one.title), el("span", { class: "about" }, one.words)));
}

function languages() {
  const pick = el("select", {
    id: "tour-language",
    change: async (event) => {
      await speak(event.currentTarget.value);
      showEmpty(null);
      byId("tour-language").focus();
    },
  }, ...guide.languages.map(({ id, name }) => el("option", {
    value: id, lang: id, selected: id === guide.language,
  }, name)));
  return [el("label", { for: "tour-language" }, guide.words.language), pick];
}

function first() {
  const { words } = guide;
  const toured = guide.stops.length > 0;
  return [
    el("h2", {}, words.title),
    el("p", { class: "soft" }, words.lead),
    el("ul", { class: "roads" }, ...guide.starts.map(road)),
    toured ? el("div", { class: "first-acts" },
      el("button", {
        type: "button", class: "button primary", id: "tour-begin", click: tour.begin,
      }, icon("wave"), el("span", {}, words.begin)),
      el("span", { class: "languages" }, ...languages()))
      : el("div", { class: "first-acts" }, el("p", { class: "soft", id: "tour-gone" }, words.gone)),
  ];
}

function telling() {
  const { told, weeks } = guide.story;
  return [
    el("h2", {}, guide.words.title),
    el("p", { class: "soft" }, guide.words.lead),
    el("div", { class: "telling" },
      el("progress", { value: told, max: weeks, "aria-labelledby": "telling-words" }),
      el("p", { id: "telling-words", role: "status" }, guide.words.wait)),
  ];
}

function plain(name) {
  return [
    el("h2", {}, name ? "Nobody has spoken here yet" : "Try Groundswell on your own machine"),
    el("p", { class: "soft" }, name
      ? "Three short steps show you how it works."
      : "This is a small chat with made-up people. Be any of them, and see what each one sees."),
    steps(name), ...(name ? [] : [starts()]),
  ];
}

function parts(name) {
  if (name || !guide.starts.length) return plain(name);
  return guide.story.over ? first() : telling();
}

export function showEmpty(room) {
  const empty = byId("empty");
  const isEmpty = !here.as || (room && room.messages.length === 0);
  empty.hidden = !isEmpty;
  const key = JSON.stringify([here.as, room?.id ?? null, here.people.length, guide]);
  if (!isEmpty) drawn = "";
  if (!isEmpty || drawn === key) return;
  drawn = key;
  const name = me()?.name;
  if (name) empty.removeAttribute("lang");
  else empty.lang = guide.starts.length ? guide.language : "en";
  const bar = empty.querySelector("progress");
  if (bar && guide.starts.length && !guide.story.over) bar.value = guide.story.told;
  else empty.replaceChildren(el("span", { class: "mark big" }, icon("wave")), ...parts(name));
}
