// The dialog for the form that the server has open for you. What you typed outlives failed calls
// and new states, and is thrown away only when you say so. It never checks answers itself.

import * as api from "./api.js";
import { byId, el, icon, isOff, setBusy } from "./dom.js";
import { question } from "./fields.js";
import { nextIsMine } from "./room.js";
import { here, onChange, refresh } from "./store.js";
import { count } from "./words.js";

const LONG_NOTE = 240;
const GONE = "This form is no longer open. Copy what you typed if you need it, then close it.";

// What each open form was last filled with, so that a step back in the browser loses nothing.
const drafts = new Map();
let open = null;

const dialog = () => byId("form");
const answers = () => Object.fromEntries(open.questions.map(({ id, read }) => [id, read()]));
const dirty = () => JSON.stringify(answers()) !== open.untouched;

function fault(sentence, items = []) {
  const box = byId("form-errors");
  box.hidden = !sentence;
  box.replaceChildren();
  if (!sentence) return;
  box.append(icon("error"), el("div", {}, el("p", {}, sentence),
    items.length > 0 && el("ul", {}, ...items)));
}

function showErrors(errors) {
  const wrong = open.questions.filter(({ id }) => errors[id]);
  for (const one of open.questions) one.wrong(errors[one.id] ?? null);
  const known = new Set(open.questions.map(({ id }) => id));
  const others = Object.keys(errors).filter((id) => !known.has(id));
  fault(`${count(wrong.length + others.length, "answer needs", "answers need")} another look.`, [
    ...wrong.map((one) => el("li", {}, el("button", {
      type: "button", class: "link", click: one.focus,
    }, one.label), ` – ${errors[one.id]}`)),
    ...others.map((id) => el("li", {}, errors[id])),
  ]);
  (wrong[0]?.focus ?? (() => byId("form-title").focus()))();
}

function ask(asking) {
  byId("form-ask").hidden = !asking;
  byId("form-actions").hidden = asking;
  if (asking) byId("form-keep").focus();
}

function draw(form, kept) {
  const questions = form.fields.map(question);
  open = { id: form.id, as: here.as, shape: shapeOf(form), questions, gone: false };
  questions.forEach((one, at) => one.write(form.fields[at].value));
  open.untouched = JSON.stringify(answers());
  for (const one of questions) if (kept && one.id in kept) one.write(kept[one.id]);
  byId("form-title").textContent = form.title;
  byId("form-note").textContent = form.note ?? "";
  byId("form-note").hidden = !form.note;
  byId("form-fields").replaceChildren(...questions.map(({ node }) => node));
  dialog().dataset.form = form.id;
  // A short note is read out with the dialog; a long one is text to read through.
  const short = form.note && form.note.length <= LONG_NOTE;
  if (short) dialog().setAttribute("aria-describedby", "form-note");
  else dialog().removeAttribute("aria-describedby");
  fault(null);
  ask(false);
  setBusy(byId("form-submit"), false);
  if (!dialog().open) dialog().showModal();
  byId("form-body").scrollTop = 0;
  if (questions.length && (short || !form.note)) questions[0].focus();
  else byId("form-title").focus();
}

function shut() {
  drafts.delete(`${open.as} ${open.id}`);
  open = null;
  dialog().close();
  if (document.activeElement === document.body) byId("say").focus();
}

// The same questions, whatever was filled in: then what is being typed is left alone.
function shapeOf(form) {
  const fields = form.fields.map((field) => ({ ...field, value: null }));
  return JSON.stringify([form.id, form.title, form.note, fields]);
}

function show() {
  const form = here.state?.form ?? null;
  if (open && open.as !== here.as) {
    drafts.set(`${open.as} ${open.id}`, answers());
    open = null;
    dialog().close();
  }
  if (!here.state || open?.busy) return;
  if (!form) {
    if (open && !dirty()) shut();
    else if (open && !open.gone) {
      open.gone = true;
      byId("form-submit").setAttribute("aria-disabled", "true");
      fault(GONE);
    }
    return;
  }
  if (open?.id === form.id && open.shape === shapeOf(form)) return;
  const kept = open?.id === form.id ? answers() : drafts.get(`${here.as} ${form.id}`);
  draw(form, kept);
}

// While a call is under way new states are not shown here. Once it is answered, the server has
// taken or dropped this form, and whatever is open then is another one.
async function finish(call) {
  const form = open;
  form.busy = true;
  try {
    await call(form);
    nextIsMine();
    await refresh();
    if (open === form) shut();
  } finally {
    form.busy = false;
    show();
  }
}

async function submit() {
  const button = byId("form-submit");
  if (!open || isOff(button)) return;
  const form = open;
  setBusy(button, true);
  fault(null);
  byId("form-live").textContent = "Sending.";
  try {
    await finish(({ as, id }) => api.submit(as, id, answers()));
  } catch (failure) {
    if (!(failure instanceof api.Failure)) throw failure;
    if (open !== form || form.gone) return;
    setBusy(button, false);
    if (failure.errors) showErrors(failure.errors);
    else fault(failure.message);
  } finally {
    byId("form-live").textContent = "";
  }
}

async function drop() {
  if (open.gone) {
    shut();
    return;
  }
  try {
    await finish(({ as, id }) => api.dismiss(as, id));
  } catch (failure) {
    if (!(failure instanceof api.Failure)) throw failure;
    ask(false);
    fault(failure.message);
  }
}

function leave() {
  if (!open) return;
  if (!byId("form-ask").hidden) {
    ask(false);
    open.questions[0]?.focus();
  } else if (dirty()) ask(true);
  else drop();
}

export function start() {
  onChange(show);
  const form = dialog().firstElementChild;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  });
  // Escape reaches the dialog as a key and, on some devices, as a request of its own.
  dialog().addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    leave();
  });
  dialog().addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  byId("form-cancel").addEventListener("click", leave);
  byId("form-x").addEventListener("click", leave);
  byId("form-throw").addEventListener("click", drop);
  byId("form-keep").addEventListener("click", leave);
}
