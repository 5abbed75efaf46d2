// What can be done with a message: its menu, reactions, editing it where it stands.

import { h } from "/static/dom.js";
import { openEmojis, openMenu } from "/static/menus.js";
import { say } from "/static/words.js";

export class MessageActs {
  constructor(view) {
    this.view = view;
  }

  get place() {
    return { channel: this.view.app.store.open, message: this.view.message.id };
  }

  /** Open the menu of all that can be done, the bot's own commands for messages too. */
  async menu(event) {
    if (this.view.message.ephemeral || event.target.closest?.("a, textarea")) return;
    event.preventDefault();
    const { app, message, article } = this.view;
    const { place } = this;
    const answer = await app.ask("commands", { channel: app.store.open });
    const items = [
      { name: say("react"), icon: "smile", act: () => this.pickEmoji(article) },
      { name: say("reply"), icon: "reply", act: () => app.composer.replyTo(message) },
      this.view.isMine && { name: say("edit"), icon: "edit", act: () => this.edit() },
      app.store.channel?.kind === "text" &&
        !message.thread && {
          name: say("startThread"),
          icon: "thread",
          act: () => this.startThread(),
        },
      { name: say("copy"), icon: "copy", act: () => this.copy() },
      ...(answer?.menu ?? []).map((name) => ({
        name,
        icon: "apps",
        act: () => app.ask("menu", { name, ...place }),
      })),
      this.view.isMine && {
        name: say("delete"),
        icon: "delete",
        danger: true,
        act: () => this.delete(),
      },
    ];
    openMenu(
      items.filter(Boolean),
      event.clientX ? { x: event.clientX, y: event.clientY } : article,
      article,
    );
  }

  pickEmoji(near) {
    openEmojis(near, this.view.article, (emoji) => this.react(emoji));
  }

  react(emoji) {
    this.view.app.ask("react", { ...this.place, emoji });
  }

  async copy() {
    const answer = await this.view.app.ask("source", this.place);
    if (answer) await navigator.clipboard?.writeText(answer.text);
  }

  startThread() {
    const name = this.view.body.textContent.trim().slice(0, 60) || say("aThread");
    this.view.app
      .ask("thread", { ...this.place, name })
      .then((answer) => answer && this.view.app.open(answer.channel));
  }

  async delete() {
    await this.view.app.ask("delete", this.place);
  }

  /** Edit it where it stands. */
  async edit() {
    const { place } = this;
    const answer = await this.view.app.ask("source", place);
    if (!answer || this.editor) return;
    const close = () => {
      this.editor.remove();
      this.editor = null;
      this.view.body.hidden = false;
      this.view.article.focus();
    };
    const field = h("textarea", {
      "aria-label": say("edit"),
      rows: Math.min(10, answer.text.split("\n").length + 1),
      maxlength: 4000,
      ".value": this.view.app.store.withNames(answer.text),
    });
    field.addEventListener("keydown", async (event) => {
      if (event.key === "Escape") close();
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      if (
        await this.view.app.ask("edit", {
          ...place,
          text: this.view.app.store.withMentions(field.value),
        })
      )
        close();
    });
    this.editor = h(
      "div",
      { class: "editor" },
      field,
      h("p", { class: "subtext" }, say("editing")),
    );
    this.view.body.hidden = true;
    this.view.body.after(this.editor);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }
}
