"""What Discord's Markdown has and CommonMark has not, as rules for markdown-it-py.

Source: Discord's help center, "Markdown Text 101", and its documentation, "Message Formatting".
"""

import re
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

_TAG = re.compile(
    r"<(?:(?P<person>@!?)|(?P<role>@&)|(?P<channel>#))(?P<id>[0-9]{1,20})>"
    r"|<t:(?P<time>-?[0-9]{1,13})(?::(?P<style>[tTdDfFR]))?>"
    r"|<a?:(?P<emoji>\w{2,32}):[0-9]{1,20}>"
    r"|</(?P<command>[-\w ]{1,100}):[0-9]{1,20}>"
)
_EVERYONE = re.compile(r"@(?:everyone|here)\b")
_SUBTEXT = "-# "
_SPOILER = "||"
_LEVELS_OF_A_LIST = 2
"""The library counts a list and its entry apart."""


class _DiscordMarkdown(MarkdownIt):
    """The library's parser, for which only addresses of the web are links."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        return web_address(url) is not None


def make_parser(nesting: int) -> MarkdownIt:
    """Make a parser of what Discord shows; it knows no HTML, images, tables or entities.

    Args:
        nesting: How deep lists and spans may be inside of each other.
    """
    parser = _DiscordMarkdown("zero", {"breaks": True, "maxNesting": nesting})
    parser.enable(["heading", "list", "newline", "escape", "backticks", "strikethrough"])
    parser.enable(["emphasis", "link", "autolink", "balance_pairs", "fragments_join"])
    parser.block.ruler.before("list", "too_deep", _too_deep)
    options = {"alt": ["paragraph", "list"]}
    parser.block.ruler.before("list", "subtext", _subtext, options)  # pyright: ignore[reportArgumentType] - its option type wants every key
    parser.inline.ruler.before("autolink", "tag", _tag)
    parser.inline.ruler.before("emphasis", "spoiler", _spoiler)
    parser.inline.ruler.before("emphasis", "everyone", _everyone)
    parser.inline.add_terminator_char("|")
    return parser


def _too_deep(state: StateBlock, line: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - the library's signature
    """Read what is nested too deep as plain lines: the library would leave it out."""
    if state.level < state.md.options.maxNesting - _LEVELS_OF_A_LIST or silent:
        return False
    state.line = end
    state.push("paragraph_open", "p", 1)
    inline = state.push("inline", "", 0)
    lines = state.getLines(line, end, state.blkIndent, keepLastLF=False)
    inline.content, inline.children = lines.strip(), []
    state.push("paragraph_close", "p", -1)
    return True


def _subtext(state: StateBlock, line: int, _end: int, silent: bool) -> bool:  # noqa: FBT001
    """Read a line of small text."""
    start, stop = state.bMarks[line] + state.tShift[line], state.eMarks[line]
    text = state.src[start:stop]
    if not text.startswith(_SUBTEXT) or not text[len(_SUBTEXT) :].strip():
        return False
    if silent:
        return True
    state.line = line + 1
    state.push("subtext_open", "small", 1)
    inline = state.push("inline", "", 0)
    inline.content, inline.children = text[len(_SUBTEXT) :].strip(), []
    state.push("subtext_close", "small", -1)
    return True


def _tag(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """Read a mention, a time, an emoji of a server's own, or a command."""
    if state.src[state.pos] != "<":
        return False
    found = _TAG.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        token = state.push("tag", "", 0)
        token.meta = {name: value for name, value in found.groupdict().items() if value is not None}
    state.pos = found.end()
    return True


def _everyone(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """Read a mention of everybody."""
    if state.src[state.pos] != "@":
        return False
    found = _EVERYONE.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("tag", "", 0).meta = {"everyone": found[0]}
    state.pos = found.end()
    return True


def _spoiler(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """Read a text that is covered until it is clicked; none is inside of another."""
    start, limit = state.pos, state.posMax
    if not state.src.startswith(_SPOILER, start, limit) or state.env.get("in_spoiler"):
        return False
    end = state.src.find(_SPOILER, start + 2, limit)
    if end <= start + 2:
        return False
    if not silent:
        state.push("spoiler_open", "spoiler", 1)
        state.pos, state.posMax = start + 2, end
        state.env["in_spoiler"] = True
        state.md.inline.tokenize(state)
        state.env["in_spoiler"] = False
        state.push("spoiler_close", "spoiler", -1)
    state.pos, state.posMax = end + 2, limit
    return True


def web_address(text: str) -> str | None:
    """Return an address of the web as it is; null for anything else, such as `javascript:`."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if parts.scheme in ("http", "https") and parts.netloc else None
