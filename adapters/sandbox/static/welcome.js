// What a room shows while it has no messages: three steps for a first visit, and before anybody was
// picked, one person of each role to start as.

import { avatar, byId, el, icon } from "./dom.js";
import { address, here, me } from "./store.js";
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

export function showEmpty(room) {
  const empty = byId("empty");
  const isEmpty = !here.as || (room && room.messages.length === 0);
  empty.hidden = !isEmpty;
  const key = JSON.stringify([here.as, room?.id ?? null, here.people.length]);
  if (!isEmpty || drawn === key) return;
  drawn = key;
  const name = me()?.name;
  empty.replaceChildren(
    el("span", { class: "mark big" }, icon("wave")),
    el("h2", {}, name ? "Nobody has spoken here yet" : "Try Groundswell on your own machine"),
    el("p", { class: "soft" }, name
      ? "Three short steps show you how it works."
      : "This is a small chat with made-up people. Be any of them, and see what each one sees."),
    steps(name), ...(name ? [] : [starts()]));
}
