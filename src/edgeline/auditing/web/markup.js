// Elements are made, never parsed: what the data says only ever becomes text.

const HTML = "http://www.w3.org/1999/xhtml";
const SVG = "http://www.w3.org/2000/svg";

// Control characters, marks of direction and of no width: they would let a name look like another.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

const MARKS = {
  pass: ["\u2713", "checked here"],
  fail: ["\u2717", "failed its check"],
  none: ["\u2013", "nothing here to check"],
  wait: ["\u2026", "being checked"],
};

function make(space, tag, attributes, children) {
  const made = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false)
      made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

const element = (tag, attributes = {}, ...children) => make(HTML, tag, attributes, children);
const drawn = (tag, attributes = {}, ...children) => make(SVG, tag, attributes, children);

function seen(text) {
  return String(text).replace(UNSEEN, (character) => {
    const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    return `[U+${code}]`;
  });
}

function clipped(text, length) {
  const characters = Array.from(String(text).slice(0, 2 * length + 2));
  return seen(characters.length > length ? `${characters.slice(0, length - 1).join("")}\u2026` : text);
}

// A name in any script, kept from turning the text around it.
const name = (text, length = Infinity) =>
  element("bdi", {}, length === Infinity ? seen(text) : clipped(text, length));

const code = (text) => element("code", {}, seen(text));

function mark(state) {
  const [sign, words] = MARKS[state];
  return element("span", { class: `mark ${state}`, role: "img", "aria-label": words, title: words }, sign);
}

const link = (entry, ...children) =>
  element("a", { href: `#${encodeURIComponent(entry.digest)}` }, ...children);

function utc(seconds, length = 16) {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? "no date" : date.toISOString().slice(0, length).replace("T", " ");
}

const number = (count) => count.toLocaleString("en");

const counted = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;
