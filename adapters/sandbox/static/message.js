// Draws one message as a card or as plain words. It knows nothing of rooms, scrolling or the
// server: what a pressed button does is handed in.

import { avatar, botAvatar, el, icon, isOff } from "./dom.js";
import { roleWord } from "./words.js";

// The one form a receipt has; it is drawn so that it can be told apart and copied whole.
const RECEIPT = /([0-9A-HJKMNP-TV-Z]{7}(?:-[0-9A-HJKMNP-TV-Z]{7}){2})/;
const LONG_VALUE = 90;
const LONG_LABEL = 48;
const TONES = { good: "Good news", warning: "Please note", error: "Not done" };
const WEIGHTS = ["primary", "plain", "danger"];

async function copy(event, words) {
  const button = event.currentTarget;
  const label = button.querySelector("span");
  try {
    await navigator.clipboard.writeText(words);
    label.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(button.previousElementSibling);
    label.textContent = "Selected";
  }
}

function withReceipts(node, words) {
  words.split(RECEIPT).forEach((part, at) => {
    if (at % 2 === 0) return node.append(part);
    return node.append(el("span", { class: "receipt" },
      el("code", {}, part),
      el("button", { type: "button", class: "copy", click: (event) => copy(event, part) },
        icon("copy"), el("span", {}, "Copy"))));
  });
  return node;
}

function fieldPair({ label, value }) {
  const words = String(value ?? "");
  const long = words.length > LONG_VALUE || words.includes("\n") || label.length > LONG_LABEL;
  const said = long ? el("blockquote", { dir: "auto" }) : el("span", { dir: "auto" });
  return el("div", { class: long ? "pair long" : "pair" },
    el("dt", { dir: "auto" }, label), el("dd", {}, withReceipts(said, words)));
}

function picture({ url, alt }) {
  return el("figure", {},
    el("img", { src: url, alt }),
    alt && el("figcaption", {}, el("details", {},
      el("summary", {}, "This picture in words"), el("p", { dir: "auto" }, alt))));
}

function actions(message, press) {
  return el("div", { class: "actions", role: "group", "aria-label": message.title || "Actions" },
    ...message.buttons.map(({ id, label, weight }) => {
      const look = WEIGHTS.includes(weight) ? weight : "plain";
      return el("button", {
        type: "button", class: `button ${look}`, "data-button": id, "data-weight": look,
        click: (event) => {
          if (!isOff(event.currentTarget)) press(message, id);
        },
      }, look === "danger" && icon("warning"), el("span", { dir: "auto" }, label));
    }));
}

function card(message, press) {
  const { title, text, tone, fields, buttons, image } = message;
  return el("div", { class: "card" },
    title && el("h2", { class: "title", dir: "auto" },
      TONES[tone] && icon(tone),
      TONES[tone] && el("span", { class: "unseen" }, `${TONES[tone]}: `), title),
    text && withReceipts(el("p", { class: "text", dir: "auto" },
      !title && TONES[tone] && icon(tone),
      !title && TONES[tone] && el("span", { class: "unseen" }, `${TONES[tone]}: `)), text),
    image && picture(image),
    fields?.length > 0 && el("dl", { class: "fields" }, ...fields.map(fieldPair)),
    buttons?.length > 0 && actions(message, press));
}

const isCard = ({ title, tone, whisper, fields, buttons, image }) =>
  Boolean(title || whisper || image || fields?.length || buttons?.length || TONES[tone]);

// `people` are those who can speak here; anybody else is the bot. `press(message, button)`.
export function messageItem(message, people, myId, press) {
  const sender = people.find((person) => person.name === message.from);
  const mine = sender && sender.id === myId;
  const whisper = message.whisper
    && el("span", { class: "whisper-mark" }, icon("lock"), "Only you see this");
  const head = el("p", { class: "from" },
    el("strong", { dir: "auto" }, message.from),
    mine && el("span", { class: "tag" }, "you"),
    !sender && el("span", { class: "tag" }, "bot"),
    sender && !mine && sender.role !== "worker"
      && el("span", { class: "tag" }, roleWord(sender.role)),
    whisper);
  const body = isCard(message)
    ? card(message, press)
    : withReceipts(el("p", { class: "text", dir: "auto" }), message.text ?? "");
  return el("li", {
    class: message.whisper ? "message whisper" : "message",
    "data-message": message.id,
    "data-tone": message.tone ?? "plain",
    "data-whisper": message.whisper ? "true" : "false",
    tabindex: "-1",
  }, sender ? avatar(message.from) : botAvatar(), el("div", { class: "said" }, head, body));
}

// A message that is only words, from the sender of the one before, needs no second head.
export const followsOn = (message, before) =>
  Boolean(before) && before.from === message.from && !isCard(message) && !isCard(before);
