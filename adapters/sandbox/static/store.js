// Knows who you are here, which room is open and what the server last said. It is the only module
// that asks for the state, one request at a time, and it never changes anything on the server.

import * as api from "./api.js";
import { ready } from "./guide.js";
import { alert, lost } from "./notices.js";

export const here = { people: [], as: null, room: null, state: null };

const RETRY_MS = 2000;

const watchers = [];
let flight = null;
let next = null;
let retry = 0;

export const onChange = (watcher) => watchers.push(watcher);

export const me = () => here.people.find((person) => person.id === here.as) ?? null;
export const openRoom = () => here.state?.rooms.find((room) => room.id === here.room) ?? null;

// A person's direct room comes last.
export const isDirect = (room) => here.state.rooms.at(-1) === room;

export function address(as, room = null) {
  const parts = new URLSearchParams({ as });
  if (room) parts.set("room", room);
  return `./#${parts}`;
}

function tell() {
  for (const watcher of watchers) watcher();
}

function settleRoom() {
  if (!here.state) return;
  const { rooms } = here.state;
  if (!rooms.some((room) => room.id === here.room)) here.room = rooms[0]?.id ?? null;
}

async function fetchState() {
  const as = here.as;
  if (!as) return;
  try {
    const state = await api.state(as);
    if (here.as !== as) return;
    here.state = state;
    lost(false);
    settleRoom();
    tell();
  } catch (failure) {
    if (!(failure instanceof api.Failure)) throw failure;
    if (here.as !== as) return;
    if (failure.status === 404) leave(failure.message);
    else again();
  }
}

function again() {
  lost(true);
  retry ||= setTimeout(() => {
    retry = 0;
    refresh();
  }, RETRY_MS);
}

// Resolves once a state that was asked for after this call is on the page.
export function refresh() {
  if (!flight) {
    flight = fetchState().finally(() => { flight = null; });
    return flight;
  }
  next ??= flight.then(() => {
    next = null;
    return refresh();
  });
  return next;
}

function leave(sentence) {
  alert(sentence);
  history.replaceState(null, "", location.pathname);
  here.as = here.room = here.state = null;
  tell();
}

function follow() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const as = parts.get("as");
  if (as !== here.as) {
    here.as = as;
    here.state = null;
  }
  here.room = parts.get("room");
  settleRoom();
  tell();
  if (as) refresh();
}

// Be somebody, in one of their rooms; resolves once it is on the page.
export async function become(as, room) {
  if (here.as !== as || here.room !== room) history.pushState(null, "", address(as, room));
  follow();
  await refresh();
}

export async function start() {
  for (;;) {
    try {
      here.people = await api.personas();
      tell();
      await ready(tell);
      break;
    } catch (failure) {
      if (!(failure instanceof api.Failure)) throw failure;
      lost(true);
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }
  lost(false);
  addEventListener("hashchange", follow);
  follow();
}
