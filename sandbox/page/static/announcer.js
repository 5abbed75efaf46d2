// Tells a screen reader what happened: that an answer began, and the whole of it when it has
// stood still for a while, instead of every edit.

import { by } from "/static/dom.js";
import { say } from "/static/words.js";

const STILL_MS = 1200;
const SLOW_MS = 6000;
const RECENT_MS = 30000;
const READ_CHARS = 1500;

export class Announcer {
  constructor(store) {
    this.store = store;
    this.timers = new Map();
  }

  say(text) {
    by("announcer").textContent = text;
  }

  clear() {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }

  /** A channel was opened: an answer that is being written there is waited for. */
  opened(messages) {
    const last = messages.at(-1);
    if (last?.by === this.store.bot && Date.now() - last.at < RECENT_MS) this.came(last);
  }

  /** A message came: one of a person is read at once, an answer of the bot when it is done. */
  came(message) {
    if (message.by === this.store.me) return;
    if (message.by !== this.store.bot) return this.read(message.id);
    if (!this.timers.has(message.id))
      this.say(say("answering", { name: this.store.nameOf(message.by) }));
    this.later(message);
  }

  /** A message says something else now. */
  changed(message) {
    if (message.by === this.store.bot) this.came(message);
  }

  /** Read it when it has stood still; one that can still be stopped may only be slow. */
  later(message) {
    clearTimeout(this.timers.get(message.id));
    this.timers.set(
      message.id,
      setTimeout(() => this.read(message.id), message.rows ? SLOW_MS : STILL_MS),
    );
  }

  read(id) {
    this.timers.delete(id);
    const shown = by(`m${id}`);
    if (!shown) return;
    const text = [...shown.querySelectorAll(".body, .embed, .only")]
      .map((it) => it.innerText)
      .join("\n");
    const name = this.store.nameOf(shown.dataset.by);
    this.say(say("said", { name, text: text.slice(0, READ_CHARS) }));
  }
}
