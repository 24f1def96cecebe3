// Hears from the server that something changed, and asks for the new state. A tab in the background
// asks now and then instead: a browser allows six open connections, and each person may be a tab.

import * as api from "./api.js";
import { lost } from "./notices.js";
import { here, onChange, refresh } from "./store.js";

const GATHER_MS = 60;
const RETRY_MS = 2000;
const BACKGROUND_MS = 5000;
// The API promises an event, not its name.
const EVENT_NAMES = ["message", "change", "changed", "state"];

let source = null;
let listeningAs = null;
let gathering = 0;

function changed() {
  gathering ||= setTimeout(() => {
    gathering = 0;
    refresh();
  }, GATHER_MS);
}

function stop() {
  source?.close();
  source = null;
  listeningAs = null;
}

function listen() {
  const as = document.hidden ? null : here.as;
  if (as === listeningAs) return;
  stop();
  if (!as) return;
  listeningAs = as;
  const mine = api.events(as);
  source = mine;
  mine.onopen = () => {
    lost(false);
    changed();
  };
  for (const name of EVENT_NAMES) mine.addEventListener(name, changed);
  mine.onerror = () => {
    lost(true);
    // The browser tries again by itself, except when the answer was an error.
    if (mine.readyState !== EventSource.CLOSED) return;
    setTimeout(() => {
      if (source !== mine) return;
      stop();
      listen();
    }, RETRY_MS);
  };
}

export function start() {
  onChange(listen);
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", stop);
  addEventListener("pageshow", listen);
  setInterval(() => {
    if (document.hidden && here.as) refresh();
  }, BACKGROUND_MS);
}
