// A list of suggestions over a field: arrows move in it, Enter and Tab take one, Escape closes it.

import { h } from "/static/dom.js";
import { say } from "/static/words.js";

const SHOWN = 25;

export class Suggestions {
  constructor(root, id) {
    this.list = h("ul", {
      class: "suggestions",
      role: "listbox",
      id,
      "aria-label": say("suggestions"),
      hidden: true,
    });
    root.append(this.list);
    this.items = [];
  }

  get isOpen() {
    return !this.list.hidden;
  }

  /** Offer items (`title`, `note`, `take()`) to whoever types in a field. */
  offer(field, items, { isChosen = true } = {}) {
    this.field?.removeAttribute("aria-activedescendant");
    this.field = field;
    this.items = items.slice(0, SHOWN);
    this.at = isChosen ? 0 : -1;
    this.list.hidden = !this.items.length;
    this.list.replaceChildren(...this.items.map((item, index) => this.option(item, index)));
    this.mark();
  }

  option(item, index) {
    const option = h(
      "li",
      { role: "option", id: `${this.list.id}-${index}` },
      item.picture ?? "",
      h("strong", {}, item.title),
      item.note ? h("span", { class: "note" }, item.note) : "",
    );
    option.addEventListener("pointerdown", (event) => event.preventDefault());
    option.addEventListener("click", () => this.take(index));
    return option;
  }

  close() {
    this.offer(this.field, []);
  }

  take(index) {
    const item = this.items[index];
    this.close();
    item.take();
  }

  mark() {
    [...this.list.children].forEach((option, index) =>
      option.setAttribute("aria-selected", String(index === this.at)),
    );
    const chosen = this.list.children[this.at];
    chosen?.scrollIntoView({ block: "nearest" });
    if (chosen) this.field?.setAttribute("aria-activedescendant", chosen.id);
    else this.field?.removeAttribute("aria-activedescendant");
  }

  /** Use a key that was pressed in the field; gives whether it was one of ours. */
  key(event) {
    if (!this.isOpen || event.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.at = (this.at + step + this.items.length) % this.items.length;
    else if ((event.key === "Enter" || event.key === "Tab") && this.at >= 0 && !event.shiftKey)
      this.take(this.at);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    if (step) this.mark();
    return true;
  }
}
