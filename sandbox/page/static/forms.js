// The forms that the bot opens (Discord's modals).

import { h, iconButton } from "/static/dom.js";
import { say } from "/static/words.js";

const TEXT = 4;

/** Open a form; it is closed when the bot has taken it, and what was typed is kept until then. */
export function openForm(app, form) {
  const fields = form.inputs.map((input) => [input, fieldOf(app, input)]);
  const before = document.activeElement;
  const dialog = h("dialog", { class: "form", "aria-labelledby": "form-title" });
  const close = () => {
    dialog.close();
    dialog.remove();
    (document.contains(before) ? before : app.composer).focus();
  };
  const submit = async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(fields.map(([input, field]) => [input.id, valueOf(field)]));
    sending.disabled = true;
    const answer = await app.ask("submit", { form: form.id, values });
    sending.disabled = false;
    if (answer) close();
  };
  const sending = h("button", { type: "submit", class: "button primary" }, say("submit"));
  dialog.append(
    h(
      "form",
      { onsubmit: submit },
      h(
        "header",
        {},
        h("h2", { id: "form-title" }, form.title),
        iconButton("close", say("close"), close),
      ),
      fields.map(([input, field]) =>
        h(
          "label",
          {},
          h(
            "span",
            {},
            input.label,
            input.required ? h("span", { class: "needed", "aria-hidden": "true" }, " *") : "",
          ),
          field,
        ),
      ),
      h(
        "footer",
        {},
        h("button", { type: "button", class: "button", onclick: close }, say("cancel")),
        sending,
      ),
    ),
  );
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  document.body.append(dialog);
  dialog.showModal();
  fields[0]?.[1].focus();
}

function fieldOf({ store }, input) {
  if (input.kind === TEXT) {
    const shared = {
      placeholder: input.placeholder,
      required: input.required,
      minlength: input.least || null,
      maxlength: input.most,
      ".value": input.value,
    };
    return input.long
      ? h("textarea", { rows: 5, ...shared })
      : h("input", { type: "text", autocomplete: "off", ...shared });
  }
  const entities =
    { 5: [...store.people.values()], 8: store.ofKind("text", "forum") }[input.kind] ?? [];
  const choices = input.choices.length
    ? input.choices.map((it) => ({ id: it, name: it }))
    : entities;
  return h(
    "select",
    { required: input.required },
    h("option", { value: "" }, say("choose")),
    choices.map((it) => h("option", { value: it.id }, it.name)),
  );
}

const valueOf = (field) =>
  field.tagName === "SELECT" ? [field.value].filter(Boolean) : field.value;
