// Talks to the sandbox's own JSON API. Every failure leaves here as a Failure with a sentence that
// can be shown as it is; nothing is retried here, and nothing is ever asked of another server.

const SILENT = "The sandbox did not answer. Check that it still runs, then try again.";
const BROKEN = "The sandbox could not do this. Try again in a moment.";

export class Failure extends Error {
  constructor(sentence, status = 0, errors = null) {
    super(sentence);
    this.status = status;
    this.errors = errors;
  }
}

async function ask(path, options) {
  let response;
  let words;
  try {
    response = await fetch(path, { cache: "no-store", ...options });
    words = await response.text();
  } catch {
    throw new Failure(SILENT);
  }
  let answer = null;
  try {
    answer = JSON.parse(words);
  } catch {
    if (response.ok) throw new Failure(BROKEN, response.status);
  }
  if (response.ok) return answer;
  throw new Failure(answer?.error ?? BROKEN, response.status, answer?.errors ?? null);
}

const about = (path, as) => ask(`${path}?as=${encodeURIComponent(as)}`);

const post = (path, body) =>
  ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });

export const story = () => ask("/api/story");
export const tour = (language) => ask(`/api/tour?language=${encodeURIComponent(language)}`);
export const personas = () => ask("/api/personas");
export const state = (as) => about("/api/state", as);
export const stored = (as) => about("/api/stored", as);
export const say = (as, room, text) => post("/api/say", { as, room, text });
export const press = (as, message, button) => post("/api/press", { as, message, button });
export const submit = (as, form, answers) => post("/api/submit", { as, form, answers });
export const dismiss = (as, form) => post("/api/dismiss", { as, form });
export const clock = (move) => post("/api/clock", move);
export const crowd = (act, count) => post("/api/crowd", { act, count });
export const events = (as) => new EventSource(`/api/events?as=${encodeURIComponent(as)}`);
