// Where you write. Sends a message or a command as typed, and offers the commands while the text is
// still the beginning of one. Text that could not be sent stays where it is.

import * as api from "./api.js";
import { byId, el, isOff, setBusy } from "./dom.js";
import { alert, announce } from "./notices.js";
import { nextIsMine } from "./room.js";
import { here, onChange, openRoom, refresh } from "./store.js";
import { count } from "./words.js";

const drafts = new Map();
let draftKey = "";
let offered = [];
let active = 0;
let wanted = false;

const box = () => byId("say");
const bare = (name) => name.replace(/^\//, "");

function close() {
  offered = [];
  byId("completion").hidden = true;
  box().removeAttribute("aria-activedescendant");
}

function activate(index) {
  active = (index + offered.length) % offered.length;
  [...byId("completion").children].forEach((option, at) => {
    option.setAttribute("aria-selected", at === active ? "true" : "false");
    if (at === active) option.scrollIntoView({ block: "nearest" });
  });
  box().setAttribute("aria-activedescendant", `command-${active}`);
}

function complete() {
  box().value = `/${bare(offered[active].name)} `;
  close();
  box().focus();
}

function offer() {
  const typed = /^\/(\S*)$/.exec(box().value);
  const before = offered.length;
  offered = typed
    ? (here.state?.commands ?? []).filter(({ name }) =>
      bare(name).startsWith(typed[1].toLowerCase()))
    : [];
  if (!offered.length) {
    close();
    return;
  }
  const options = offered.map(({ name, summary }, at) => el("li", {
    role: "option", id: `command-${at}`, "data-command": bare(name), "aria-selected": "false",
    click: () => {
      activate(at);
      complete();
    },
  }, el("strong", {}, `/${bare(name)}`), el("span", { dir: "auto" }, summary)));
  byId("completion").replaceChildren(...options);
  byId("completion").hidden = false;
  activate(0);
  if (before !== offered.length) {
    announce(`${count(offered.length, "command", "commands")}. Up and Down to choose.`);
  }
}

function keydown(event) {
  if (event.isComposing) return;
  if (offered.length) {
    const exact = box().value === `/${bare(offered[active].name)}`;
    const act = {
      ArrowDown: () => activate(active + 1),
      ArrowUp: () => activate(active - 1),
      Tab: event.shiftKey ? undefined : complete,
      Enter: exact || event.shiftKey ? undefined : complete,
      Escape: close,
    }[event.key];
    if (act) {
      event.preventDefault();
      event.stopPropagation();
      act();
      return;
    }
  }
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    send();
  }
}

async function send() {
  const text = box().value.trim();
  const button = byId("send");
  if (!text || isOff(button) || !openRoom()) return;
  close();
  setBusy(button, true);
  box().readOnly = true;
  const key = draftKey;
  try {
    await api.say(here.as, here.room, text);
    nextIsMine();
    drafts.delete(key);
    if (draftKey === key) box().value = "";
    await refresh();
  } catch (failure) {
    if (!(failure instanceof api.Failure)) throw failure;
    alert(failure.message);
  } finally {
    setBusy(button, false);
    box().readOnly = false;
  }
}

// Half-written words stay with the person and the room they were written for.
function show() {
  const room = openRoom();
  byId("composer").hidden = !room;
  if (!room) return;
  const key = JSON.stringify([here.as, room.id]);
  if (wanted) box().focus();
  wanted = false;
  if (key === draftKey) return;
  if (box().value) drafts.set(draftKey, box().value);
  else drafts.delete(draftKey);
  draftKey = key;
  box().value = drafts.get(key) ?? "";
  box().placeholder = "Write, or type /";
  close();
}

// Whoever picks a person or a room goes on by writing there: no click more. On a phone that would
// bring the keyboard up, so there it waits for the finger.
function picked(event) {
  const link = event.target.closest?.("a[data-persona], a[data-room]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (matchMedia("(pointer: coarse)").matches) return;
  wanted = true;
  if (link.href === location.href) show();
}

export function start() {
  onChange(show);
  document.addEventListener("click", picked);
  box().addEventListener("input", offer);
  box().addEventListener("keydown", keydown);
  box().addEventListener("blur", close);
  // Choosing with the mouse must not take the focus out of the text.
  byId("completion").addEventListener("mousedown", (event) => event.preventDefault());
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
}
