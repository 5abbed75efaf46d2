// The messages of the open channel: kept in order, changed in place, without a jump of the scroll.

import { by, h, older } from "/static/dom.js";
import { MessageView } from "/static/message.js";
import { language, say } from "/static/words.js";

const NEAR_END_PX = 60;
const TOGETHER_MS = 7 * 60 * 1000;

export class MessageList {
  constructor(app) {
    this.app = app;
    this.views = new Map();
    this.root = by("messages");
    this.scroller = by("scroller");
    this.isAtEnd = true;
    this.lags = [];
    this.scroller.addEventListener("scroll", () => this.scrolled());
    this.root.addEventListener("keydown", (event) => this.keys(event));
    new ResizeObserver(() => this.settle()).observe(this.scroller);
    new ResizeObserver(() => this.settle()).observe(this.root);
    by("newer").textContent = say("newer");
    by("newer").addEventListener("click", () => this.toEnd());
  }

  /** Show a channel from its last messages on. */
  reset(channel, { messages, more }) {
    this.channel = channel;
    this.views.clear();
    const label = say("message", { place: this.app.store.titleOf(channel) });
    this.scroller.setAttribute("aria-label", this.app.store.titleOf(channel) || label);
    this.root.replaceChildren(
      this.beginning(channel, more),
      ...messages.map((message) => this.make(message).root),
    );
    this.connect();
    this.toEnd();
    this.app.announcer.opened(messages);
  }

  beginning(channel, more) {
    if (more) {
      const show = h(
        "button",
        { type: "button", class: "plain", onclick: () => this.showOlder() },
        say("older"),
      );
      return h("li", { class: "beginning" }, show);
    }
    const { store } = this.app;
    if (channel.kind === "forum")
      return h(
        "li",
        { class: "beginning" },
        h("h2", {}, store.titleOf(channel)),
        h("p", {}, say("startForum")),
        this.posts(channel),
      );
    const words = channel.kind === "direct" ? "startDirect" : "start";
    return h(
      "li",
      { class: "beginning" },
      h("h2", {}, store.titleOf(channel)),
      h("p", {}, say(words, { place: store.titleOf(channel) })),
    );
  }

  posts(channel) {
    const posts = this.app.store.threadsOf(channel.id).reverse();
    return h(
      "ul",
      { class: "posts" },
      posts.map((post) =>
        h(
          "li",
          {},
          h(
            "button",
            { type: "button", class: "post", onclick: () => this.app.open(post.id) },
            h("strong", {}, post.name),
            h("span", {}, this.app.store.nameOf(post.owner)),
          ),
        ),
      ),
    );
  }

  async showOlder() {
    const first = this.views.keys().next().value;
    await this.app.ask("older", { before: first }, ({ messages, more }) => {
      const height = this.scroller.scrollHeight;
      const known = [...this.views];
      this.views.clear();
      const made = messages.map((message) => this.make(message).root);
      for (const [id, view] of known) this.views.set(id, view);
      this.root.firstElementChild.replaceWith(this.beginning(this.channel, more), ...made);
      this.connect();
      this.scroller.scrollTop += this.scroller.scrollHeight - height;
    });
  }

  make(message) {
    const view = new MessageView(this.app, message);
    this.views.set(message.id, view);
    return view;
  }

  /** Show a new message, or one that there is already as it is now. */
  add(message) {
    if (!this.channel) return;
    const known = this.views.get(message.id);
    if (known) return known.replace(message);
    const view = this.make(message);
    this.root.append(view.root);
    this.connect(view);
    if (message.by === this.app.store.me) this.isAtEnd = true;
    if (!this.isAtEnd) by("newer").hidden = false;
  }

  /** Change what changed of a message; `now` is when the server said so. */
  edit(id, changes, now) {
    const view = this.views.get(id);
    if (!view) return;
    view.change(changes);
    if (changes.body || changes.rows === null) this.app.announcer.changed(view.message);
    requestAnimationFrame(() => {
      const lag = Math.max(0, Date.now() - now);
      this.lags = [...this.lags.slice(-199), lag];
      view.count(lag);
    });
    if (!this.isAtEnd && changes.body) by("newer").hidden = false;
  }

  remove(id) {
    const view = this.views.get(id);
    if (!view) return;
    const next = view.root.nextElementSibling ?? view.root.previousElementSibling;
    if (view.root.contains(document.activeElement))
      (next?.querySelector(".message") ?? this.app.composer).focus?.();
    view.root.remove();
    this.views.delete(id);
    this.connect();
  }

  threadNews(channel) {
    this.views.get(channel.id)?.drawThread();
    if (this.channel?.kind === "forum" && channel.parent === this.channel.id) {
      this.root.firstElementChild.replaceWith(this.beginning(this.channel, false));
    }
  }

  /** Put heads and days where they belong; of one view, or of all. */
  connect(only = null) {
    let before = null;
    const views = [...this.views.values()];
    const from = only ? views.indexOf(only) : 0;
    if (from > 0) before = views[from - 1];
    for (const view of views.slice(from)) {
      const isNewDay = !before || day(before.message.at) !== day(view.message.at);
      const isSame =
        before &&
        before.message.by === view.message.by &&
        view.message.at - before.message.at < TOGETHER_MS;
      view.join(
        Boolean(isSame && !isNewDay && before.isPlain && view.isPlain),
        isNewDay ? dayName(view.message.at) : "",
      );
      before = view;
    }
    const shown = views.at(-1)?.article;
    for (const view of views) view.article.tabIndex = view.article === shown ? 0 : -1;
  }

  /** Stay at the end, if that is where the person is. */
  settle() {
    if (this.isAtEnd) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  toEnd() {
    this.isAtEnd = true;
    by("newer").hidden = true;
    this.settle();
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (this.isAtEnd) by("newer").hidden = true;
  }

  /** Arrow keys go from message to message. */
  keys(event) {
    const article = event.target.closest(".message");
    if (!article || event.target !== article) return;
    const articles = [...this.views.values()].map((view) => view.article);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = articles[articles.indexOf(article) + step];
    if (!step || !next) return;
    event.preventDefault();
    article.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  /** Give my last message here, to be edited. */
  get myLast() {
    const mine = [...this.views.values()].filter((view) => view.isMine && view.message.body);
    return mine.sort((a, b) => older(a.message.id, b.message.id)).at(-1);
  }
}

const day = (at) => new Date(at).toDateString();

function dayName(at) {
  const gap = Math.round((new Date(day(Date.now())) - new Date(day(at))) / 86400000);
  if (gap < 2) return say(gap ? "yesterday" : "today");
  return new Date(at).toLocaleDateString(language, { dateStyle: "long" });
}
