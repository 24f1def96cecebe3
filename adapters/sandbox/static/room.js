// The open room: shows its messages by id, changing only those that changed, so that focus and
// scrolling survive. It follows the newest message unless you are reading back.

import * as api from "./api.js";
import { byId, el, setBusy } from "./dom.js";
import { followsOn, messageItem } from "./message.js";
import { alert, announce } from "./notices.js";
import { here, isDirect, me, onChange, openRoom, refresh } from "./store.js";
import { count } from "./words.js";
import { showEmpty } from "./welcome.js";

const NEAR_END = 48;
const SPOKEN_MESSAGES = 3;
const SPOKEN_LETTERS = 300;

const ABOVE = 12;

const shown = new Map();
const pressed = new Map();
let shownRoom = "";
let following = true;
let lastTop = 0;
let waiting = 0;
let mineNext = false;
let looked = null;
let lookedEnd = false;
let held = false;

const scroller = () => byId("messages");

// A room without messages shows its first steps, and those start at the top.
function toEnd() {
  scroller().scrollTop = shown.size ? scroller().scrollHeight : 0;
}

// Only scrolling up is reading back: a window that got smaller is not.
function watchScroll() {
  const box = scroller();
  if (box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END) following = true;
  else if (box.scrollTop < lastTop) following = false;
  lastTop = box.scrollTop;
  if (following) waiting = 0;
  showNewer();
}

function toLooked() {
  const item = shown.get(looked)?.item;
  if (!item) return;
  const [card, box] = [item.getBoundingClientRect(), scroller().getBoundingClientRect()];
  const end = lookedEnd && card.height > box.height;
  scroller().scrollTop += end ? card.bottom - box.bottom + ABOVE : card.top - box.top - ABOVE;
}

// Shows one card, outlined, until you scroll on yourself; null for none any more. From its top,
// unless it is too tall and what matters stands at its end.
export function lookAt(id, end = false) {
  looked = id;
  lookedEnd = end;
  for (const [one, { item }] of shown) item.classList.toggle("meant", one === id);
  if (!shown.has(id)) return;
  following = false;
  held = true;
  toLooked();
  lastTop = scroller().scrollTop;
  showNewer();
}

function showNewer() {
  const button = byId("newer");
  button.hidden = (following || held) && waiting === 0;
  button.lastElementChild.textContent = waiting
    ? count(waiting, "new message", "new messages")
    : "To the newest";
}

function showBusy(item, messageId) {
  const id = pressed.get(messageId);
  for (const button of item.querySelectorAll("[data-button]")) {
    setBusy(button, false);
    if (id !== undefined) button.setAttribute("aria-disabled", "true");
    if (button.dataset.button === id) setBusy(button, true);
  }
}

async function press(message, button) {
  if (pressed.has(message.id)) return;
  pressed.set(message.id, button);
  showBusy(shown.get(message.id).item, message.id);
  try {
    await api.press(here.as, message.id, button);
    mineNext = true;
  } catch (failure) {
    if (!(failure instanceof api.Failure)) throw failure;
    alert(failure.message);
  }
  await refresh();
  pressed.delete(message.id);
  const still = shown.get(message.id);
  if (still) showBusy(still.item, message.id);
}

// A card whose buttons went away hands its focus to itself, so that the keyboard keeps its place.
function replace(old, item) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const id = focused?.dataset.button;
  old.replaceWith(item);
  if (!focused) return;
  const buttons = [...item.querySelectorAll("[data-button]")];
  (buttons.find((button) => button.dataset.button === id) ?? item).focus({ preventScroll: true });
}

function place(message, before) {
  const json = JSON.stringify(message);
  const known = shown.get(message.id);
  let item = known?.item;
  if (known?.json !== json) {
    item = messageItem(message, here.people, here.as, press);
    showBusy(item, message.id);
    if (known) replace(known.item, item);
    shown.set(message.id, { json, item });
  }
  item.classList.toggle("follows-on", followsOn(message, before));
  item.classList.toggle("meant", message.id === looked);
  return item;
}

// Returns the messages that were not on the page before.
function showMessages(messages) {
  const list = byId("message-list");
  const fresh = messages.filter((message) => !shown.has(message.id));
  const ids = new Set(messages.map((message) => message.id));
  for (const [id, { item }] of shown) {
    if (ids.has(id)) continue;
    if (item.contains(document.activeElement)) scroller().focus({ preventScroll: true });
    item.remove();
    shown.delete(id);
  }
  let last = null;
  messages.forEach((message, at) => {
    const item = place(message, messages[at - 1]);
    const there = last ? last.nextElementSibling : list.firstElementChild;
    if (item !== there) list.insertBefore(item, there);
    last = item;
  });
  return fresh;
}

// Spoken in the order they came; many at once are only counted.
function speak(fresh) {
  if (fresh.length > SPOKEN_MESSAGES) {
    announce(count(fresh.length, "new message", "new messages"));
    return;
  }
  announce(fresh.map(({ from, title, text, whisper }) => [
    `${from}${whisper ? ", only you see this" : ""}:`, title, text,
  ].filter(Boolean).join(" ").slice(0, SPOKEN_LETTERS)).join(" "));
}

// A new card taller than the window is shown from its top, where reading starts.
function follow(fresh) {
  const first = shown.get(fresh[0]?.id)?.item;
  const box = scroller();
  toEnd();
  if (!first) return;
  const above = first.getBoundingClientRect().top - box.getBoundingClientRect().top;
  if (above >= 0) return;
  box.scrollTop += above - ABOVE;
  following = false;
}

function showHead(room) {
  const name = room?.name ?? (here.as ? "Opening the room" : "Welcome");
  byId("room-name").textContent = name;
  const space = room && isDirect(room) ? "Only you and the bot" : room?.space ?? "";
  // The place first, which several rooms of one name need; who one is may be cut short.
  byId("room-space").replaceChildren(
    space, me() ? el("span", { class: "narrow-only" }, ` · You are ${me().name}`) : "");
  byId("room").dataset.room = room?.id ?? "";
}

function show() {
  const room = openRoom();
  const key = JSON.stringify([here.as, room?.id ?? null]);
  const changedRoom = key !== shownRoom;
  if (changedRoom) {
    shownRoom = key;
    shown.clear();
    byId("message-list").replaceChildren();
    following = true;
    held = false;
    waiting = 0;
  }
  showHead(room);
  const fresh = showMessages(room?.messages ?? []);
  showEmpty(room);
  if (changedRoom) toEnd();
  else if (fresh.length) {
    speak(fresh);
    if (following || mineNext) follow(fresh);
    else waiting += fresh.filter((message) => message.from !== me()?.name).length;
  }
  if (fresh.length) mineNext = false;
  showNewer();
}

export function nextIsMine() {
  mineNext = true;
}

export function start() {
  onChange(show);
  scroller().addEventListener("scroll", watchScroll, { passive: true });
  for (const act of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    scroller().addEventListener(act, () => {
      held = false;
      showNewer();
    }, { passive: true });
  }
  byId("newer").addEventListener("click", () => {
    toEnd();
    byId("say").focus();
  });
  byId("skip").addEventListener("click", () => byId("room-name").focus());
  // Pictures and a growing composer change the height after the scroll to the end.
  const size = new ResizeObserver(() => {
    if (following) toEnd();
    else if (held) toLooked();
  });
  size.observe(scroller());
  size.observe(byId("message-list"));
}
