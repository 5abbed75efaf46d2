// A slash command that is being filled in: a field for each option, with the bot's suggestions.

import { h, iconButton, toast } from "/static/dom.js";
import { say } from "/static/words.js";

const [INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT] = [
  4, 5, 6, 7, 8, 9, 10, 11,
];
const TYPING_MS = 120;

export class CommandBar {
  constructor(composer, command) {
    this.composer = composer;
    this.app = composer.app;
    this.command = command;
    this.suggestions = composer.suggestions;
    this.fields = command.options
      .filter((it) => it.type !== ATTACHMENT)
      .map((option) => this.field(option));
    const labels = this.fields.map(({ option, input }) =>
      h(
        "label",
        { class: option.required ? "option required" : "option" },
        h("span", {}, option.name),
        input,
      ),
    );
    this.root = h(
      "div",
      { class: "command", role: "group", "aria-label": `/${command.name}` },
      h(
        "div",
        { class: "command-line" },
        h("strong", {}, `/${command.name}`),
        labels,
        iconButton("close", say("cancel"), () => this.close()),
      ),
      h("p", { class: "subtext" }, command.about, " · ", say("commandHint")),
    );
    this.root.addEventListener("keydown", (event) => this.keys(event));
    if (!this.fields.length) this.root.tabIndex = -1;
  }

  field(option) {
    const about = `${option.name}: ${option.about} (${say(option.required ? "required" : "optional")})`;
    const input = h("input", {
      type: "text",
      autocomplete: "off",
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-controls": "suggestions",
      "aria-expanded": "false",
      "aria-label": about,
      placeholder: option.about,
      spellcheck: "false",
    });
    const field = { option, input, value: undefined };
    input.addEventListener("input", () => {
      field.value = undefined;
      this.suggestSoon(field);
    });
    input.addEventListener("focus", () => this.suggestSoon(field));
    return field;
  }

  focus() {
    (this.fields.find(({ option }) => option.required) ?? this.fields[0])?.input.focus();
    if (!this.fields.length) this.root.focus();
  }

  /** Put a text into the first field; gives whether nothing that is needed is missing then. */
  fill(text) {
    if (text && this.fields.length) this.fields[0].input.value = text;
    return !this.fields.some(({ option, input }) => option.required && !input.value);
  }

  suggestSoon(field) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.suggest(field), field.option.autocomplete ? TYPING_MS : 0);
  }

  async suggest(field) {
    const typed = field.input.value;
    const choices = field.option.autocomplete
      ? await this.asked(field, typed)
      : this.fitting(field.option, typed);
    if (document.activeElement !== field.input || field.input.value !== typed) return;
    const items = choices.map(({ name, value, note }) => ({
      title: name,
      note: note ?? (name === String(value) ? "" : String(value)),
      take: () => this.take(field, name, value),
    }));
    field.input.setAttribute("aria-expanded", String(items.length > 0));
    this.suggestions.offer(field.input, items, {
      isChosen: Boolean(typed) && field.value === undefined,
    });
  }

  async asked(field, typed) {
    const options = this.values((each) => each !== field);
    const answer = await this.app.ask("complete", {
      channel: this.app.store.open,
      name: this.command.name,
      option: field.option.name,
      typed,
      options,
    });
    return answer?.choices ?? [];
  }

  fitting(option, typed) {
    const { store } = this.app;
    const people = () =>
      [...store.people.values()].map((it) => ({ name: it.name, value: it.id, note: "" }));
    const roles = () =>
      Object.entries(store.roles).map(([value, name]) => ({ name, value, note: "" }));
    const all =
      {
        [BOOLEAN]: () => [
          { name: "true", value: true },
          { name: "false", value: false },
        ],
        [USER]: people,
        [ROLE]: roles,
        [MENTIONABLE]: () => [...people(), ...roles()],
        [CHANNEL]: () =>
          store
            .ofKind("text", "forum", "thread")
            .map((it) => ({ name: store.titleOf(it), value: it.id, note: "" })),
      }[option.type]?.() ?? option.choices;
    return all.filter(({ name }) => name.toLowerCase().includes(typed.toLowerCase()));
  }

  take(field, name, value) {
    field.input.value = name;
    field.value = value;
    field.input.setAttribute("aria-expanded", "false");
    field.input.focus();
  }

  /** Give the options' values; a choice goes by its value, a number as one. */
  values(isWanted = () => true) {
    const given = this.fields.filter((field) => field.input.value.trim() && isWanted(field));
    return Object.fromEntries(given.map((field) => [field.option.name, this.valueOf(field)]));
  }

  valueOf({ option, input, value }) {
    const typed = input.value.trim();
    if (value !== undefined) return value;
    const choice = option.autocomplete
      ? null
      : this.fitting(option, typed).find(({ name }) => name.toLowerCase() === typed.toLowerCase());
    if (choice) return choice.value;
    if (option.type === INTEGER || option.type === NUMBER)
      return Number.isNaN(Number(typed)) ? typed : Number(typed);
    return typed;
  }

  keys(event) {
    if (this.suggestions.key(event)) return;
    if (event.key === "Escape") this.close();
    else if (
      event.key === "Backspace" &&
      event.target.value === "" &&
      event.target === this.fields[0]?.input
    )
      this.close();
    else if (event.key === "Enter" && event.target.tagName !== "BUTTON" && !event.isComposing)
      this.send();
    else return;
    event.preventDefault();
  }

  async send() {
    const missing = this.fields.find(({ option, input }) => option.required && !input.value.trim());
    if (missing) {
      toast(say("needs", { name: missing.option.name }));
      return missing.input.focus();
    }
    const options = this.values();
    this.close();
    await this.app.ask("slash", { channel: this.app.store.open, name: this.command.name, options });
  }

  close() {
    clearTimeout(this.timer);
    this.suggestions.close();
    this.composer.endCommand();
  }
}
