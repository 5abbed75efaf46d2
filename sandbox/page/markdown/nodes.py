"""What the page is sent in place of HTML: a tree of plain values, of tags that the page knows.

A node is a text, or a list: its tag, an object of attributes (0 where there are none), its
children. The page makes elements of it with `createElement` and `createTextNode`, so that nothing
in a text can ever become markup.
"""

from collections.abc import Sequence
from typing import Any

Node = str | list[Any]
"""A text, or a tag with attributes and children."""

Block = list[Any]
"""A node that is no text: a paragraph, a list, a block of code."""


def element(tag: str, children: Sequence[Node] = (), **attributes: Any) -> Block:
    """Make a node of a tag; attributes that are null are left out."""
    given = {name: value for name, value in attributes.items() if value is not None}
    return [tag, given or 0, *children]


def plain_text(nodes: Sequence[Node]) -> str:
    """Return what nodes say, on one line and without what is covered."""
    words: list[str] = []
    waiting = list(reversed(nodes))
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            words.append(node)
        elif node[0] == "spoiler":
            words.append("▇▇▇")
        elif node[0] != "mention" or len(node) > 2:
            words.append(" " if node[0] in _APART else "")
            waiting.extend(reversed(node[2:]))
    return " ".join("".join(words).split())


_APART = ("p", "h1", "h2", "h3", "li", "pre", "blockquote", "br", "small")
