// What the server offers a first visit: how far its story is, three starts and a tour, in the words
// of the visitor's language. It shows nothing itself.

import * as api from "./api.js";

const KEY = "groundswell.language";
const LOOK_MS = 250;

export const guide = {
  words: {}, starts: [], stops: [], language: "en", languages: [],
  story: { told: 0, weeks: 0, over: false },
};

async function ask() {
  const wanted = [localStorage.getItem(KEY), ...navigator.languages].filter(Boolean);
  Object.assign(guide, await api.tour(wanted.join(",")));
}

export async function speak(language) {
  localStorage.setItem(KEY, language);
  await ask();
}

// Resolves once the story is over, which is at once where none is told; `looked` is called whenever
// there may be something new to show.
export async function ready(looked) {
  await ask();
  for (;;) {
    guide.story = await api.story();
    if (guide.story.over) break;
    looked();
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
  if (guide.story.weeks) await ask();
}
