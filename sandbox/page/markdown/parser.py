"""Reads a message the way Discord shows it, into blocks of nodes (see `nodes.py`).

Code and quotes are found by Discord's own rules, which are not CommonMark's; what is between them
is read by markdown-it-py with HTML off. A text is bounded in length and in nesting, so that none
takes long: what is over the bound is shown, but as it is.
"""

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from sandbox.page.markdown.highlighting import code_block
from sandbox.page.markdown.nodes import Block, Node, element
from sandbox.page.markdown.rules import make_parser, web_address

_READ_CHARS = 4096
"""The longest text that Discord shows: an embed's description."""
_NESTING = 16
_HEADING_LEVELS = ("h1", "h2", "h3")

_STRUCTURE = re.compile(
    r"```(?:(?P<language>[A-Za-z0-9_+\-.#]+)\n)?(?P<code>.*?)```"
    r"|(?P<quote>(?:^> [^\n]*(?:\n|\Z))+)"
    r"|^>>> (?P<rest>.*)\Z",
    re.DOTALL | re.MULTILINE,
)
_ADDRESS = re.compile(r"https?://[^\s<>|]*[^\s<>|.,:;!?\"')\]*_~]")
_TAGS = {
    "paragraph": "p",
    "bullet_list": "ul",
    "ordered_list": "ol",
    "list_item": "li",
    "em": "em",
    "strong": "strong",
    "s": "s",
    "spoiler": "spoiler",
    "subtext": "small",
}


class Markdown:
    """A reader of Discord's Markdown; it keeps nothing between two texts."""

    def __init__(self) -> None:
        self._parser: MarkdownIt = make_parser(_NESTING)

    def blocks(self, text: str) -> list[Block]:
        """Read a text.

        Returns:
            Its blocks. What is over 4,096 characters is a last paragraph, unread.
        """
        read, rest = text[:_READ_CHARS], text[_READ_CHARS:]
        blocks = list(self._structure(read, may_quote=True))
        return [*blocks, element("p", [rest])] if rest else blocks

    def _structure(self, text: str, *, may_quote: bool) -> Iterator[Block]:
        """Find code and quotes; a quote is not looked for inside of another."""
        position = 0
        for found in _STRUCTURE.finditer(text):
            if found["code"] is None and not may_quote:
                continue
            yield from self._plain(text[position : found.start()])
            position = found.end()
            if found["code"] is not None:
                yield code_block(found["code"].strip("\n"), found["language"] or "")
                continue
            inner = found["rest"] or re.sub(r"^> ", "", found["quote"] or "", flags=re.MULTILINE)
            yield element("blockquote", list(self._structure(inner, may_quote=False)))
        yield from self._plain(text[position:])

    def _plain(self, text: str) -> Sequence[Block]:
        """Read what has neither code nor quotes."""
        if not text.strip():
            return ()
        return _Tree().build(self._parser.parse(text))


class _Tree:
    """Makes nodes of markdown-it's tokens, without recursion and no deeper than is bounded."""

    def __init__(self) -> None:
        self._stack: list[Block] = [["root", 0]]
        self._ignored = 0

    def build(self, tokens: Sequence[Token]) -> list[Block]:
        """Make the blocks of a whole text."""
        for token in tokens:
            if token.type == "inline":
                for child in token.children or ():
                    self._add(child)
            else:
                self._add(token)
        return self._stack[0][2:]

    def _add(self, token: Token) -> None:
        if token.nesting == 1:
            self._open(token)
        elif token.nesting == -1:
            self._close()
        else:
            self._stack[-1].extend(_leaf(token, in_link=self._stack[-1][0] == "a"))

    def _open(self, token: Token) -> None:
        if len(self._stack) > _NESTING * 2:
            self._ignored += 1
            return
        node = _opened(token)
        self._stack[-1].append(node)
        self._stack.append(node)

    def _close(self) -> None:
        if self._ignored:
            self._ignored -= 1
        else:
            self._stack.pop()


def _opened(token: Token) -> Block:
    """Make the node that a token opens."""
    kind = token.type.removesuffix("_open")
    if kind == "heading":
        level = int(token.tag[1:])
        if level <= len(_HEADING_LEVELS):
            return element(_HEADING_LEVELS[level - 1])
        return element("p", [f"{token.markup} "])
    if kind == "link":
        return element("a", href=token.attrGet("href"))
    if kind == "strong" and token.markup == "__":
        return element("u")
    start = token.attrGet("start") if kind == "ordered_list" else None
    return element(_TAGS[kind], start=None if start is None else int(start))


def _leaf(token: Token, *, in_link: bool) -> Iterator[Node]:
    """Make the nodes of a token that holds nothing."""
    if token.type in ("softbreak", "hardbreak"):
        yield element("br")
    elif token.type == "code_inline":
        yield element("code", [token.content])
    elif token.type == "tag":
        yield _tag(token)
    elif in_link:
        yield token.content
    else:
        yield from _with_links(token.content)


def _tag(token: Token) -> Node:
    """Make the node of a mention, time, emoji or command."""
    match token.meta:
        case {"time": seconds, **more}:
            return element("time", at=int(seconds), style=more.get("style"))
        case {"person": _, "id": identifier}:
            return element("mention", person=identifier)
        case {"role": _, "id": identifier}:
            return element("mention", role=identifier)
        case {"channel": _, "id": identifier}:
            return element("mention", channel=identifier)
        case {"everyone": text}:
            return element("mention", [text])
        case {"command": name}:
            return element("mention", [f"/{name}"])
        case {"emoji": name}:
            return f":{name}:"
        case _:
            raise ValueError(f"no such tag: {token.meta}")


def _with_links(text: str) -> Iterator[Node]:
    """Make links of the web addresses in a text."""
    position = 0
    for found in _ADDRESS.finditer(text):
        address = web_address(found[0])
        if address is None:
            continue
        if found.start() > position:
            yield text[position : found.start()]
        yield element("a", [found[0]], href=address)
        position = found.end()
    if position < len(text):
        yield text[position:]
