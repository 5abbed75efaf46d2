// The left side: channels with their threads, direct messages, and who is speaking.

import { avatar, by, h, icon, iconButton } from "/static/dom.js";
import { say } from "/static/words.js";

const icons = { text: "hash", forum: "forum", thread: "thread" };

export class Sidebar {
  constructor(app) {
    this.app = app;
    by("sidebar").setAttribute("aria-label", say("menu"));
    by("veil").addEventListener("click", () => this.toggle(false));
    by("sidebar").addEventListener("keydown", (event) => this.keys(event));
  }

  /** Show or hide it where the page is narrow. */
  toggle(shown = !document.body.classList.contains("menu-open")) {
    document.body.classList.toggle("menu-open", shown);
    by("menu-button")?.setAttribute("aria-expanded", String(shown));
    if (shown) by("sidebar").querySelector("[aria-current]")?.focus();
  }

  draw() {
    const { store } = this.app;
    if (!store.me) return;
    const focused = document.activeElement?.dataset?.channel;
    const bot = store.people.get(store.bot);
    const scrolled = by("sidebar").querySelector(".places")?.scrollTop ?? 0;
    by("sidebar").replaceChildren(
      h(
        "div",
        { class: "guild" },
        h("span", { class: "guild-name" }, store.guild),
        iconButton("close", say("close"), () => this.toggle(false), {
          class: "icon-button narrow-only",
        }),
      ),
      h(
        "div",
        { class: "places" },
        h("h2", {}, say("channels")),
        h(
          "ul",
          {},
          store.ofKind("text", "forum").map((it) => this.withThreads(it)),
        ),
        h("h2", {}, say("direct")),
        h("ul", {}, h("li", {}, this.direct(bot))),
      ),
      this.speaker(),
    );
    by("sidebar").querySelector(".places").scrollTop = scrolled;
    if (focused) by("sidebar").querySelector(`[data-channel="${focused}"]`)?.focus();
  }

  withThreads(channel) {
    const threads = this.app.store.threadsOf(channel.id);
    return h(
      "li",
      {},
      this.link(channel),
      threads.length
        ? h(
            "ul",
            { class: "threads" },
            threads.map((it) => h("li", {}, this.link(it))),
          )
        : "",
    );
  }

  link(channel) {
    return this.entry(
      channel.id,
      [icon(icons[channel.kind]), h("span", { class: "name" }, channel.name)],
      () => this.app.open(channel.id),
      channel.archived ? "archived" : "",
    );
  }

  direct(bot) {
    const { store } = this.app;
    const channel = store.ofKind("direct")[0];
    const dot = h("span", {
      class: `dot ${store.connected ? "on" : ""}`,
      role: "img",
      "aria-label": say(store.connected ? "online" : "offline"),
    });
    return this.entry(
      channel?.id ?? "direct",
      [avatar(bot, true), h("span", { class: "name" }, bot.name), dot],
      () => this.openDirect(),
    );
  }

  async openDirect() {
    const answer = await this.app.ask("direct");
    if (answer) this.go(() => this.app.open(answer.channel));
  }

  entry(id, children, onclick, more = "") {
    const { store } = this.app;
    const unread = store.unread.get(id);
    const badge = unread ? h("span", { class: "count" }, String(unread)) : "";
    const note = unread === undefined ? "" : h("span", { class: "sr-only" }, say("unread"));
    const isOpen = id === store.open;
    const classes = `entry ${unread === undefined ? "" : "unread"} ${more}`;
    return h(
      "button",
      {
        type: "button",
        class: classes,
        "data-channel": id,
        "aria-current": isOpen ? "page" : null,
        onclick: () => this.go(onclick),
      },
      children,
      badge,
      note,
    );
  }

  go(act) {
    this.toggle(false);
    act();
  }

  speaker() {
    const { store } = this.app;
    const options = store.speakers.map((id) =>
      h("option", { value: id, ".selected": id === store.me }, store.nameOf(id)),
    );
    const choose = h(
      "select",
      { id: "speak-as", onchange: (event) => this.app.be(event.target.value) },
      options,
    );
    return h(
      "div",
      { class: "speaker" },
      avatar(store.myself),
      h("label", { for: "speak-as" }, h("span", {}, say("speakAs")), choose),
    );
  }

  /** Arrow keys go from entry to entry; Escape closes it where the page is narrow. */
  keys(event) {
    if (event.key === "Escape") {
      this.toggle(false);
      by("menu-button").focus();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.classList.contains("entry")) return;
    event.preventDefault();
    const entries = [...by("sidebar").querySelectorAll(".entry")];
    entries[entries.indexOf(event.target) + step]?.focus();
  }
}
