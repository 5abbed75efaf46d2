"""Colours code: Pygments tells what each word is, in a few classes that the page's style knows."""

from pygments.lexer import Lexer
from pygments.lexers import (
    get_lexer_by_name,  # pyright: ignore[reportUnknownVariableType] - its options are untyped
)
from pygments.token import Comment, Generic, Keyword, Literal, Name, Number, Operator, String
from pygments.token import _TokenType as TokenType  # pyright: ignore[reportPrivateUsage] - untyped

from sandbox.page.markdown.nodes import Block, Node

_CLASSES = (
    (Comment, "c"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (Number, "m"),
    (String, "s"),
    (Literal, "s"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Name.Decorator, "f"),
    (Name.Tag, "k"),
    (Name.Attribute, "f"),
    (Name.Builtin, "b"),
    (Name.Constant, "b"),
    (Generic.Inserted, "i"),
    (Generic.Deleted, "d"),
    (Generic.Heading, "k"),
)
_LANGUAGES = frozenset(
    (  # noqa: SIM905 - eighty lines of one word each are no clearer
        "bash c c++ cpp cs csharp css diff docker dockerfile elixir erlang go golang graphql"
        " haskell html http ini java javascript js json jsx kotlin kt latex lua make makefile"
        " markdown md nginx objc ocaml php powershell ps1 py python python3 r rb rs ruby rust"
        " scala sh shell sql swift tex toml ts tsx typescript vim xml yaml yml zsh"
    ).split()
)
"""The languages that are coloured. Others are shown plain: no lexer of Pygments that nobody here
has looked at is run over a stranger's text."""


def code_block(code: str, language: str) -> Block:
    """Make the node of a block of code: `pre` with texts and `span`s whose class is in `k`."""
    language = language.lower()
    children: list[Node] = []
    if language in _LANGUAGES:
        for kind, text in _lexer(language).get_tokens(code):
            _add(children, _class_of(kind), text)
    else:
        children.append(code)
    return ["pre", {"l": language} if language else 0, *children]


def _add(children: list[Node], name: str, text: str) -> None:
    """Add a word, joined to the one before where both are of one class."""
    last = children[-1] if children else None
    if not name and isinstance(last, str):
        children[-1] = last + text
    elif name and isinstance(last, list) and last[1]["k"] == name:
        last[2] += text
    else:
        children.append(["span", {"k": name}, text] if name else text)


def _lexer(language: str) -> Lexer:
    return get_lexer_by_name(language, stripnl=False, ensurenl=False)


def _class_of(kind: TokenType) -> str:
    return next((name for parent, name in _CLASSES if kind in parent), "")
