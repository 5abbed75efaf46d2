"""Server-sent events from bytes that are cut anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversation.entities import FailureReason
from tests.upstream.wire.decoders.byte_cuts import cut, every_cut
from upstream.errors import UpstreamError
from upstream.wire.decoders.server_sent_events import (
    LONGEST_EVENT_BYTES,
    ServerSentEvent,
    ServerSentEventsDecoder,
)

LINES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=12)
EVENTS = st.lists(st.lists(LINES, min_size=1, max_size=3), max_size=4)


def decode(pieces: tuple[bytes, ...], *, finishes: bool = True) -> list[ServerSentEvent]:
    """Decode a body that came in these pieces."""
    decoder = ServerSentEventsDecoder()
    found = [event for piece in pieces for event in decoder.feed(piece)]
    return found + (decoder.finish() if finishes else [])


@given(st.data(), EVENTS, st.sampled_from(["\n", "\r", "\r\n"]))
def test_cuts_and_line_ends_do_not_matter(
    data: st.DataObject, events: list[list[str]], line_end: str
) -> None:
    """Any events come out as they went in, wherever the bytes are cut and however lines end."""
    body = "".join(
        "".join(f": ping{line_end}data: {line}{line_end}" for line in lines) + line_end
        for lines in events
    )
    pieces = data.draw(cut(body.encode()))
    assert decode(pieces) == [ServerSentEvent("\n".join(lines)) for lines in events]


def test_every_rule_at_every_cut() -> None:
    """A BOM, comments, several lines of data, names, ids and mixed ends are read at every cut."""
    body = (
        "\ufeffdata: one\r\n\r\n: comment\r\nevent: error\rdata:two\rdata: more\r\r"
        "id: 7\nretry: 10\n\ndata\n\nnonsense\ndata:  ü\n\nerror: {}\n\ndata: last"
    ).encode()
    expected = [
        ServerSentEvent("one"),
        ServerSentEvent("two\nmore", "error"),
        ServerSentEvent(""),
        ServerSentEvent(" ü"),
        ServerSentEvent("{}", "error"),
        ServerSentEvent("last"),
    ]
    for pieces in every_cut(body):
        assert decode(pieces) == expected


def test_event_is_told_at_its_empty_line() -> None:
    """An event does not wait for the next byte, though its last line ended with a bare CR."""
    assert decode((b"data: one\r\r",), finishes=False) == [ServerSentEvent("one")]


def test_event_has_a_limit() -> None:
    """An event that never ends is given up."""
    decoder = ServerSentEventsDecoder()
    with pytest.raises(UpstreamError) as caught:
        decoder.feed(b"data: " + b"x" * LONGEST_EVENT_BYTES)
    assert caught.value.failure.reason is FailureReason.GARBAGE
