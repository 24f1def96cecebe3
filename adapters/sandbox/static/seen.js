// Remembers, for this tab alone, which messages each person has had before them, so that rooms can
// be marked unread. It keeps ids, never words.

import { me } from "./store.js";

const KEY = "groundswell.seen";
const seen = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");

export function unread(room) {
  const known = new Set(seen[me()?.id]?.[room.id]);
  const name = me()?.name;
  return room.messages.filter(({ id, from }) => !known.has(id) && from !== name).length;
}

export function markSeen(room) {
  if (!unread(room)) return;
  const mine = (seen[me().id] ??= {});
  mine[room.id] = room.messages.map(({ id }) => id);
  sessionStorage.setItem(KEY, JSON.stringify(seen));
}
