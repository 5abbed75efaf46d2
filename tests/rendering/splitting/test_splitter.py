"""The laws of splitting, for any text and any way of cutting it into chunks.

Longer than a module should be: every text that once broke a law is kept here as an example.
"""

import pytest
import regex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rendering.splitting.splitter import SMALLEST_LIMIT_CHARS, Part, Splitter, rejoin
from tests.rendering.splitting.discord_markdown import has_stray_fence, mark_code, read_code_blocks

FRAGMENTS = (
    *("```", "``", "`", "```py\n", "\n```\n", "> ```c++\n> ", "````", "\n", "\n\n", " ", "    "),
    *("**", "*", "__", "_", "~~", "||", "\\", "a", "word ", "A sentence. ", "longer" * 9),
    *(
        "- item\n",
        "  - nested\n",
        "> quote ",
        ">>> ",
        "# ",
        "-# ",
        "1. ",
        "| a | b |\n|---|---|\n",
        "| 1 | 2 |\n",
    ),
    *("[link](https://example.org/a_(b))", "[lab", "](", ")", "https://example.org/" + "p" * 50),
    *("<@123456>", "<#1>", "<@&1>", "<:name:12>", "<t:1:R>", "<", "\u05e9\u05dc\u05d5\u05dd "),
    *(
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "e\u0301",
        "\u0301",
        "\u3002",
        "\r\n",
        "\u00a0",
    ),
)
pieces = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=6), max_size=60).map("".join)
texts = st.tuples(pieces, st.integers(1, 4), pieces).map(
    lambda drawn: drawn[0] * drawn[1] + drawn[2]
)
limits = st.integers(SMALLEST_LIMIT_CHARS, 200)
cut_lengths = st.lists(st.integers(1, 40), min_size=1, max_size=8)
law = settings(deadline=None, max_examples=80)


def cut(text: str, lengths: list[int]) -> list[str]:
    """Cut ``text`` into chunks whose lengths go round in ``lengths``."""
    chunks: list[str] = []
    position = 0
    while position < len(text):
        length = lengths[len(chunks) % len(lengths)]
        chunks.append(text[position : position + length])
        position += length
    return chunks


def split(text: str, limit: int = 2000, notice: str = "") -> list[Part]:
    """Return the parts of a text fed at once."""
    splitter = Splitter(limit)
    splitter.feed(text)
    splitter.finish(notice)
    return list(splitter.parts)


def squeeze(text: str) -> str:
    """Return ``text`` without its white space."""
    return "".join(text.split())


def mark_visible(content: str) -> list[tuple[str, bool]]:
    """Return each visible character and whether it is in code."""
    marks = zip(content, mark_code(content), strict=True)
    return [(character, is_code) for character, is_code in marks if not character.isspace()]


def mark_upstream(part: Part) -> list[tuple[str, bool]]:
    """Return each visible upstream character of a part and whether it is shown in code."""
    added = [(0, len(part.opened)), *part.added, (len(part.content) - len(part.closed), 10**9)]
    return [
        (character, is_code)
        for position, (character, is_code) in enumerate(
            zip(part.content, mark_code(part.content), strict=True)
        )
        if not character.isspace() and not any(start <= position < end for start, end in added)
    ]


@law
@given(texts, limits, cut_lengths)
def test_chunks_do_not_matter(text: str, limit: int, lengths: list[int]) -> None:
    """However the text is cut into chunks, the parts are those of the text fed at once."""
    splitter = Splitter(limit)
    for chunk in cut(text, lengths):
        splitter.feed(chunk)
    splitter.finish()
    assert list(splitter.parts) == split(text, limit)


@law
@given(texts, limits)
def test_parts_rejoin_to_the_text(text: str, limit: int) -> None:
    """The parts, less what was added, are the text but for white space at their borders."""
    parts = split(text, limit)
    position = 0
    for part in parts:
        gap = len(text[position:]) - len(text[position:].lstrip())
        core = part.upstream.strip()
        start = text.index(core, position, position + gap + len(core))
        assert not text[position:start].strip()
        position = start + len(core)
    assert not text[position:].strip()
    assert squeeze(rejoin(parts)) == squeeze(text)
    covered = "".join(part.text for part in parts)
    assert text.startswith(covered)
    assert not text[len(covered) :].strip()


@law
@given(texts, limits, st.sampled_from(["", "-# Stopped by someone."]))
def test_parts_are_within_the_limit(text: str, limit: int, notice: str) -> None:
    """Each part shows something and is within the limit as Discord counts, its ends trimmed."""
    for part in split(text, limit, notice):
        assert part.content == part.content.strip()
        assert 0 < len(part.content) <= limit
        assert part.content.startswith(part.opened)
        assert part.content.endswith(part.closed)


@law
@given(texts, limits)
@example("`||``\r\nhttps://example.org/" + "p" * 50, 64)
@example("```\n```\n`word word word word word word word word word word word\r\n``*a word", 64)
@example("```\n```py\n`a``" + "longer" * 9 + "word *``[link](https://example.org/a_(b))", 100)
@example("```" + "letters" * 30 + "\ncode", 64)
@example("```py\n" + "\n" * 300 + "```", 64)
def test_code_stays_code(text: str, limit: int) -> None:
    """Fences are balanced in each part; no code is shown outside code and no prose inside.

    Tables, which are fenced on purpose, are judged by the one part of a splitter without limit.
    """
    shown: list[tuple[str, bool]] = []
    for part in split(text, limit):
        assert not has_stray_fence(part.content)
        shown.extend(mark_upstream(part))
    if "\n|" in f"\n{text}".replace(" ", "").replace("\t", ""):
        whole = split(text, 1_000_000)
        assert shown == [mark for part in whole for mark in mark_upstream(part)]
        return
    blocks = read_code_blocks(text)
    if "```" in text[blocks[-1].end if blocks else 0 :]:
        text += "\n```"
        shown += [("`", True)] * 3
    assert shown == mark_visible(text)


@law
@given(texts, limits, cut_lengths)
def test_sealed_parts_never_change(text: str, limit: int, lengths: list[int]) -> None:
    """A part that was sealed once is among all later parts, in its place, unchanged."""
    splitter = Splitter(limit)
    before: list[Part] = []
    for chunk in cut(text, lengths):
        splitter.feed(chunk)
        assert list(splitter.sealed[: len(before)]) == before
        before = list(splitter.sealed)
    splitter.finish("-# Stopped.")
    assert list(splitter.parts[: len(before)]) == before


@law
@given(texts, limits)
def test_graphemes_stay_whole(text: str, limit: int) -> None:
    """No part ends inside a grapheme that a part could hold."""
    borders = {0}
    position = 0
    for grapheme in regex.findall(r"\X", text):
        position += len(grapheme)
        borders.add(position)
        if len(grapheme) > 20:
            borders.update(range(position - len(grapheme), position))
    position = 0
    for part in split(text, limit)[:-1]:
        position += len(part.text)
        assert position in borders


@law
@given(texts, limits, cut_lengths, st.sampled_from(["", "\u258c"]))
def test_the_tail_can_be_sent(text: str, limit: int, lengths: list[int], cursor: str) -> None:
    """At any instant the tail is within the limit, has balanced fences, and shows the text."""
    splitter = Splitter(limit)
    fed = ""
    for chunk in cut(text, lengths):
        splitter.feed(chunk)
        fed += chunk
        tail = splitter.tail(cursor)
        if tail is not None:
            assert 0 < len(tail.content.strip()) <= len(tail.content) <= limit
            assert not has_stray_fence(tail.content)
            covered = "".join(part.text for part in splitter.sealed) + tail.text
            assert fed.startswith(covered)


@law
@given(texts, limits)
@example("||<@12>  - nested\n__word word A longer sentence here. <#1>*word word `> a", 65)
@example("word   - nested\n1. **word word word )<t:1:R>\n```\nthe word ``\n*", 65)
def test_the_tail_only_grows(text: str, limit: int) -> None:
    """While a part fills, what its tail shows of the text is only ever added to."""
    splitter = Splitter(limit)
    shown = ""
    sealed = 0
    for character in text[:400]:
        splitter.feed(character)
        tail = splitter.tail("|")
        now = tail.upstream if tail else ""
        if len(splitter.sealed) == sealed:
            assert now.startswith(shown)
        sealed = len(splitter.sealed)
        shown = now


def work(length: int, chunk: str) -> int:
    """Return the characters read for an answer of ``length`` characters."""
    splitter = Splitter()
    for _ in range(length // len(chunk)):
        splitter.feed(chunk)
    splitter.finish()
    return splitter.scanned_chars


@pytest.mark.parametrize("chunk", ["word ", "x", " ", "```", "\n", "`a", "- one\n  - two\n"])
def test_work_is_linear(chunk: str) -> None:
    """Ten times the text is at most some ten times the work, whatever the text."""
    total = work(100_000, chunk)
    assert total <= 11 * work(10_000, chunk) + 30_000
    assert total <= 12 * 100_000


def contents(text: str, limit: int = 100) -> list[str]:
    """Return what is sent for a text."""
    return [part.content for part in split(text, limit)]


def shown_while_streaming(text: str) -> list[str]:
    """Return the successive contents of the tail, fed character by character."""
    splitter = Splitter()
    shown: list[str] = []
    for character in text:
        splitter.feed(character)
        tail = splitter.tail()
        if tail is not None and tail.content not in shown[-1:]:
            shown.append(tail.content)
    return shown


SENTENCE = "One sentence of some forty characters."


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (f"{SENTENCE}\n{SENTENCE}\n\n{SENTENCE} {SENTENCE}", f"{SENTENCE}\n{SENTENCE}"),
        (f"{SENTENCE} {SENTENCE}\n{SENTENCE} {SENTENCE}", f"{SENTENCE} {SENTENCE}"),
        (f"{SENTENCE} {SENTENCE} {SENTENCE}", f"{SENTENCE} {SENTENCE}"),
        ("word " * 30, ("word " * 20).strip()),
        ("\u6f22\u5b57\u3002" * 50, "\u6f22\u5b57\u3002" * 33),
        (f"{SENTENCE} {SENTENCE}\n\n# Heading\n{SENTENCE}", f"{SENTENCE} {SENTENCE}"),
    ],
    ids=["paragraph", "line", "sentence", "word", "without spaces", "heading"],
)
def test_the_most_natural_break_is_taken(text: str, first: str) -> None:
    """A part ends with a paragraph, else a line, else a sentence, else a word."""
    assert contents(text)[0] == first


@pytest.mark.parametrize(
    "piece",
    [
        "[a link with words](https://example.org/a_(b))",
        "https://example.org/" + "path-" * 10,
        "<@123456789012345678>",
        "<#123456789012345678>",
        "<@&123456789012345678>",
        "<:name:123456789012345678>",
        "<t:1700000000:R>",
        "**bold words that belong together**",
        "||a spoiler of a few words||",
        "`inline code of a few words`",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    ],
)
@pytest.mark.parametrize("filler", ["x", "x "])
def test_pieces_are_kept_whole(piece: str, filler: str) -> None:
    """A link, an address, a mention, a marked-up span or a grapheme is never cut."""
    for length in range(60, 110):
        text = (filler * length)[:length] + " " * (filler == "x ") + piece + " and more" * 9
        if filler == "x" and piece.startswith(("http", "**", "||", "`")):
            text = text.replace(piece, f" {piece}")
        assert sum(piece in content for content in contents(text)) == 1


def test_code_goes_on_in_its_language() -> None:
    """Code is closed at the break and opened again with its language and indentation."""
    code = "".join(f"    line_{number} = {number}\n" for number in range(20))
    first, second, *_ = contents(f"Look:\n```py\n{code}```\nDone.")
    assert first.startswith("Look:\n```py\n    line_0")
    assert first.endswith("\n```")
    assert second.startswith("```py\n    line_")


@pytest.mark.parametrize("length", range(60, 100))
def test_no_empty_code_goes_on(length: int) -> None:
    """Where only the fence's end is beyond the limit, no part opens code to close it at once."""
    text = f"```py\nfirst\n{'x' * length}\n\n\n\n```\n" + "word " * 30
    for content in contents(text):
        assert all(block.code.strip() for block in read_code_blocks(content))


def test_doctest_prompts_are_no_quotes() -> None:
    """A prompt in code is not taken for the mark of a quote."""
    parts = contents("```py\n>>> 1 + 1\n2\n```\n" + f"{SENTENCE} " * 6)
    assert not any(content.startswith(">>>") for content in parts)


def test_nested_lists_keep_their_indentation() -> None:
    """No part begins with an indented item, whose indentation Discord would trim."""
    items = "".join(f"- item {n}\n  - nested {n}\n    - deeper {n}\n" for n in range(30))
    for content in contents(items):
        assert content.startswith("- item")


@pytest.mark.parametrize(
    ("before", "marker"), [("> ", "> "), ("-# ", "-# "), (">>> ", ">>> "), ("# ", "# ")]
)
def test_line_marks_go_on(before: str, marker: str) -> None:
    """The rest of a broken quote, heading or subtext line carries the line's mark."""
    assert all(content.startswith(marker) for content in contents(before + "word " * 60))


@pytest.mark.parametrize("marker", ["||", "**", "`", "~~", "__"])
def test_long_spans_are_closed_and_opened(marker: str) -> None:
    """A span too long for a part is closed at the break and opened again after it."""
    for content in contents(f"{marker}{'word ' * 50}word{marker}"):
        assert content.startswith(marker)
        assert content.endswith(marker)


@pytest.mark.parametrize("piece", ["a", "\u0301", "\U0001f600", "`", "> ", "[", "**a"])
def test_text_without_a_break_is_cut_at_the_limit(piece: str) -> None:
    """A piece without any place to break is cut where the limit is, and nothing is lost."""
    parts = split(piece * 5000)
    assert squeeze(rejoin(parts)) == squeeze(piece * 5000)
    assert all(len(part.content) <= 2000 for part in parts)
    assert len(parts) <= len(piece) * 3 + 1


def test_astral_characters_count_once() -> None:
    """The limit counts code points: 2,000 astral characters are one part."""
    assert contents("\U0001f600" * 2000, 2000) == ["\U0001f600" * 2000]


def test_white_space_beyond_the_limit_does_not_count() -> None:
    """A text that fits once its ends are trimmed is one part."""
    assert contents(" \n" + "x" * 100 + "\n" * 500) == ["x" * 100]


@pytest.mark.parametrize("text", ["", " ", "\n\n", " \t\n" * 3000])
def test_white_space_gives_no_parts(text: str) -> None:
    """A text of nothing but white space gives no parts."""
    assert contents(text) == []


def test_right_to_left_text_is_untouched() -> None:
    """Right-to-left text is split at words, with nothing added and no order changed."""
    text = "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd " * 40
    assert " ".join(contents(text)) == text.strip()


def test_open_code_is_closed_at_the_end() -> None:
    """Code that the text leaves open is closed, before the notice."""
    part = split("```py\nx = 1", notice="-# Cut short.")[0]
    assert part.content == "```py\nx = 1\n```\n-# Cut short."
    assert part.text == "```py\nx = 1"


def test_the_notice_goes_alone_where_it_does_not_fit() -> None:
    """A notice that does not fit into the last part has a part of its own and covers no text."""
    parts = split("x" * 95, 100, "-# Stopped.")
    assert [part.content for part in parts] == ["x" * 95, "-# Stopped."]
    assert parts[1].text == rejoin(parts[1:]) == ""


TABLE = "| name | n |\n|------|:-:|\n| **a** | 1 |\n| b | 22 |\n"


def test_tables_are_fenced() -> None:
    """A table is wrapped in a fence as it is, and rejoining takes the fence away."""
    text = f"Before\n\n{TABLE}After"
    parts = split(text)
    assert [part.content for part in parts] == [f"Before\n\n```\n{TABLE}```\nAfter"]
    assert rejoin(parts) == parts[0].text == text


def test_many_tables_rejoin() -> None:
    """The fences of tables are taken away from every part, however many came before."""
    text = "".join(f"{SENTENCE[: 5 * number]}\n\n{TABLE}\n" for number in range(1, 8))
    parts = split(text, 100)
    assert len(parts) == 7
    assert squeeze(rejoin(parts)) == squeeze(text)
    assert squeeze("".join(part.text for part in parts)) == squeeze(text)


@pytest.mark.parametrize(
    "text",
    [
        f"```md\n{TABLE}```",
        "|x| is positive\n|y| is not",
        "||a spoiler||\n||another||",
        "| only one row |",
        "a | b\n",
    ],
)
def test_what_is_no_table_is_not_fenced(text: str) -> None:
    """Tables in code, and lines with bars that are no table, stay as they are."""
    assert contents(text) == [text.strip()]


def test_tables_are_kept_whole() -> None:
    """A table that does not fit any more goes to the next part."""
    assert contents(f"{SENTENCE}\n\n{TABLE}", 80) == [SENTENCE, f"```\n{TABLE}```"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a **bo** c", ["a", "a **b**", "a **bo**", "a **bo** c"]),
        ("a `b` c", ["a", "a `b`", "a `b` c"]),
        ("a ||b|| c", ["a", "a ||b||", "a ||b|| c"]),
        ("a [l](http://b) c", ["a", "a [l](http://b)", "a [l](http://b) c"]),
        ("a <@12> c", ["a", "a <@12>", "a <@12> c"]),
        ("a ```py\nb\n``` c", ["a", "a ```py\nb\n```", "a ```py\nb\n``` c"]),
        ("a\n- b", ["a", "a\n- b"]),
        ("a\n## b", ["a", "a\n## b"]),
        ("a * b", ["a", "a * b"]),
        ("| a |\n|---|\n", ["```\n| a |\n|---|\n```"]),
    ],
)
def test_half_a_marker_is_never_shown(text: str, shown: list[str]) -> None:
    """While text streams, what is open is shown closed, and what is half there not at all."""
    assert shown_while_streaming(text) == shown


def test_the_cursor_is_in_the_tail_only() -> None:
    """The cursor stands where the text goes on, inside open code, and in no final part."""
    splitter = Splitter()
    splitter.feed("```py\nx")
    tail = splitter.tail("\u258c")
    assert tail is not None
    assert tail.content == "```py\nx\u258c\n```"
    assert tail.upstream == "```py\nx"
    splitter.finish()
    assert splitter.tail("\u258c") is None
    assert [part.content for part in splitter.parts] == ["```py\nx\n```"]


def test_a_finished_splitter_takes_no_more() -> None:
    """Feeding or finishing after the end, and reading the parts before it, are errors."""
    splitter = Splitter()
    with pytest.raises(RuntimeError):
        _ = splitter.parts
    splitter.finish()
    with pytest.raises(RuntimeError):
        splitter.feed("more")
    with pytest.raises(RuntimeError):
        splitter.finish()


def test_the_limit_has_a_minimum() -> None:
    """A limit that fences and marks alone could fill is refused."""
    with pytest.raises(ValueError, match="64"):
        Splitter(SMALLEST_LIMIT_CHARS - 1)
