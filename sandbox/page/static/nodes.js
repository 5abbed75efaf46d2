// Turns the server's nodes (see sandbox/page/markdown/nodes.py) into elements: only the tags named here, no
// attribute but those made here.

import { h } from "/static/dom.js";
import { language, say } from "/static/words.js";

const plain = new Set([
  "p",
  "h1",
  "h2",
  "h3",
  "ul",
  "li",
  "blockquote",
  "em",
  "strong",
  "u",
  "s",
  "small",
  "code",
  "span",
]);

/** Makes elements of nodes. `names` tells what a mentioned person, role or channel is called. */
export class NodeMaker {
  constructor(names) {
    this.names = names;
  }

  /** Make the elements of some nodes. */
  all(nodes) {
    return (nodes ?? []).map((node) => this.one(node));
  }

  one(node) {
    if (typeof node === "string") return document.createTextNode(node);
    const [tag, given, ...children] = node;
    if (plain.has(tag))
      return h(
        tag === "small" ? "p" : headed(tag),
        tag === "small" ? { class: "subtext" } : tag[0] === "h" ? { class: tag } : {},
        this.all(children),
      );
    switch (tag) {
      case "br":
        return h("br");
      case "ol":
        return h("ol", { start: given?.start }, this.all(children));
      case "pre":
        return this.code(given?.l, children);
      case "a":
        return this.link(given.href, children);
      case "spoiler":
        return this.spoiler(children);
      case "time":
        return moment(given.at, given.style ?? "f");
      case "mention":
        return this.mention(given, children);
      default:
        throw new Error(`no such node: ${tag}`);
    }
  }

  code(name, children) {
    const words = children.map((child) =>
      typeof child === "string" ? child : h("span", { class: `k-${child[1].k}` }, child[2]),
    );
    const label = name ? `${name}` : "code";
    return h(
      "pre",
      { tabindex: 0, role: "region", "aria-label": label, "data-language": name ?? "" },
      h("code", {}, words),
    );
  }

  link(href, children) {
    if (!/^https?:\/\//i.test(href)) return h("span", {}, this.all(children));
    return h(
      "a",
      { href, target: "_blank", rel: "noopener noreferrer nofollow" },
      this.all(children),
    );
  }

  spoiler(children) {
    const hidden = h(
      "span",
      { class: "spoiler-text", "aria-hidden": "true", inert: true },
      this.all(children),
    );
    const cover = h(
      "span",
      { class: "spoiler", role: "button", tabindex: 0, "aria-label": say("spoiler") },
      hidden,
    );
    const show = (event) => {
      if (event.type === "keydown" && event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      for (const name of ["role", "tabindex", "aria-label"]) cover.removeAttribute(name);
      cover.classList.add("shown");
      hidden.removeAttribute("aria-hidden");
      hidden.removeAttribute("inert");
    };
    cover.addEventListener("click", show);
    cover.addEventListener("keydown", show);
    return cover;
  }

  mention(given, children) {
    if (!given) return h("span", { class: "mention" }, this.all(children));
    if (given.channel) return this.names.channelLink(given.channel);
    const name = given.person ? this.names.person(given.person) : this.names.role(given.role);
    return h("span", { class: "mention" }, `@${name}`);
  }
}

/** Headings of messages lie below the page's own. */
function headed(tag) {
  return { h1: "h3", h2: "h4", h3: "h5" }[tag] ?? tag;
}

const styles = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};
const steps = [
  ["year", 31536000],
  ["month", 2592000],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** Show a time; a relative one is kept right by `refreshTimes`. */
function moment(seconds, style) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return h("span", {}, String(seconds));
  const text = style === "R" ? relative(seconds) : date.toLocaleString(language, styles[style]);
  const full = date.toLocaleString(language, styles.F);
  return h(
    "time",
    {
      class: "moment",
      datetime: date.toISOString(),
      title: full,
      "data-relative": style === "R" ? seconds : null,
    },
    text,
  );
}

function relative(seconds) {
  const gap = seconds - Date.now() / 1000;
  const [unit, length] = steps.find(([, length]) => Math.abs(gap) >= length) ?? steps.at(-1);
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(
    Math.round(gap / length),
    unit,
  );
}

/** Bring the relative times on the page up to date. */
export function refreshTimes() {
  for (const shown of document.querySelectorAll("time[data-relative]")) {
    shown.textContent = relative(Number(shown.dataset.relative));
  }
}
