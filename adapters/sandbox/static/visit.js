// Puts you into somebody's shoes at the right place: their room, and the card that is meant there. A
// command that brings the card is typed for them, through the same door as any other.

import * as api from "./api.js";
import { alert } from "./notices.js";
import { become, here, refresh } from "./store.js";

const room = (stop) => here.state?.rooms.find(({ id }) => id === stop.room);

const isMeant = ({ at }, message) => (at === "picture"
  ? Boolean(message.image)
  : message.buttons.some(({ id }) => id.split(":")[0] === at));

export const find = (stop) => room(stop)?.messages.findLast((one) => isMeant(stop, one));

export const isThere = (stop) => here.as === stop.as && here.room === stop.room;

// Resolves to the card, or to nothing where there is none.
export async function visit(stop) {
  await become(stop.as, stop.room);
  const newest = room(stop)?.messages.at(-1);
  if (stop.typed && !(newest && isMeant(stop, newest)) && isThere(stop)) {
    try {
      await api.say(stop.as, stop.room, stop.typed);
    } catch (failure) {
      if (!(failure instanceof api.Failure)) throw failure;
      alert(failure.message);
    }
    await refresh();
  }
  return find(stop);
}
