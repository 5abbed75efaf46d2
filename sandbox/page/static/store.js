// What the page knows: people, roles, channels, what is unread.

import { older } from "/static/dom.js";
import { say } from "/static/words.js";

export class Store {
  constructor() {
    this.people = new Map();
    this.channels = new Map();
    this.unread = new Map();
    this.roles = {};
    this.speakers = [];
    this.open = null;
  }

  /** Begin anew from what the server says. */
  welcome(item) {
    Object.assign(this, {
      speakers: item.speakers,
      guild: item.guild,
      bot: item.bot,
      roles: item.roles,
      connected: item.connected,
      permissions: item.permissions,
    });
    this.people = new Map(item.people.map((person) => [person.id, person]));
    this.become(item);
  }

  /** Look through somebody's eyes. */
  become(item) {
    this.me = item.me;
    this.channels = new Map(item.channels.map((channel) => [channel.id, channel]));
    this.unread.clear();
  }

  get myself() {
    return this.people.get(this.me);
  }

  get channel() {
    return this.channels.get(this.open);
  }

  nameOf(id) {
    return this.people.get(id)?.name ?? say("unknown");
  }

  /** Give a channel's name as people write it. */
  titleOf(channel) {
    if (!channel) return "";
    if (channel.kind === "direct") return this.nameOf(this.bot);
    return channel.kind === "thread" ? channel.name : `#${channel.name}`;
  }

  /** Give the channels of a kind, or a channel's threads, the oldest first. */
  ofKind(...kinds) {
    return [...this.channels.values()]
      .filter((it) => kinds.includes(it.kind))
      .sort((a, b) => older(a.id, b.id));
  }

  threadsOf(parent) {
    return this.ofKind("thread").filter((it) => it.parent === parent);
  }

  /** Whether the bot hears what is said here without being mentioned: in its threads and directly. */
  isWithBot(channel) {
    return channel?.kind === "direct" || (channel?.kind === "thread" && channel.owner === this.bot);
  }

  /** Turn `@name` into the mentions that are sent, the longest names first. */
  withMentions(text) {
    const people = [...this.people.values()].sort((a, b) => b.name.length - a.name.length);
    for (const { id, name } of people) {
      const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      text = text.replace(new RegExp(`(?<![\\w<])@${escaped}(?![\\w-])`, "giu"), `<@${id}>`);
    }
    return text;
  }

  /** Turn mentions back into `@name`, to be edited. */
  withNames(text) {
    return text.replace(/<@!?(\d+)>/g, (whole, id) =>
      this.people.has(id) ? `@${this.nameOf(id)}` : whole,
    );
  }
}
