// Where people write: text, mentions, commands, files.

import { CommandBar } from "/static/command.js";
import { avatar, by, h, icon, iconButton } from "/static/dom.js";
import { openEmojis } from "/static/menus.js";
import { Suggestions } from "/static/suggestions.js";
import { Uploads } from "/static/uploads.js";
import { say } from "/static/words.js";

const TYPING_EVERY_MS = 8000;
const MOST_LINES_PX = 220;
const COMMAND = /^\/([\p{L}\d_ -]*)$/u;

export class Composer {
  constructor(app) {
    this.app = app;
    this.drafts = new Map();
    this.uploads = new Uploads(this);
    this.text = h("textarea", {
      id: "text",
      rows: 1,
      maxlength: 4000,
      "aria-autocomplete": "list",
      "aria-controls": "suggestions",
      enterkeyhint: "send",
    });
    this.title = h("input", {
      id: "post-title",
      type: "text",
      maxlength: 100,
      hidden: true,
      "aria-label": say("postTitle"),
      placeholder: say("postTitle"),
    });
    this.chooser = h("input", {
      type: "file",
      multiple: true,
      hidden: true,
      onchange: () => this.uploads.attach([...this.chooser.files]),
    });
    this.over = h("div", { class: "over" });
    this.bar = h(
      "div",
      { class: "bar" },
      iconButton("plus", say("attach"), () => this.chooser.click(), { id: "attach-button" }),
      this.chooser,
      h("div", { class: "fields-column" }, this.title, this.text),
      iconButton("smile", say("emoji"), (event) =>
        openEmojis(event.currentTarget, this.text, (emoji) => this.insert(emoji)),
      ),
      iconButton("send", say("send"), () => this.send(), { id: "send-button" }),
    );
    by("composer").append(this.over, this.bar);
    this.suggestions = new Suggestions(by("composer"), "suggestions");
    this.text.addEventListener("input", () => this.typed());
    this.text.addEventListener("keydown", (event) => this.keys(event));
    this.text.addEventListener("click", () => this.suggest());
    this.text.addEventListener("blur", () => this.suggestions.close());
    this.text.addEventListener("paste", (event) => this.uploads.pasted(event));
    by("main").addEventListener("dragover", (event) => event.preventDefault());
    by("main").addEventListener("drop", (event) => this.uploads.dropped(event));
  }

  focus() {
    this.text.focus();
  }

  /** Write in a channel from now on; what was begun in another one is kept there. */
  place(channel) {
    if (this.channel) this.drafts.set(this.channel.id, this.text.value);
    this.channel = channel;
    this.reply = null;
    this.endCommand();
    this.drawOver();
    const isForum = channel.kind === "forum";
    this.title.hidden = !isForum;
    const place = this.app.store.titleOf(channel);
    this.text.placeholder = isForum ? say("postText") : say("placeholder", { place });
    this.text.setAttribute("aria-label", isForum ? say("postText") : say("message", { place }));
    this.text.value = this.drafts.get(channel.id) ?? "";
    this.grow();
    if (matchMedia("(min-width: 700px)").matches) this.focus();
  }

  grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, MOST_LINES_PX)}px`;
    by("send-button").classList.toggle(
      "ready",
      Boolean(this.text.value.trim() || this.uploads.waiting.length),
    );
  }

  insert(text) {
    this.text.setRangeText(text, this.text.selectionStart, this.text.selectionEnd, "end");
    this.typed();
    this.focus();
  }

  typed() {
    this.grow();
    this.suggest();
    const now = Date.now();
    if (
      this.text.value.startsWith("/") ||
      !this.text.value ||
      now - (this.toldTyping ?? 0) < TYPING_EVERY_MS
    )
      return;
    if (this.channel.kind === "forum") return;
    this.toldTyping = now;
    this.app.socket.ask("typing", { channel: this.channel.id }).catch(() => {});
  }

  keys(event) {
    if (this.suggestions.key(event) || event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape" && this.reply) {
      this.reply = null;
      this.drawOver();
    } else if (event.key === "ArrowUp" && !this.text.value) {
      event.preventDefault();
      this.app.list.myLast?.acts.edit();
    }
  }

  async suggest() {
    const before = this.text.value.slice(0, this.text.selectionStart);
    if (COMMAND.test(this.text.value)) return this.suggestCommands();
    const found = /(?:^|\s)@([\p{L}\d_.-]*)$/u.exec(before);
    if (!found) return this.suggestions.close();
    const typed = found[1].toLowerCase();
    const { store } = this.app;
    const people = [...store.people.values()].filter(
      (it) =>
        it.name.toLowerCase().startsWith(typed) &&
        it.id !== store.me &&
        (it.bot || store.speakers.includes(it.id)),
    );
    people.sort((a, b) => Number(b.bot ?? false) - Number(a.bot ?? false));
    const take = (person) => {
      const start = this.text.selectionStart - typed.length - 1;
      this.text.setRangeText(`@${person.name} `, start, this.text.selectionStart, "end");
      this.typed();
    };
    this.suggestions.offer(
      this.text,
      people.map((person) => ({
        title: person.name,
        note: person.bot ? say("app") : "",
        picture: avatar(person, true),
        take: () => take(person),
      })),
    );
  }

  /** Offer the commands that fit. They are asked for with each "/", so that every key after it is
   * answered at once, and Enter never takes what fitted an earlier text. */
  async suggestCommands() {
    const channel = this.channel.id;
    if (this.text.value === "/" || this.commandsOf !== channel) {
      const answer = await this.app.ask("commands", { channel });
      if (!answer || this.channel.id !== channel) return;
      this.commands = answer.commands;
      this.commandsOf = channel;
    }
    const typed = COMMAND.exec(this.text.value)?.[1].trimStart();
    if (typed === undefined) return;
    const fitting = this.commands.filter((it) => it.name.startsWith(typed));
    this.suggestions.offer(
      this.text,
      fitting.map((command) => ({
        title: `/${command.name}`,
        note: command.about,
        take: () => this.beginCommand(command),
      })),
    );
  }

  beginCommand(command) {
    this.text.value = "";
    this.command = new CommandBar(this, command);
    this.bar.hidden = true;
    by("composer").insertBefore(this.command.root, this.bar);
    this.command.focus();
  }

  endCommand() {
    if (!this.command) return;
    const hadFocus = this.command.root.contains(document.activeElement);
    this.command.root.remove();
    this.command = null;
    this.bar.hidden = false;
    this.grow();
    if (hadFocus) this.focus();
  }

  replyTo(message) {
    this.reply = message;
    this.drawOver();
    this.focus();
  }

  /** What stands over the field: whom it answers, and the files that go along. */
  drawOver() {
    const { store } = this.app;
    const stopReply = () => {
      this.reply = null;
      this.drawOver();
      this.focus();
    };
    const reply =
      this.reply &&
      h(
        "div",
        { class: "replying" },
        icon("reply"),
        h("span", { class: "grow" }, say("replyingTo", { name: store.nameOf(this.reply.by) })),
        iconButton("close", say("cancel"), stopReply),
      );
    const chips = this.uploads.chips();
    this.over.replaceChildren(
      ...(reply ? [reply] : []),
      ...(chips.length
        ? [h("div", { class: "chips", role: "group", "aria-label": say("files") }, chips)]
        : []),
    );
    this.grow();
  }

  async send() {
    const text = this.text.value.trim();
    if (this.suggestions.isOpen) this.suggestions.close();
    if (!text && !this.uploads.waiting.length) return this.focus();
    if (this.channel.kind === "forum") return this.publish(text);
    if (text.startsWith("/") && (await this.typedCommand(text.slice(1)))) return;
    const files = this.uploads.waiting.map(({ key }) => key);
    await this.say(text, { files, reply: this.reply?.id ?? null });
  }

  /** Take a command that was typed whole, such as `/model tulu`; gives whether there is one. */
  async typedCommand(typed) {
    const answer = await this.app.ask("commands", { channel: this.channel.id });
    const command = answer?.commands.find(
      ({ name }) => typed === name || typed.startsWith(`${name} `),
    );
    if (!command) return false;
    this.beginCommand(command);
    const rest = typed.slice(command.name.length).trim();
    if (this.command.fill(rest)) this.command.send();
    return true;
  }

  /** Say something here; what was typed is given back if it is refused. */
  async say(text, { files = [], reply = null } = {}) {
    const { store } = this.app;
    const kept = { text: this.text.value, files: this.uploads.waiting, reply: this.reply };
    Object.assign(this, { reply: null, toldTyping: 0 });
    this.uploads.waiting = [];
    if (this.text.value.trim() === text) this.text.value = "";
    this.drawOver();
    const answer = await this.app.ask(
      "say",
      { channel: this.channel.id, text: store.withMentions(text), files, reply },
      (item) => this.app.follow(item.id),
    );
    if (answer) return;
    this.reply = kept.reply;
    this.uploads.waiting = kept.files;
    this.text.value = kept.text;
    this.drawOver();
  }

  async publish(text) {
    const answer = await this.app.ask("post", {
      channel: this.channel.id,
      title: this.title.value,
      text: this.app.store.withMentions(text),
    });
    if (!answer) return this.title.focus();
    this.title.value = this.text.value = "";
    await this.app.open(answer.channel);
  }

  /** A message came: whoever wrote it has stopped typing. */
  came(message) {
    if (message.by === this.app.store.me) this.toldTyping = 0;
  }
}
