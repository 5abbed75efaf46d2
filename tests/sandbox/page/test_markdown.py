"""The reader of Discord's Markdown."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.page.markdown.nodes import plain_text
from sandbox.page.markdown.parser import Markdown
from sandbox.page.markdown.rules import web_address
from tests.sandbox.page.page_client import text_of

_TAGS = {
    *("p", "h1", "h2", "h3", "ul", "ol", "li", "blockquote", "em", "strong", "u", "s", "small"),
    *("code", "span", "br", "pre", "a", "spoiler", "time", "mention"),
}
_MARKUP = st.text(alphabet="*_~|`>#-[]()<@!&:t1 \nabh.https/\\\"'x", max_size=300)


def _tags(nodes: list[Any]) -> set[str]:
    found: set[str] = set()
    for node in _elements(nodes):
        found |= {node[0]} | _tags(node[2:])
    return found


def _elements(nodes: list[Any]) -> list[list[Any]]:
    return [node for node in nodes if isinstance(node, list)]


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("**a**", ["strong", 0, "a"]),
        ("__a__", ["u", 0, "a"]),
        ("*a*", ["em", 0, "a"]),
        ("_a_", ["em", 0, "a"]),
        ("~~a~~", ["s", 0, "a"]),
        ("||a *b*||", ["spoiler", 0, "a ", ["em", 0, "b"]]),
        ("`a *b*`", ["code", 0, "a *b*"]),
        ("<@12>", ["mention", {"person": "12"}]),
        ("<@!12>", ["mention", {"person": "12"}]),
        ("<@&12>", ["mention", {"role": "12"}]),
        ("<#12>", ["mention", {"channel": "12"}]),
        ("@everyone", ["mention", 0, "@everyone"]),
        ("<t:1700000000:R>", ["time", {"at": 1700000000, "style": "R"}]),
        ("<t:-5>", ["time", {"at": -5}]),
        ("</model:12>", ["mention", 0, "/model"]),
        ("<:party:12>", ":party:"),
        ("[a](https://e.org)", ["a", {"href": "https://e.org"}, "a"]),
        ("<https://e.org>", ["a", {"href": "https://e.org"}, "https://e.org"]),
        ("https://e.org/a_b_c", ["a", {"href": "https://e.org/a_b_c"}, "https://e.org/a_b_c"]),
        ("\\*a\\*", "*a*"),
        ("snake_case_name", "snake_case_name"),
    ],
)
def test_a_span_is_what_discord_makes_of_it(text: str, node: object) -> None:
    """A span of Discord's Markdown becomes its node."""
    assert Markdown().blocks(text) == [["p", 0, node]]


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("# a", [["h1", 0, "a"]]),
        ("### a", [["h3", 0, "a"]]),
        ("-# a *b*", [["small", 0, "a ", ["em", 0, "b"]]]),
        ("a\n-# b", [["p", 0, "a"], ["small", 0, "b"]]),
        ("a\nb", [["p", 0, "a", ["br", 0], "b"]]),
        ("- a\n- b", [["ul", 0, ["li", 0, ["p", 0, "a"]], ["li", 0, ["p", 0, "b"]]]]),
        ("3. a", [["ol", {"start": 3}, ["li", 0, ["p", 0, "a"]]]]),
        ("> a\nb", [["blockquote", 0, ["p", 0, "a"]], ["p", 0, "b"]]),
        (">>> a\n\nb", [["blockquote", 0, ["p", 0, "a"], ["p", 0, "b"]]]),
        ("```\na\n```", [["pre", 0, "a"]]),
        ("a ```b``` c", [["p", 0, "a"], ["pre", 0, "b"], ["p", 0, "c"]]),
        ("> ```\n> a\n> ```", [["blockquote", 0, ["pre", 0, "a"]]]),
        ("    a", [["p", 0, "a"]]),
        ("~~~\na", [["p", 0, "~~~", ["br", 0], "a"]]),
        ("```klingon\nqo\n```", [["pre", {"l": "klingon"}, "qo"]]),
    ],
)
def test_a_block_is_what_discord_makes_of_it(text: str, blocks: object) -> None:
    """A block of Discord's Markdown becomes its node; what Discord does not know is text."""
    assert Markdown().blocks(text) == blocks


def test_code_is_coloured() -> None:
    """Code of a known language has its words told apart, and says what was written."""
    (block,) = Markdown().blocks("```py\ndef f(): # x\n    return 'y'\n```")
    assert ["span", {"k": "k"}, "def"] in block
    assert ["span", {"k": "c"}, "# x"] in block
    assert text_of([block]) == "def f(): # x\n    return 'y'"


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "&lt;b&gt;",
        "<b>a</b>",
        "![a](b)",
    ],
)
def test_html_is_text(text: str) -> None:
    """HTML, entities and images are shown as they were written."""
    assert Markdown().blocks(text) == [["p", 0, text]]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,a",
        "file:///etc/passwd",
        "//e.org",
        "https:",
        "vbscript:a",
    ],
)
def test_only_addresses_of_the_web_are_links(address: str) -> None:
    """No link leads anywhere but to http and https."""
    assert web_address(address) is None
    assert "a" not in _tags(Markdown().blocks(f"[a]({address}) <{address}>"))


@given(_MARKUP)
def test_no_text_makes_anything_but_known_nodes(text: str) -> None:
    """Whatever is written, only nodes that the page knows come of it, and JSON can carry them."""
    blocks = Markdown().blocks(text)
    assert _tags(blocks) <= _TAGS
    assert json.loads(json.dumps(blocks)) == blocks
    assert isinstance(plain_text(blocks), str)


@pytest.mark.parametrize(
    "unit",
    [
        "> ",
        "- ",
        "1. ",
        "*a _b ",
        "||",
        "[",
        "[a](",
        "**",
        "_*",
        "<",
        "`a``b```",
        "~~a",
        "\\",
        "> \n",
        "``` ",
    ],
)
def test_nesting_without_end_does_not_hang(unit: str) -> None:
    """100,000 characters of nested Markdown are read in two seconds, into few levels."""
    text = (unit * 100_000)[:100_000]
    began = time.process_time()
    blocks = Markdown().blocks(text)
    assert time.process_time() - began < 2.0
    assert _depth(blocks) < 120
    assert text_of(blocks).endswith(text[-1000:])


def _depth(nodes: list[Any]) -> int:
    return 1 + max((_depth(node[2:]) for node in _elements(nodes)), default=0)


def test_a_preview_hides_what_is_covered() -> None:
    """The line that shows what was answered has no markup and tells no spoiler."""
    blocks = Markdown().blocks("# a\n**b** ||secret||\n- c")
    assert plain_text(blocks) == "a b ▇▇▇ c"


@pytest.mark.parametrize("text", ["- " * 30 + "hello", "1. " * 30 + "hello", "> - " * 30 + "hello"])
def test_what_is_nested_too_deep_is_still_shown(text: str) -> None:
    """A text under more levels than are shown is not left out."""
    assert text_of(Markdown().blocks(text)).endswith("hello")
