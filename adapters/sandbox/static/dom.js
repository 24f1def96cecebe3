// Builds elements for every other module. Words go in as text only: it never parses mark-up, so
// nothing that a person typed can become part of the page.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child || child === 0));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

// The letters of a name and one of eight colours, always the same for the same name.
export function avatar(name) {
  const letters = name.trim().split(/\s+/).map((word) => [...word][0] ?? "");
  const initials = letters.length > 1 ? letters[0] + letters.at(-1) : letters[0];
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 9973;
  const look = `avatar colour-${sum % 8}`;
  return el("span", { class: look, "aria-hidden": "true" }, initials.toUpperCase());
}

export function botAvatar() {
  return el("span", { class: "avatar bot", "aria-hidden": "true" }, icon("wave"));
}

// A button that is at work keeps its focus, so it is marked busy and not disabled.
export function setBusy(button, busy) {
  button.classList.toggle("busy", busy);
  if (busy) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
}

export const isOff = (button) => button.getAttribute("aria-disabled") === "true";
