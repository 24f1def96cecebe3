// The left side: who you are, your rooms with their unread marks, and everybody you can be. People
// and rooms are links, so that one can be opened in a tab of its own.

import { avatar, byId, el, icon } from "./dom.js";
import { markSeen, unread } from "./seen.js";
import { address, here, me, onChange, openRoom } from "./store.js";
import { count, roleWord, rolesWord } from "./words.js";

const ROLES = ["worker", "rep", "organiser", "moderator"];

let peopleShown = null;
let roomsShown = "";

function personLink(person) {
  return el("li", {}, el("a", {
    class: "person", href: address(person.id), "data-persona": person.id, "data-role": person.role,
  }, avatar(person.name), el("span", { class: "name", dir: "auto" }, person.name)));
}

function showPeople() {
  if (peopleShown !== here.people) {
    peopleShown = here.people;
    const roles = [...new Set([...ROLES, ...here.people.map((person) => person.role)])];
    const groups = roles.flatMap((role) => {
      const people = here.people.filter((person) => person.role === role);
      if (!people.length) return [];
      const heading = `people-${role}`;
      return [
        el("h3", { id: heading }, rolesWord(role)),
        el("ul", { "aria-labelledby": heading }, ...people.map(personLink)),
      ];
    });
    byId("people-list").replaceChildren(...groups);
  }
  for (const link of byId("people-list").querySelectorAll("a")) {
    if (link.dataset.persona === here.as) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function showYou() {
  const person = me();
  const you = byId("you");
  you.hidden = !person;
  byId("people-heading").textContent = person ? "Be somebody else" : "Pick a person";
  if (!person || you.dataset.person === person.id) return;
  you.dataset.person = person.id;
  you.replaceChildren(avatar(person.name), el("p", {},
    el("span", { class: "unseen" }, "You are "),
    el("strong", { dir: "auto" }, person.name),
    el("span", { class: "unseen" }, ", "),
    el("span", { class: "role" }, roleWord(person.role))));
}

function roomLink(room, direct) {
  return el("li", {}, el("a", {
    class: "room-link", href: address(here.as, room.id), "data-room": room.id,
  }, icon(direct ? "direct" : "room"),
  el("span", { class: "name", dir: "auto" }, room.name),
  el("span", { class: "badge", hidden: true })));
}

// Rooms by space, in the order they came. The last room is the person's direct one.
function roomGroups(rooms) {
  const spaces = [...new Set(rooms.slice(0, -1).map((room) => room.space ?? ""))];
  const groups = spaces.map((space) => [
    space || "Rooms", rooms.slice(0, -1).filter((room) => (room.space ?? "") === space),
  ]);
  groups.push(["Just you", rooms.slice(-1)]);
  return groups.flatMap(([name, members], at) => [
    el("h3", { id: `space-${at}`, dir: "auto" }, name),
    el("ul", { "aria-labelledby": `space-${at}` },
      ...members.map((room) => roomLink(room, name === "Just you" && at === groups.length - 1))),
  ]);
}

function mark(link, room) {
  const open = room.id === here.room;
  const waiting = open && !document.hidden ? 0 : unread(room);
  const badge = link.querySelector(".badge");
  badge.hidden = !waiting;
  badge.replaceChildren(String(Math.min(waiting, 99)) + (waiting > 99 ? "+" : ""),
    el("span", { class: "unseen" }, " unread"));
  link.classList.toggle("unread", waiting > 0);
  if (open) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
  return waiting;
}

function showRooms() {
  const rooms = here.state?.rooms ?? [];
  byId("rooms").hidden = !rooms.length;
  const shape = JSON.stringify([here.as, rooms.map(({ id, name, space }) => [id, name, space])]);
  if (shape !== roomsShown) {
    roomsShown = shape;
    const focused = document.activeElement?.closest?.("#room-list [data-room]")?.dataset.room;
    byId("room-list").replaceChildren(...(rooms.length ? roomGroups(rooms) : []));
    const again = [...byId("room-list").querySelectorAll("a")];
    again.find((link) => link.dataset.room === focused)?.focus();
  }
  const links = [...byId("room-list").querySelectorAll("a")];
  let all = 0;
  for (const room of rooms) {
    all += mark(links.find((link) => link.dataset.room === room.id), room);
  }
  return all;
}

function show() {
  const room = openRoom();
  if (room && !document.hidden) markSeen(room);
  showPeople();
  showYou();
  const waiting = showRooms();
  const name = me()?.name;
  document.title = (waiting ? `(${waiting}) ` : "") + (name ? `${name} – ` : "")
    + "Groundswell sandbox";
  byId("elsewhere").hidden = !waiting;
  byId("open-side").setAttribute("aria-label", "People and rooms"
    + (waiting ? `, ${count(waiting, "unread message", "unread messages")}` : ""));
}

export function start() {
  onChange(show);
  document.addEventListener("visibilitychange", show);
}
