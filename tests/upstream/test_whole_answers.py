"""Whole answers, decoded without a network from bytes that are cut at every place."""

from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversation.entities import FailureReason, Outcome
from conversation.events import Finished, ReasoningDelta, StreamEvent, TextDelta
from sandbox.models.openai import encoding
from sandbox.models.openai.flavours import FLAVOURS
from sandbox.models.playground import m25, t26
from sandbox.models.script import Answer, Reason, ToolUse
from tests.upstream.wire.decoders.byte_cuts import cut, every_cut
from upstream.errors import UpstreamError
from upstream.openai.answer_reader import AnswerReader as OpenAIReader
from upstream.playground.answer_reader import AnswerReader as PlaygroundReader
from upstream.playground.dialects.dialect import Dialect
from upstream.playground.dialects.m25 import M25
from upstream.playground.dialects.t26 import T26
from upstream.wire.decoders.json_lines import JsonLinesDecoder
from upstream.wire.decoders.server_sent_events import ServerSentEventsDecoder

Decode = Callable[[Iterable[bytes]], list[StreamEvent | UpstreamError]]


def playground(dialect: Dialect) -> Decode:
    """Make the decoding of a dialect; what it found is told by a `Finished` with text."""

    def decode(pieces: Iterable[bytes]) -> list[StreamEvent | UpstreamError]:
        decoder, reader = JsonLinesDecoder(), PlaygroundReader()
        found: list[StreamEvent | UpstreamError] = []
        lines = [line for piece in pieces for line in decoder.feed(piece)] + decoder.finish()
        for line in lines:
            for chunk in dialect.decode(line):
                event = reader.take(chunk)
                found.extend([event] if event else [])
        try:
            reader.check()
        except UpstreamError as error:
            return [*found, error]
        assert reader.answer_id
        assert reader.root_id
        return [*found, Finished(Outcome.COMPLETE, text=reader.corrected_text())]

    return decode


def chat(pieces: Iterable[bytes]) -> list[StreamEvent | UpstreamError]:
    """Decode an event stream of chat completions."""
    decoder, reader = ServerSentEventsDecoder(), OpenAIReader()
    found: list[StreamEvent | UpstreamError] = []
    try:
        for piece in pieces:
            for sent in decoder.feed(piece):
                found.extend(reader.take(sent))
        for sent in decoder.finish():
            found.extend(reader.take(sent))
        found.append(reader.finished(is_end_certain=True))
    except UpstreamError as error:
        found.append(error)
    return found


ENCODERS: dict[str, tuple[Callable[[Answer], bytes], Decode]] = {
    "m25": (m25.encode, playground(M25())),
    "t26": (t26.encode, playground(T26())),
    **{
        name: (lambda answer, name=name: encoding.encode(answer, flavour=name), chat)
        for name in FLAVOURS
    },
}
WIRES = pytest.mark.parametrize(("encode", "decode"), ENCODERS.values(), ids=ENCODERS)


def said(found: Sequence[object]) -> str:
    """Join the deltas."""
    return "".join(event.text for event in found if isinstance(event, TextDelta))


@WIRES
def test_every_cut_gives_the_same(encode: Callable[[Answer], bytes], decode: Decode) -> None:
    """One answer is the same events wherever its bytes are cut in two, and byte by byte."""
    body = encode(Answer("Hë 🥊\n\n  1 < 2", reasoning="hm ü"))
    whole = decode([body])
    assert said(whole) == "Hë 🥊\n\n  1 < 2"
    assert isinstance(whole[-1], Finished)
    for pieces in every_cut(body):
        assert decode(pieces) == whole


@WIRES
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    data=st.data(),
    chunks=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=6),
)
def test_any_text_at_any_cut(
    encode: Callable[[Answer], bytes], decode: Decode, data: st.DataObject, chunks: list[str]
) -> None:
    """Any text comes out as it was said, in any number of chunks and cut in any way."""
    found = decode(data.draw(cut(encode(Answer(chunks=chunks)))))
    assert said(found) == "".join(chunks)


@WIRES
@settings(max_examples=60, deadline=None)
@given(noise=st.binary(max_size=60), data=st.data())
def test_noise_is_an_upstream_error(
    encode: Callable[[Answer], bytes], decode: Decode, noise: bytes, data: st.DataObject
) -> None:
    """Bytes that are no answer raise nothing but an upstream error, whatever they are."""
    body = encode(Answer("Hello"))
    place = data.draw(st.integers(0, len(body)))
    try:
        decode([body[:place], noise, body[place:]])
    except UpstreamError as error:
        assert error.failure.reason is FailureReason.GARBAGE  # noqa: PT017 - raising is optional


@WIRES
def test_error_in_the_stream(encode: Callable[[Answer], bytes], decode: Decode) -> None:
    """An error that the server reports in its stream ends the answer, and the text stands."""
    found = decode([encode(Answer("Hello world", fault=Reason("aborted", after_chars=5)))])
    assert said(found) == "Hello"
    error = found[-1]
    assert isinstance(error, UpstreamError)
    assert error.failure.reason is FailureReason.SERVER_ERROR


@pytest.mark.parametrize("name", ["t26", *sorted(set(FLAVOURS) - {"openai"})])
def test_reasoning_is_no_text(name: str) -> None:
    """What a model thinks is told apart from what it says, under whichever name it comes."""
    encode, decode = ENCODERS[name]
    found = decode([encode(Answer("so", reasoning="let me see"))])
    assert said(found) == "so"
    thought = "".join(event.text for event in found if isinstance(event, ReasoningDelta))
    assert thought == "let me see"


def test_tools_are_no_text() -> None:
    """Calls of the server's tools show nothing, and the answer after them is whole."""
    encode, decode = ENCODERS["t26"]
    answer = Answer("It rains.", tools=[ToolUse("weather", {"place": "Oslo"}, result="rain")])
    found = decode([encode(answer)])
    assert said(found) == "It rains."
    assert found[-1] == Finished(Outcome.COMPLETE)
