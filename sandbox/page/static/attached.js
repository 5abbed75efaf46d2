// What hangs on a message: files, embeds, and the bot's buttons and menus.

import { h, icon, size } from "/static/dom.js";
import { say } from "/static/words.js";

const [ROW, BUTTON, STRING_SELECT, SECTION, TEXT, SEPARATOR, CONTAINER] = [1, 2, 3, 9, 10, 14, 17];
const buttonStyles = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link" };

export function filesOf(app, message) {
  return (message.files ?? []).map((file) => {
    if (file.image)
      return h(
        "a",
        { href: file.path, target: "_blank", rel: "noopener" },
        h("img", {
          class: "picture-file",
          src: file.path,
          alt: file.alt ?? file.name,
          loading: "lazy",
        }),
      );
    const about = size(file.bytes);
    return h(
      "a",
      {
        class: "file",
        href: file.path,
        download: file.name,
        "aria-label": say("download", { name: file.name, size: about }),
      },
      icon("file"),
      h("span", {}, h("strong", {}, file.name), h("span", {}, about)),
    );
  });
}

export function embedsOf(app, message) {
  return (message.embeds ?? []).map((embed) => {
    const title =
      embed.title &&
      h(
        "div",
        { class: "embed-title" },
        embed.href
          ? app.nodes.link(embed.href, [embed.title.length ? textOf(embed.title) : ""])
          : app.nodes.all(embed.title),
      );
    const fields = (embed.fields ?? []).map((field) =>
      h(
        "div",
        { class: field.inline ? "field inline" : "field" },
        h("div", { class: "field-name" }, app.nodes.all(field.name)),
        app.nodes.all(field.text),
      ),
    );
    const shown = h(
      "div",
      { class: "embed" },
      embed.author && h("div", { class: "embed-small" }, embed.author),
      title,
      h("div", { class: "embed-text" }, app.nodes.all(embed.text)),
      fields.length ? h("div", { class: "fields" }, fields) : "",
      embed.image && h("img", { class: "picture-file", src: embed.image, alt: "" }),
      embed.footer && h("div", { class: "embed-small" }, embed.footer),
    );
    if (embed.color !== undefined)
      shown.style.borderInlineStartColor = `#${embed.color.toString(16).padStart(6, "0")}`;
    return shown;
  });
}

const textOf = (nodes) =>
  nodes.map((node) => (typeof node === "string" ? node : textOf(node.slice(2)))).join("");

export function componentsOf(app, message, view) {
  return (message.rows ?? [])
    .map((component) => draw(component, { app, message, view }))
    .filter(Boolean);
}

function draw(component, at) {
  const inside = () => (component.inside ?? []).map((each) => draw(each, at)).filter(Boolean);
  switch (component.type) {
    case ROW:
      return h("div", { class: "row" }, inside());
    case BUTTON:
      return button(component, at);
    case TEXT:
      return h("div", { class: "component-text" }, at.app.nodes.all(component.text));
    case SEPARATOR:
      return h("hr");
    case SECTION:
      return h(
        "div",
        { class: "section" },
        h("div", {}, inside()),
        component.accessory ? draw(component.accessory, at) : "",
      );
    case CONTAINER:
      return h("div", { class: "embed" }, inside());
    default:
      return component.type >= STRING_SELECT && component.type <= 8 ? menu(component, at) : null;
  }
}

function button(component, { app, message }) {
  const inner = [component.emoji ?? "", component.label ?? ""].filter(Boolean).join(" ");
  const classes = `bot-button ${buttonStyles[component.style] ?? "secondary"}`;
  if (component.href)
    return h(
      "a",
      {
        class: classes,
        href: component.href,
        target: "_blank",
        rel: "noopener noreferrer nofollow",
      },
      `${inner} ↗`,
    );
  const press = async (event) => {
    const pressed = event.currentTarget;
    if (pressed.getAttribute("aria-busy") === "true") return;
    pressed.setAttribute("aria-busy", "true");
    await app.ask("click", {
      channel: app.store.open,
      message: message.id,
      custom_id: component.custom_id,
    });
    pressed.removeAttribute("aria-busy");
  };
  return h(
    "button",
    {
      type: "button",
      class: classes,
      disabled: component.disabled,
      "data-id": component.custom_id,
      onclick: press,
    },
    inner,
  );
}

/** Give what a menu offers: its own options, or people, roles and channels. */
function offered(component, { store }) {
  const people = [...store.people.values()].map((it) => ({ value: it.id, label: it.name }));
  const roles = Object.entries(store.roles).map(([value, label]) => ({ value, label }));
  const channels = store
    .ofKind("text", "forum", "thread")
    .map((it) => ({ value: it.id, label: store.titleOf(it) }));
  const entities = { 5: people, 6: roles, 7: [...people, ...roles], 8: channels };
  return component.type === STRING_SELECT ? (component.options ?? []) : entities[component.type];
}

function menu(component, { app, message }) {
  const most = component.max_values ?? 1;
  const options = offered(component, app).map((it) =>
    h(
      "option",
      { value: it.value, ".selected": Boolean(it.default), title: it.description },
      it.label,
    ),
  );
  const hint = component.placeholder ?? say("choose");
  const isDefault = (component.options ?? []).some((it) => it.default);
  const first =
    most > 1 || isDefault
      ? []
      : [h("option", { value: "", ".selected": true, disabled: true, hidden: true }, hint)];
  const send = (chosen) => {
    const values = [...chosen.selectedOptions].map((it) => it.value).filter(Boolean);
    app.ask("select", {
      channel: app.store.open,
      message: message.id,
      custom_id: component.custom_id,
      values,
      entities: component.type !== STRING_SELECT,
    });
  };
  const select = h(
    "select",
    {
      class: "bot-menu",
      "aria-label": hint,
      "data-id": component.custom_id,
      disabled: component.disabled,
      multiple: most > 1,
    },
    first,
    options,
  );
  if (most === 1) {
    select.addEventListener("change", () => send(select));
    return select;
  }
  return h(
    "div",
    { class: "row" },
    select,
    h(
      "button",
      { type: "button", class: "bot-button secondary", onclick: () => send(select) },
      say("selectAny"),
    ),
  );
}
