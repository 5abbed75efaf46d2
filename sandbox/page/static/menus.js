// Menus that open over the page: what can be done with a message, and emojis.

import { by, h, icon } from "/static/dom.js";
import { say } from "/static/words.js";

const emojis = [
  ..."👍👎❤️😂🎉🤔👀🙏🔥💯✅❌😀😅😍😎😢😡🤖🧵🚀⭐☕🐛".matchAll(
    /\p{Extended_Pictographic}\uFE0F?/gu,
  ),
].map(([it]) => it);
let closeOpen = () => {};

/** Open a menu at a point or by an element; `back` gets the focus when it is closed. */
export function openMenu(items, where, back) {
  const list = h("div", { class: "menu", role: "menu", "aria-label": say("more") });
  const entries = items.map((item) =>
    h(
      "button",
      {
        type: "button",
        role: "menuitem",
        tabindex: -1,
        class: item.danger ? "danger" : "",
        onclick: () => choose(item),
      },
      icon(item.icon),
      h("span", {}, item.name),
    ),
  );
  const close = show(list, entries, where, back, 1);
  function choose(item) {
    close();
    item.act();
  }
  list.append(...entries);
  place(list, where);
  entries[0].focus();
}

/** Open the emojis to choose one of. */
export function openEmojis(where, back, pick) {
  const list = h("div", { class: "menu emojis", role: "menu", "aria-label": say("emoji") });
  const entries = emojis.map((emoji) =>
    h(
      "button",
      { type: "button", role: "menuitem", tabindex: -1, onclick: () => choose(emoji) },
      emoji,
    ),
  );
  const close = show(list, entries, where, back, 8);
  function choose(emoji) {
    close();
    pick(emoji);
  }
  list.append(...entries);
  place(list, where);
  entries[0].focus();
}

function show(list, entries, where, back, columns) {
  closeOpen();
  const outside = (event) => list.contains(event.target) || close(false);
  const close = (isBack = true) => {
    list.remove();
    document.removeEventListener("pointerdown", outside, true);
    if (isBack) back?.focus();
    closeOpen = () => {};
  };
  closeOpen = () => close(false);
  document.addEventListener("pointerdown", outside, true);
  list.addEventListener("keydown", (event) => keys(event, entries, columns, close));
  by("main").append(list);
  return close;
}

function keys(event, entries, columns, close) {
  const steps = { ArrowDown: columns, ArrowUp: -columns, ArrowRight: 1, ArrowLeft: -1 };
  const at = entries.indexOf(document.activeElement);
  if (event.key === "Escape" || event.key === "Tab") close();
  else if (event.key in steps)
    entries[(at + steps[event.key] + entries.length) % entries.length].focus();
  else if (event.key === "Home") entries[0].focus();
  else if (event.key === "End") entries.at(-1).focus();
  else return;
  event.preventDefault();
}

/** Put a menu where all of it is seen. */
function place(list, where) {
  const box = where.getBoundingClientRect?.();
  const { x, y } = box ? { x: box.right - list.offsetWidth, y: Math.max(box.top, 0) + 30 } : where;
  const most = { x: innerWidth - list.offsetWidth - 8, y: innerHeight - list.offsetHeight - 8 };
  list.style.left = `${Math.max(8, Math.min(x, most.x))}px`;
  list.style.top = `${Math.max(8, Math.min(y, most.y))}px`;
}
