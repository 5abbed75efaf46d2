// Makes elements. Texts become text nodes, always: no HTML is ever read.

const icons = {
  hash: "M5 9h14M5 15h14M10 4 8 20M16 4l-2 16",
  thread: "M5 5v8a4 4 0 0 0 4 4h10M15 13l4 4-4 4",
  forum: "M4 5h16v10H9l-5 4z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 20c1-4 4-6 8-6s7 2 8 6",
  plus: "M12 5v14M5 12h14",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 14c1 2 2.5 3 4 3s3-1 4-3M9 9.5v.5M15 9.5v.5",
  send: "M4 12 20 4l-5 16-3.5-6.5zM11.5 13.5 20 4",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  reply: "M9 7 4 12l5 5M4 12h9c4 0 7 2 7 6",
  edit: "M4 20l1-4L16 5l3 3L8 19z",
  delete: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6 6 18",
  question: "M9 9a3 3 0 1 1 4 3c-1 .5-1 1.5-1 2.5M12 18v.01",
  gauge: "M4 17a8 8 0 1 1 16 0M12 17l4-6",
  moon: "M20 14A8 8 0 1 1 10 4a7 7 0 0 0 10 10z",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  down: "M12 5v14M6 13l6 6 6-6",
  apps: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z",
};

/** Make an element: attributes, properties (`.value`) and listeners (`onclick`), then children. */
export function h(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith(".")) element[name.slice(1)] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** Make an icon, which screen readers do not read. */
export function icon(name) {
  const make = (tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);
  const [svg, path] = [make("svg"), make("path")];
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  path.setAttribute("d", icons[name]);
  svg.append(path);
  return svg;
}

/** Make a button that is an icon and says what it does. */
export function iconButton(name, label, onclick, more = {}) {
  return h(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...more },
    icon(name),
  );
}

/** Find an element of the page by its id. */
export const by = (id) => document.getElementById(id);

/** Make somebody's picture. */
export function avatar(person, small = false) {
  const size = small ? " small" : "";
  if (person?.bot) return h("img", { class: `avatar${size}`, src: "/static/bobbin.svg", alt: "" });
  const name = person?.name ?? "?";
  const color = Number(BigInt(person?.id ?? 0) % 997n) % 6;
  return h(
    "span",
    { class: `avatar color-${color}${size}`, "aria-hidden": "true" },
    [...name][0].toUpperCase(),
  );
}

/** Show a short message for a few seconds; it is read aloud, too. */
export function toast(text) {
  const shown = h("div", { class: "toast" }, text);
  by("toasts").append(shown);
  setTimeout(() => shown.remove(), 6000);
}

/** Compare two ids, the older first. */
export const older = (a, b) => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

/** Write a size in bytes for people. */
export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}
