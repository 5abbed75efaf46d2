// The page's WebSocket: requests with answers, news to a listener, and a new try when it is lost.

import { language } from "/static/words.js";

const WRONG_TOKEN = 4001;
const longestWait = 5000;

/** Speaks to the server. `on` has `news(item)`, `lost()`, and `refused()` for a wrong token. */
export class Socket {
  constructor(token, on) {
    this.token = token;
    this.on = on;
    this.number = 0;
    this.waiting = new Map();
    this.wait = 250;
  }

  connect() {
    this.socket = new WebSocket(`ws://${location.host}/socket`);
    this.socket.addEventListener("open", () => {
      const person = sessionStorage.getItem("person") ?? "";
      this.socket.send(JSON.stringify({ token: this.token, language, person }));
    });
    this.socket.addEventListener("message", (event) => {
      this.wait = 250;
      for (const item of JSON.parse(event.data)) this.take(item);
      this.on.taken();
    });
    this.socket.addEventListener("close", (event) => this.closed(event));
  }

  take(item) {
    const asked = this.waiting.get(item.n);
    if (item.t !== "done" && item.t !== "refused") return this.on.news(item);
    this.waiting.delete(item.n);
    if (item.t === "done") {
      asked?.atOnce?.(item);
      return asked?.resolve(item);
    }
    return asked?.reject(new Error(item.why));
  }

  closed(event) {
    for (const { reject } of this.waiting.values()) reject(new Error("…"));
    this.waiting.clear();
    if (event.code === WRONG_TOKEN) return this.on.refused();
    this.on.lost();
    setTimeout(() => this.connect(), this.wait);
    this.wait = Math.min(this.wait * 2, longestWait);
  }

  /**
   * Ask for something to be done; gives the answer, or throws an error that says why not.
   * `atOnce` gets the answer before any news that came after it.
   */
  ask(what, fields = {}, atOnce = null) {
    if (this.socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error("…"));
    const n = ++this.number;
    this.socket.send(JSON.stringify({ n, do: what, ...fields }));
    return new Promise((resolve, reject) => this.waiting.set(n, { resolve, reject, atOnce }));
  }

  /** Upload a file; gives the key to post it with. */
  async upload(file) {
    const where = `/uploads?name=${encodeURIComponent(file.name)}`;
    const answer = await fetch(where, {
      method: "POST",
      body: file,
      headers: { "X-Page-Token": this.token },
    });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return (await answer.json()).key;
  }
}
