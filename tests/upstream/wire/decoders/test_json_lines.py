"""JSON lines from bytes that are cut anywhere."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversation.entities import FailureReason
from tests.upstream.wire.decoders.byte_cuts import cut
from upstream.errors import UpstreamError
from upstream.wire.decoders.json_lines import LONGEST_LINE_BYTES, JsonLinesDecoder

VALUES = st.dictionaries(
    st.text(max_size=5), st.text(max_size=20) | st.integers() | st.none(), max_size=3
)


@given(st.data(), st.lists(VALUES, max_size=5), st.sampled_from(["ascii", "utf-8"]))
def test_cuts_do_not_matter(data: st.DataObject, values: list[object], charset: str) -> None:
    """Any objects come out as they went in, wherever the bytes are cut, the last LF or not."""
    is_ascii = charset == "ascii"
    lines = [json.dumps(value, ensure_ascii=is_ascii).encode() for value in values]
    body = b"\n".join(lines) + data.draw(st.sampled_from([b"", b"\n"]))
    decoder = JsonLinesDecoder()
    found = [item for piece in data.draw(cut(body)) for item in decoder.feed(piece)]
    assert found + decoder.finish() == values


def test_only_lf_ends_a_line() -> None:
    """Other separators of Unicode, raw in a string, end no line; CR LF is LF."""
    decoder = JsonLinesDecoder()
    assert decoder.feed('{"a": "\u2028\x85"}\r\n\r\n{"b": 1}\n'.encode()) == [
        {"a": "\u2028\x85"},
        {"b": 1},
    ]


@pytest.mark.parametrize("line", [b"{", b"[1]", b'"text"', b"\xff", b"[" * 100_000])
def test_nonsense_is_garbage(line: bytes) -> None:
    """A line that is no JSON object is an error which quotes nothing of it."""
    with pytest.raises(UpstreamError) as caught:
        JsonLinesDecoder().feed(line + b"\n")
    assert caught.value.failure.reason is FailureReason.GARBAGE


def test_line_has_a_limit() -> None:
    """A line that never ends is given up."""
    decoder = JsonLinesDecoder()
    piece = b"x" * (LONGEST_LINE_BYTES // 2)
    decoder.feed(piece)
    decoder.feed(piece)
    with pytest.raises(UpstreamError):
        decoder.feed(b"x")
