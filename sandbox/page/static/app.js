// The page's root: makes its parts, and hands on what the server says.

import { Announcer } from "/static/announcer.js";
import { Composer } from "/static/composer.js";
import { by, h, iconButton, toast } from "/static/dom.js";
import { openForm } from "/static/forms.js";
import { MessageList } from "/static/list.js";
import { NodeMaker, refreshTimes } from "/static/nodes.js";
import { Sidebar } from "/static/sidebar.js";
import { Socket } from "/static/socket.js";
import { Store } from "/static/store.js";
import { Typing } from "/static/typing.js";
import { Welcome } from "/static/welcome.js";
import { language, say } from "/static/words.js";

const FOLLOW_MS = 15000;

class App {
  constructor(token) {
    this.store = new Store();
    this.socket = new Socket(token, this);
    this.asked = new Map();
    const names = {
      person: (id) => this.store.nameOf(id),
      role: (id) => this.store.roles[id] ?? "role",
      channelLink: (id) => this.channelLink(id),
    };
    this.nodes = new NodeMaker(names);
    this.announcer = new Announcer(this.store);
    this.typing = new Typing(this.store);
    this.sidebar = new Sidebar(this);
    this.list = new MessageList(this);
    this.composer = new Composer(this);
    this.welcome = new Welcome(this);
  }

  start() {
    document.documentElement.lang = language;
    applyTheme();
    if (localStorage.getItem("counter") === "on") document.body.classList.add("counting");
    this.socket.connect();
    setInterval(refreshTimes, 15000);
  }

  /** Ask the server; what it refuses is shown. Gives null then. */
  async ask(what, fields = {}, atOnce = null) {
    try {
      const answer = await this.socket.ask(what, fields, atOnce);
      if (answer.form) openForm(this, answer.form);
      return answer;
    } catch (error) {
      toast(error.message);
      return null;
    }
  }

  news(item) {
    const known = {
      welcome: () => this.begin(item),
      message: () => this.newMessage(item),
      edit: () => this.list.edit(item.id, item.set, item.now),
      delete: () => this.list.remove(item.id),
      typing: () => this.typing.show(item.by),
      activity: () => this.activity(item),
      channel: () => this.channelNews(item.channel),
      channel_gone: () => this.channelGone(item.id),
      person: () => this.store.people.set(item.person.id, item.person),
      bot: () => this.botNews(item.connected),
    };
    known[item.t]?.();
  }

  /** All of what came together has been shown. */
  taken() {
    this.list.settle();
  }

  begin(item) {
    this.store.welcome(item);
    by("gate").hidden = true;
    by("app").hidden = false;
    this.botNews(item.connected);
    this.welcome.begin();
    this.open(this.store.open ?? sessionStorage.getItem("channel"));
  }

  lost() {
    this.banner(say("lost"));
  }

  refused() {
    sessionStorage.removeItem("token");
    by("app").hidden = true;
    by("gate").hidden = false;
    by("gate-text").textContent = say("wrongToken");
  }

  botNews(connected) {
    this.store.connected = connected;
    this.banner(connected ? "" : say("botAway"));
    this.sidebar.draw();
  }

  banner(text) {
    by("banner").textContent = text;
    by("banner").hidden = !text;
  }

  /** Look at a channel; one that is not there is #general. */
  async open(id) {
    const channel = this.store.channels.get(id) ?? this.store.ofKind("text")[0];
    if (!channel) return;
    this.store.open = channel.id;
    this.store.unread.delete(channel.id);
    sessionStorage.setItem("channel", channel.id);
    this.typing.clear();
    this.announcer.clear();
    this.sidebar.draw();
    this.top(channel);
    this.composer.place(channel);
    await this.ask("open", { channel: channel.id }, (answer) => {
      if (this.store.open === channel.id) this.list.reset(channel, answer);
    });
  }

  top(channel) {
    const kind = { text: "hash", forum: "forum", thread: "thread", direct: "person" }[channel.kind];
    const parent = this.store.channels.get(channel.parent);
    const about = iconButton("question", say("about"), () => this.welcome.toggle(), {
      id: "about-button",
      "aria-expanded": "false",
      "aria-controls": "welcome",
    });
    by("top").replaceChildren(
      iconButton("menu", say("menu"), () => this.sidebar.toggle(), {
        id: "menu-button",
        "aria-controls": "sidebar",
        "aria-expanded": "false",
      }),
      ...(parent
        ? [
            h(
              "button",
              { type: "button", class: "parent", onclick: () => this.open(parent.id) },
              `#${parent.name}`,
            ),
            h("span", { class: "divider", "aria-hidden": "true" }, "›"),
          ]
        : []),
      h(
        "h1",
        { class: `place ${kind}` },
        channel.kind === "text" ? `# ${channel.name}` : this.store.titleOf(channel),
      ),
      channel.archived ? h("span", { class: "badge" }, say("archived")) : "",
      h("span", { class: "grow" }),
      iconButton("gauge", say("counter"), toggleCounter, {
        id: "counter-button",
        "aria-pressed": String(document.body.classList.contains("counting")),
      }),
      iconButton("moon", say("theme"), toggleTheme, { id: "theme-button" }),
      about,
    );
    document.title = `${this.store.titleOf(channel)} · Bobbin`;
    this.welcome.mark();
  }

  newMessage(item) {
    this.typing.hide(item.message.by);
    this.list.add(item.message);
    this.announcer.came(item.message);
    this.composer.came(item.message);
  }

  activity(item) {
    const before = this.store.unread.get(item.channel) ?? 0;
    this.store.unread.set(item.channel, before + (item.mention ? 1 : 0));
    this.sidebar.draw();
  }

  channelNews(channel) {
    const isNew = !this.store.channels.has(channel.id);
    this.store.channels.set(channel.id, channel);
    this.sidebar.draw();
    if (channel.id === this.store.open) this.top(channel);
    this.list.threadNews(channel);
    const said = this.asked.get(channel.id);
    if (isNew && said && Date.now() - said < FOLLOW_MS) this.open(channel.id);
  }

  channelGone(id) {
    this.store.channels.delete(id);
    this.sidebar.draw();
    if (this.store.open === id) this.open(null);
  }

  /** Remember what was said, to go along into the thread that is opened on it. */
  follow(messageId) {
    this.asked.set(messageId, Date.now());
    const thread = this.store.channels.get(messageId);
    if (thread) this.open(thread.id);
  }

  /** Speak as somebody else. */
  async be(person) {
    sessionStorage.setItem("person", person);
    await this.ask("be", { person }, (answer) => this.store.become(answer));
    toast(say("picked", { name: this.store.nameOf(person) }));
    await this.open(this.store.open);
    this.composer.focus();
  }

  channelLink(id) {
    const channel = this.store.channels.get(id);
    if (!channel) return h("span", { class: "mention" }, "#…");
    return h(
      "button",
      { type: "button", class: "mention", onclick: () => this.open(id) },
      channel.kind === "thread" ? channel.name : `#${channel.name}`,
    );
  }
}

function toggleCounter() {
  const isOn = document.body.classList.toggle("counting");
  localStorage.setItem("counter", isOn ? "on" : "off");
  by("counter-button").setAttribute("aria-pressed", String(isOn));
}

function toggleTheme() {
  const isLight =
    getComputedStyle(document.documentElement).getPropertyValue("--theme").trim() === "light";
  localStorage.setItem("theme", isLight ? "dark" : "light");
  applyTheme();
}

function applyTheme() {
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
}

/** Take the key out of the link, so that it is in no history, and keep it for a reload. */
function takeToken() {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (found) {
    sessionStorage.setItem("token", found);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem("token");
}

const token = takeToken();
if (token) {
  by("gate-text").textContent = say("connecting");
  new App(token).start();
} else {
  by("gate-text").textContent = say("noToken");
}
window.addEventListener("hashchange", () => location.hash.includes("token=") && location.reload());
