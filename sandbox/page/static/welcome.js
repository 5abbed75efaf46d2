// The panel for a newcomer: three things to try, and the way to the real Discord.

import { by, h, icon, iconButton } from "/static/dom.js";
import { say } from "/static/words.js";

const PORTAL = "https://discord.com/developers/applications";

export class Welcome {
  constructor(app) {
    this.app = app;
    this.root = by("welcome");
    this.root.setAttribute("aria-label", say("about"));
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.hide());
  }

  /** Show it to whoever has not closed it yet. */
  begin() {
    if (!this.root.childElementCount) this.draw();
    this.root.hidden = localStorage.getItem("welcomed") === "yes";
    this.mark();
  }

  mark() {
    by("about-button")?.setAttribute("aria-expanded", String(!this.root.hidden));
  }

  toggle() {
    if (!this.root.hidden) return this.hide();
    localStorage.removeItem("welcomed");
    this.root.hidden = false;
    this.mark();
    this.root.querySelector("button").focus();
  }

  hide() {
    this.root.hidden = true;
    localStorage.setItem("welcomed", "yes");
    this.mark();
    this.app.composer.focus();
  }

  draw() {
    const tries = ["wTry1", "wTry2", "wTry3"].map((name) =>
      h(
        "li",
        {},
        h(
          "button",
          { type: "button", class: "try", onclick: () => this.try(say(name)) },
          h(
            "span",
            {},
            h("strong", {}, say(name)),
            h("span", { class: "note" }, say(`${name}Note`)),
          ),
          icon("send"),
        ),
      ),
    );
    this.root.append(
      iconButton("close", say("close"), () => this.hide(), { class: "icon-button close" }),
      h("img", { src: "/static/bobbin.svg", alt: "", width: 56, height: 56 }),
      h("h2", {}, say("wTitle")),
      h("p", {}, say("wText")),
      h("h3", {}, say("wTry")),
      h("ul", { class: "tries" }, tries),
      h("p", { class: "subtext" }, say("wAlso")),
      h("details", {}, h("summary", {}, say("wReal")), h("ol", { class: "steps" }, this.steps())),
      h(
        "button",
        { type: "button", class: "button primary narrow-only", onclick: () => this.hide() },
        say("wLater"),
      ),
    );
  }

  steps() {
    const [before, after] = say("wStep1Text").split("{link}");
    const portal = h(
      "a",
      { href: PORTAL, target: "_blank", rel: "noopener noreferrer" },
      say("developerPortal"),
    );
    return [
      h("li", {}, h("strong", {}, say("wStep1")), h("p", {}, before, portal, after)),
      h(
        "li",
        {},
        h("strong", {}, say("wStep2")),
        h("p", {}, say("wStep2Text")),
        code("DISCORD_TOKEN=…"),
      ),
      h("li", {}, h("strong", {}, say("wStep3")), this.invite()),
      h(
        "li",
        {},
        h("strong", {}, say("wStep4")),
        h("p", {}, say("wStep4Text")),
        code("python bot.py --check\nmake run"),
      ),
    ];
  }

  /** Ask for the application id and make the invite link of it. */
  invite() {
    const link = h(
      "a",
      {
        class: "button primary",
        target: "_blank",
        rel: "noopener noreferrer",
        hidden: true,
        id: "invite-link",
      },
      say("wInvite"),
    );
    const problem = h("p", { class: "problem", role: "status" });
    const field = h("input", {
      type: "text",
      inputmode: "numeric",
      autocomplete: "off",
      maxlength: 24,
      placeholder: "1234567890123456789",
      id: "application-id",
    });
    field.addEventListener("input", () => {
      const id = field.value.trim();
      const isRight = /^\d{17,20}$/.test(id);
      const query = new URLSearchParams({
        client_id: id,
        scope: "bot applications.commands",
        permissions: this.app.store.permissions,
      });
      link.hidden = !isRight;
      link.href = `https://discord.com/oauth2/authorize?${query}`;
      problem.textContent = id && !isRight ? say("wIdWrong") : "";
    });
    return h(
      "div",
      { class: "invite" },
      h("p", {}, say("wStep3Text")),
      h("label", { for: "application-id" }, say("wId")),
      field,
      problem,
      link,
    );
  }

  /** Say something to the bot: here, where it listens, else in the first channel, with a mention. */
  async try(text) {
    const { app } = this;
    if (matchMedia("(max-width: 1099px)").matches) this.hide();
    const isHere = app.store.isWithBot(app.store.channel);
    if (!isHere && app.store.channel?.kind !== "text")
      await app.open(app.store.ofKind("text")[0].id);
    await app.composer.say(isHere ? text : `@${app.store.nameOf(app.store.bot)} ${text}`);
  }
}

const code = (text) =>
  h("pre", { tabindex: 0, role: "region", "aria-label": text.split("\n")[0] }, h("code", {}, text));
