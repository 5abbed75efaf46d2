// The files that go along with the next message: chosen, pasted or dropped.

import { h, icon, iconButton, toast } from "/static/dom.js";
import { say } from "/static/words.js";

const LIMIT_BYTES = 10 * 1024 * 1024;

export class Uploads {
  constructor(composer) {
    this.composer = composer;
    this.waiting = [];
  }

  /** Show each with a button that takes it from the message. */
  chips() {
    return this.waiting.map((file) =>
      h(
        "div",
        { class: "chip" },
        icon("file"),
        h("span", {}, file.name),
        iconButton("close", say("remove", { name: file.name }), () => this.detach(file)),
      ),
    );
  }

  pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.attach(files);
  }

  dropped(event) {
    event.preventDefault();
    this.attach([...event.dataTransfer.files]);
  }

  async attach(files) {
    this.composer.chooser.value = "";
    for (const file of files) {
      if (file.size > LIMIT_BYTES) {
        toast(say("tooLarge", { name: file.name }));
        continue;
      }
      try {
        this.waiting.push({ name: file.name, key: await this.composer.app.socket.upload(file) });
      } catch {
        toast(say("uploadFailed", { name: file.name }));
      }
    }
    this.composer.drawOver();
    this.composer.focus();
  }

  detach(file) {
    this.waiting = this.waiting.filter((it) => it !== file);
    this.composer.drawOver();
    this.composer.focus();
  }
}
