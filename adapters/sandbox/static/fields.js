// One question of a form for each kind: how it is asked, read and marked wrong. It never checks an
// answer: the server does, and its sentence is shown beside the field.

import { el, icon } from "./dom.js";
import { count } from "./words.js";

const RADIOS_AT_MOST = 6;
const SPOKEN_AFTER_MS = 900;

const optionsOf = (field) => {
  const options = field.options ?? [];
  if (field.required || options.some(({ value }) => value === "")) return options;
  return [{ value: "", label: "No answer" }, ...options];
};

function required(field) {
  return field.required && el("span", { class: "required" }, " (required)");
}

function counter(input, limit) {
  const shown = el("p", { class: "counter", "aria-hidden": "true" });
  const spoken = el("p", { class: "unseen", role: "status" });
  const near = Math.max(20, Math.round(limit / 10));
  let later = 0;
  const update = () => {
    const left = limit - [...input.value].length;
    const words = left < 0
      ? `${count(-left, "character", "characters")} too many`
      : `${count(left, "character", "characters")} left`;
    shown.textContent = left <= near ? words : "";
    shown.classList.toggle("over", left < 0);
    if (left < 0) shown.prepend(icon("warning"));
    clearTimeout(later);
    later = setTimeout(() => { spoken.textContent = shown.textContent; }, SPOKEN_AFTER_MS);
  };
  input.addEventListener("input", update);
  return { nodes: [shown, spoken], update };
}

function typed(field, id) {
  const input = field.kind === "long_text"
    ? el("textarea", { id, name: field.id, rows: "6", dir: "auto" })
    : el("input", {
      id, name: field.id, type: "text", dir: "auto", autocomplete: "off",
      inputmode: field.kind === "number" ? "decimal" : null,
    });
  if (field.required) input.setAttribute("aria-required", "true");
  const limit = field.max_length ? counter(input, field.max_length) : null;
  return {
    label: el("label", { for: id }, field.label, required(field)),
    nodes: [input, ...(limit?.nodes ?? [])],
    inputs: [input],
    read: () => input.value,
    write: (value) => {
      input.value = value ?? "";
      limit?.update();
    },
  };
}

function picked(field, id) {
  const options = optionsOf(field);
  const select = el("select", { id, name: field.id },
    ...options.map(({ value, label }) => el("option", { value }, label)));
  // Nothing is chosen for the person: a required question begins without an answer.
  if (field.required) select.prepend(el("option", { value: "" }, "Choose one"));
  if (field.required) select.setAttribute("aria-required", "true");
  return {
    label: el("label", { for: id }, field.label, required(field)),
    nodes: [select],
    inputs: [select],
    read: () => select.value,
    write: (value) => { select.value = value ?? ""; },
  };
}

function ticked(field, id) {
  const many = field.kind === "choices";
  const options = many ? field.options ?? [] : optionsOf(field);
  const inputs = options.map(({ value }, at) => el("input", {
    type: many ? "checkbox" : "radio", name: field.id, value, id: at ? `${id}-${at}` : id,
  }));
  const lines = options.map(({ label }, at) =>
    el("label", { class: "option" }, inputs[at], el("span", { dir: "auto" }, label)));
  const on = () => inputs.filter((input) => input.checked).map((input) => input.value);
  return {
    group: true,
    label: el("legend", {}, field.label, required(field)),
    nodes: [el("div", { class: "options" }, ...lines)],
    inputs,
    read: () => (many ? on() : on()[0] ?? ""),
    write: (value) => {
      const values = [].concat(value ?? (many ? [] : "")).map(String);
      for (const input of inputs) input.checked = values.includes(input.value);
    },
  };
}

function drawn(field, id) {
  if (field.kind === "choices") return ticked(field, id);
  if (field.kind === "choice" && (field.options ?? []).length <= RADIOS_AT_MOST) {
    return ticked(field, id);
  }
  if (field.kind === "choice" || field.kind === "person") return picked(field, id);
  return typed(field, id);
}

// {node, read, write, focus, wrong}: `wrong(sentence)` marks the field, `wrong(null)` clears it.
export function question(field) {
  const id = `field-${field.id}`;
  const parts = drawn(field, id);
  const error = el("p", { class: "wrong", id: `${id}-wrong`, hidden: true });
  const node = el(parts.group ? "fieldset" : "div",
    { class: "field", "data-field": field.id, "data-kind": field.kind },
    parts.label, error, ...parts.nodes);
  const wrong = (sentence) => {
    error.hidden = !sentence;
    error.replaceChildren(...(sentence ? [icon("error"), sentence] : []));
    for (const input of parts.inputs) {
      if (sentence) {
        input.setAttribute("aria-invalid", "true");
        input.setAttribute("aria-describedby", error.id);
      } else {
        input.removeAttribute("aria-invalid");
        input.removeAttribute("aria-describedby");
      }
    }
  };
  // An answer that is being mended is no longer known to be wrong.
  node.addEventListener("input", () => {
    if (!error.hidden) wrong(null);
  });
  return {
    id: field.id,
    label: field.label,
    node,
    read: parts.read,
    write: parts.write,
    focus: () => (parts.inputs.find((input) => input.checked) ?? parts.inputs[0])?.focus(),
    wrong,
  };
}
