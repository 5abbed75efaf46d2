// One message: its parts are drawn apart, so that an edit touches what it changed and no more.

import { componentsOf, embedsOf, filesOf } from "/static/attached.js";
import { avatar, h, icon, iconButton } from "/static/dom.js";
import { MessageActs } from "/static/message_acts.js";
import { language, say } from "/static/words.js";

const THREAD_CREATED = 18;
const THREAD_STARTER = 21;
const parts = { files: filesOf, embeds: embedsOf, rows: componentsOf };

export class MessageView {
  constructor(app, message) {
    this.app = app;
    this.acts = new MessageActs(this);
    this.above = h("div", { class: "above" });
    this.head = h("div", { class: "head" });
    this.body = h("div", { class: "body" });
    this.mark = h("span", { class: "edited" });
    this.attached = Object.fromEntries(
      Object.keys(parts).map((key) => [key, h("div", { class: key })]),
    );
    this.reactions = h("div", { class: "reactions" });
    this.thread = h("div", { class: "thread-chip" });
    this.below = h("div", { class: "below" });
    this.counter = h("span", { class: "counter", "aria-hidden": "true" });
    this.picture = h("div", { class: "picture" });
    this.column = h(
      "div",
      { class: "column" },
      this.head,
      this.body,
      ...Object.values(this.attached),
      this.reactions,
      this.thread,
      this.below,
      this.counter,
    );
    this.tools = h("div", { class: "tools" });
    this.article = h(
      "article",
      { class: "message", tabindex: -1 },
      this.above,
      this.picture,
      this.column,
      this.tools,
    );
    this.root = h("li", {}, this.article);
    this.article.addEventListener("contextmenu", (event) => this.acts.menu(event));
    this.article.addEventListener("keydown", (event) => this.keys(event));
    this.replace(message);
  }

  get isMine() {
    return this.message.by === this.app.store.me;
  }

  /** Whether nothing sets it apart from the message before. */
  get isPlain() {
    const { reply, kind, command, ephemeral, forward } = this.message;
    return !reply && !command && !ephemeral && !forward && kind !== THREAD_CREATED;
  }

  /** Show the whole of a message. */
  replace(message) {
    this.message = { ...message, body: [] };
    this.change({ ...message, from: 0 }, true);
  }

  /** Show what changed. Of the body only the blocks from `from` on come. */
  change(changes, isWhole = false) {
    const { from, body, ...rest } = changes;
    Object.assign(this.message, rest);
    for (const [key, value] of Object.entries(rest)) if (value === null) delete this.message[key];
    if (from !== undefined) this.drawBody(from, body ?? []);
    for (const [key, draw] of Object.entries(parts)) {
      if (isWhole || key in rest) this.drawPart(key, draw);
    }
    if (isWhole || "thinking" in rest) this.drawThinking();
    if (isWhole || "reactions" in rest) this.drawReactions();
    if (isWhole || "thread" in rest) this.drawThread();
    if (isWhole) this.drawFrame();
    this.mark.textContent = this.message.edited && !this.isThinking ? say("edited") : "";
    this.count();
  }

  get isThinking() {
    return Boolean(this.message.thinking);
  }

  drawBody(from, blocks) {
    this.message.body = [...(this.message.body ?? []).slice(0, from), ...blocks];
    this.mark.remove();
    while (this.body.children.length > from) this.body.lastElementChild.remove();
    this.body.append(...this.app.nodes.all(blocks));
    const last = this.body.lastElementChild;
    if (last?.tagName === "P") last.append(" ", this.mark);
    else this.body.append(this.mark);
  }

  drawPart(key, draw) {
    const focused = this.attached[key].contains(document.activeElement)
      ? document.activeElement.dataset.id
      : null;
    this.attached[key].replaceChildren(...draw(this.app, this.message, this));
    if (focused)
      (
        this.attached[key].querySelector(`[data-id="${CSS.escape(focused)}"]`) ?? this.article
      ).focus();
  }

  drawThinking() {
    this.article.classList.toggle("thinking", this.isThinking);
    if (this.isThinking)
      this.body.replaceChildren(
        h(
          "p",
          { class: "subtext" },
          say("thinking", { name: this.app.store.nameOf(this.message.by) }),
        ),
      );
  }

  drawFrame() {
    const { store } = this.app;
    const { message } = this;
    const starter = message.kind === THREAD_STARTER && message.reply?.by;
    const author = store.people.get(starter || message.by) ?? {
      id: message.by,
      name: say("unknown"),
    };
    const time = new Date(message.at);
    this.root.id = `m${message.id}`;
    this.root.dataset.by = author.id;
    const short = time.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
    const badge = author.bot ? h("span", { class: "badge" }, say("app")) : "";
    this.picture.replaceChildren(
      avatar(author),
      h("time", { class: "small-time", "aria-hidden": "true" }, short),
    );
    this.head.replaceChildren(
      h("strong", { class: author.bot ? "name bot" : "name" }, author.name),
      badge,
      h("time", { datetime: time.toISOString(), title: time.toLocaleString(language) }, short),
    );
    this.above.replaceChildren(...this.context(starter));
    this.article.setAttribute("aria-label", `${author.name}, ${short}`);
    this.article.classList.toggle("ephemeral", Boolean(message.ephemeral));
    const isForMe =
      message.by !== store.me && (message.everyone || message.mentions?.includes(store.me));
    this.article.classList.toggle("for-me", Boolean(isForMe));
    this.article.classList.toggle("system", message.kind === THREAD_CREATED);
    if (starter) this.drawBody(0, message.reply.body ?? []);
    if (message.forward)
      this.body.prepend(
        h(
          "blockquote",
          {},
          h("p", { class: "subtext" }, say("forwarded")),
          this.app.nodes.all(message.forward),
        ),
      );
    this.below.replaceChildren(...(message.ephemeral ? [this.onlyYou()] : []));
    this.drawTools();
  }

  /** What stands over a message: what it answers, or which command. */
  context(starter) {
    const { reply, command } = this.message;
    const { store } = this.app;
    if (command) {
      const what = command.name ? `/${command.name}` : say("aCommand");
      return [
        h(
          "div",
          { class: "context" },
          avatar(store.people.get(command.by), true),
          h("span", {}, say("used", { who: store.nameOf(command.by), what })),
        ),
      ];
    }
    if (!reply || starter) return [];
    if (reply.gone)
      return [h("div", { class: "context" }, icon("reply"), h("em", {}, say("gone")))];
    const jump = h(
      "button",
      { type: "button", class: "context", onclick: () => this.jump(reply.id) },
      avatar(store.people.get(reply.by), true),
      h("strong", {}, store.nameOf(reply.by)),
      h("span", { class: "preview" }, reply.text),
    );
    return [jump];
  }

  jump(id) {
    const article = document.getElementById(`m${id}`)?.querySelector(".message");
    article?.scrollIntoView({ block: "center" });
    article?.focus();
  }

  onlyYou() {
    const dismiss = h(
      "button",
      { type: "button", class: "plain", onclick: () => this.app.list.remove(this.message.id) },
      say("dismiss"),
    );
    return h("div", { class: "only" }, icon("eye"), h("span", {}, say("onlyYou")), " · ", dismiss);
  }

  drawTools() {
    if (this.message.ephemeral) return this.tools.replaceChildren();
    const react = iconButton(
      "smile",
      say("react"),
      (event) => this.acts.pickEmoji(event.currentTarget),
      { tabindex: -1 },
    );
    const reply = iconButton("reply", say("reply"), () => this.app.composer.replyTo(this.message), {
      tabindex: -1,
    });
    const edit = this.isMine
      ? iconButton("edit", say("edit"), () => this.acts.edit(), { tabindex: -1 })
      : "";
    const more = iconButton("more", say("more"), (event) => this.acts.menu(event), {
      tabindex: -1,
      "aria-haspopup": "menu",
    });
    this.tools.replaceChildren(react, reply, edit, more);
  }

  drawReactions() {
    const { store } = this.app;
    const shown = (this.message.reactions ?? []).map(([emoji, ids]) => {
      const names = ids.map((id) => store.nameOf(id)).join(", ");
      const isMine = ids.includes(store.me);
      return h(
        "button",
        {
          type: "button",
          class: "reaction",
          "aria-pressed": String(isMine),
          title: names,
          "aria-label": `${emoji} ${ids.length}: ${names}`,
          onclick: () => this.acts.react(emoji),
        },
        emoji,
        h("span", {}, String(ids.length)),
      );
    });
    this.reactions.replaceChildren(...shown);
  }

  drawThread() {
    const { store } = this.app;
    const thread = this.message.thread && store.channels.get(this.message.thread);
    if (!thread) return this.thread.replaceChildren();
    const go = h(
      "button",
      { type: "button", class: "thread-link", onclick: () => this.app.open(thread.id) },
      icon("thread"),
      h("strong", {}, thread.name),
      h("span", {}, say("openThread"), " ›"),
    );
    this.thread.replaceChildren(go);
  }

  /** Show it under the one before, without a head of its own; or under the name of a new day. */
  join(isJoined, day) {
    this.article.classList.toggle("joined", isJoined);
    this.root.querySelector(".day")?.remove();
    if (day) this.root.prepend(h("div", { class: "day", role: "separator" }, h("span", {}, day)));
  }

  /** Show how often it was edited, and how late the last edit was on the screen. */
  count(lag = this.lag) {
    this.lag = lag;
    const edits = this.message.edits;
    this.counter.textContent = edits
      ? say(lag === undefined ? "countedNone" : "counted", { edits, lag })
      : "";
  }

  keys(event) {
    if (event.target !== this.article) return;
    if (
      event.key === "ContextMenu" ||
      event.key === "Enter" ||
      (event.key === "F10" && event.shiftKey)
    ) {
      this.acts.menu(event);
    }
  }
}
