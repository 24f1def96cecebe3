// Says things beside the chat: the alert bar for failures, the line about a lost connection, and
// the quiet region that screen readers read. An alert stays until the person closes it.

import { byId, el, icon } from "./dom.js";

const ALERTS_SHOWN = 3;

export function alert(sentence) {
  const alerts = byId("alerts");
  for (const bar of alerts.children) {
    if (bar.firstElementChild.nextSibling.textContent === sentence) bar.remove();
  }
  const bar = el("div", { class: "bar error" }, icon("error"), el("p", {}, sentence));
  const close = el("button", {
    type: "button", class: "icon-button", "aria-label": "Close this message",
    click: () => {
      bar.remove();
      (byId("composer").hidden ? byId("room-name") : byId("say")).focus();
    },
  }, icon("close"));
  bar.append(close);
  alerts.append(bar);
  while (alerts.children.length > ALERTS_SHOWN) alerts.firstElementChild.remove();
}

export function announce(sentence) {
  byId("live").textContent = sentence;
}

export function lost(isLost) {
  const bar = byId("lost");
  const sentence = isLost ? "Connection lost. Trying again." : "";
  if (bar.textContent === sentence) return;
  bar.replaceChildren(...(isLost ? [icon("warning"), sentence] : []));
}
