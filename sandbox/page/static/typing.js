// The line that says who types; it goes when they have posted, or after ten seconds.

import { by, h } from "/static/dom.js";
import { say } from "/static/words.js";

const LASTS_MS = 10000;

export class Typing {
  constructor(store) {
    this.store = store;
    this.timers = new Map();
  }

  show(person) {
    clearTimeout(this.timers.get(person));
    this.timers.set(
      person,
      setTimeout(() => this.hide(person), LASTS_MS),
    );
    this.draw();
  }

  hide(person) {
    clearTimeout(this.timers.get(person));
    if (this.timers.delete(person)) this.draw();
  }

  clear() {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.draw();
  }

  draw() {
    const names = [...this.timers.keys()].map((id) => this.store.nameOf(id));
    const text = names.length
      ? say(names.length > 1 ? "typingMany" : "typing", { names: names.join(", ") })
      : "";
    const dots = h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
    by("typing").replaceChildren(...(text ? [dots, text] : []));
  }
}
