"""What M25 streams, and each way in which a stream ends. Source: protocol, section 4."""

import asyncio
import json

import pytest
from aiohttp import ClientError, ServerDisconnectedError

from sandbox.models.playground import m25
from sandbox.models.playground.models import DOCUMENTED_MODELS
from sandbox.models.playground.server import PlaygroundServer
from sandbox.models.script import Answer, Cut, Gate, HangUp, Http, Pace, Reason, Script, Stall
from tests.sandbox.models.clients import ask_m25

_MODAL = {"model": "tulu-3-1-8b", "host": "modal"}


async def test_a_stream_is_initial_chunks_final() -> None:
    """The chunks joined are the text of the final object, which reports its end on the reply."""
    async with PlaygroundServer(Script(Answer("Hello,\n\n  there!"))) as server:
        received = await ask_m25(server)
        initial, *chunks, final = received.lines()
        (reply,) = final["children"]
        assert received.headers["Content-Type"] == "application/jsonl"
        assert (initial["final"], final["final"], reply["final"]) == (False, True, True)
        assert "".join(chunk["content"] for chunk in chunks) == reply["content"]
        assert {chunk["message"] for chunk in chunks} == {reply["id"]}
        assert (reply["finish_reason"], final["finish_reason"]) == ("stop", None)


async def test_a_new_thread_of_a_model_with_a_system_prompt_is_three_levels_deep() -> None:
    """The system message is on top in a new thread, the question in a follow-up."""
    async with PlaygroundServer(Script()) as server:
        model = {"model": "OLMo-2-1124-13B-Instruct", "host": "modal"}
        first = await ask_m25(server, **model)
        assert first.lines()[0]["role"] == "system"
        follow_up = await ask_m25(server, parent=first.reply_id(), **model)
        assert follow_up.lines()[0]["role"] == "user"
        asked = server.requests[-1].asked
        assert asked is not None
        assert [one.role for one in asked.messages] == ["system", "user", "assistant", "user"]


async def test_lines_are_ascii_and_may_be_very_long() -> None:
    """A Cyrillic prompt of 22,000 letters makes lines over 128 KiB, all of them ASCII."""
    async with PlaygroundServer(Script(Answer("Да 🙂"))) as server:
        received = await ask_m25(server, "я" * 22_000)
        assert received.body.isascii()
        assert max(len(line) for line in received.body.split(b"\n")) > 128 * 1024
        assert received.lines()[-1]["children"][0]["content"] == "Да 🙂"


async def test_writes_of_any_size_make_the_same_body() -> None:
    """Lines are cut across writes on demand, and nothing is lost by it."""
    async with PlaygroundServer(Script(Answer("Hello there", write_sizes=(1, 7)))) as server:
        assert (await ask_m25(server)).lines()[-1]["children"][0]["content"] == "Hello there"


@pytest.mark.parametrize(
    ("reason", "finish_reason"),
    [
        ("length", "length"),
        ("unclosed stream", "unclosed stream"),
        ("aborted", "aborted"),
        ("model overloaded", "model overloaded"),
        ("grpc inference failed", None),
    ],
)
async def test_an_error_is_followed_by_a_final_object(
    reason: str, finish_reason: str | None
) -> None:
    """The text before an error stands, and the final object repeats the reason."""
    script = Script(Answer("Hello there", fault=Reason(reason, after_chars=5)))
    async with PlaygroundServer(script) as server:
        received = await ask_m25(server)
        *_, error, final = received.lines()
        (reply,) = final["children"]
        assert (error["reason"], error["message"]) == (reason, reply["id"])
        assert (reply["content"], reply["finish_reason"]) == ("Hello", finish_reason)
        assert not received.is_cut


async def test_a_failed_last_write_is_reported_and_cut() -> None:
    """After `finalization failure` there is no final object."""
    script = Script(Answer("Hi", fault=Reason("finalization failure")))
    async with PlaygroundServer(script) as server:
        received = await ask_m25(server)
        assert received.is_cut
        assert received.lines()[-1]["reason"] == "finalization failure"


async def test_a_model_on_modal_reports_no_end_and_is_cut_when_it_fails() -> None:
    """Its finish reason is null, and a failure there is a cut without a word."""
    script = Script(Answer("Hi"), Answer("Hello there", fault=Reason("aborted", after_chars=5)))
    async with PlaygroundServer(script) as server:
        assert (await ask_m25(server, **_MODAL)).lines()[-1]["children"][0]["finish_reason"] is None
        failed = await ask_m25(server, **_MODAL)
        assert failed.is_cut
        assert failed.lines()[-1]["content"] == "Hello"


async def test_a_backend_that_yields_nothing_is_cut_and_an_empty_answer_is_not() -> None:
    """No piece at all is a cut; one empty piece is a proper answer."""
    async with PlaygroundServer(Script(Answer(chunks=()), Answer(""))) as server:
        nothing = await ask_m25(server)
        assert (nothing.is_cut, len(nothing.lines())) == (True, 1)
        assert (await ask_m25(server)).lines()[-1]["children"][0]["content"] == ""


async def test_an_answer_over_the_clients_limit_ends_with_length() -> None:
    """`max_tokens` cuts a text that obeys it, and the end says so."""
    script = Script(Answer("one two three four", obeys_limit=True))
    async with PlaygroundServer(script) as server:
        *_, error, final = (await ask_m25(server, max_tokens="2")).lines()
        assert (error["reason"], final["children"][0]["content"]) == ("length", "one two ")


async def test_a_first_piece_that_is_late_is_an_overload() -> None:
    """Nothing within the limit ends the stream with `model overloaded`."""
    script = Script(Answer("late", pace=Pace(first_token_s=30)))
    async with PlaygroundServer(script, overload_after_s=0.01) as server:
        assert (await ask_m25(server)).lines()[-2]["reason"] == "model overloaded"


async def test_a_cut_leaves_half_a_line_and_an_empty_reply() -> None:
    """After a cut the stored reply is empty and not final, whatever was sent."""
    script = Script(Answer("Hello there", fault=Cut(after_chars=5, torn_bytes=9)))
    async with PlaygroundServer(script) as server:
        received = await ask_m25(server)
        assert received.is_cut
        assert len(received.body.rsplit(b"\n", 1)[1]) == 9
        reply = server.messages[received.reply_id()]
        assert (reply.content, reply.final) == ("", False)


async def test_a_hang_up_leaves_an_empty_reply_that_can_be_a_parent() -> None:
    """A client that leaves is noticed; the model then sees an empty reply of its own."""
    script = Script(Answer("Hello there", fault=Stall(after_chars=5)))
    async with PlaygroundServer(script) as server:
        asking = asyncio.create_task(ask_m25(server))
        await server.until(lambda: server.requests and server.requests[0].pieces_sent == 1)
        asking.cancel()
        await server.until(lambda: server.requests[0].is_over)
        assert server.requests[0].closed_by_client
        _, reply = server.messages
        assert (reply.content, reply.final) == ("", False)
        await ask_m25(server, parent=reply.id)
        asked = server.requests[-1].asked
        assert asked is not None
        assert [one.text for one in asked.messages] == ["Hello", "", "Hello"]


async def test_a_gate_holds_each_piece() -> None:
    """A test lets pieces through one by one, and then the end."""
    gate = Gate()
    async with PlaygroundServer(Script(Answer("a b c", hold=gate))) as server:
        asking = asyncio.create_task(ask_m25(server))
        gate.release(2)
        await server.until(lambda: server.requests and server.requests[0].pieces_sent == 2)
        assert not server.requests[0].is_over
        gate.open()
        assert (await asking).lines()[-1]["final"]


async def test_a_proxys_page_comes_before_any_check() -> None:
    """An HTML 502 or 413 is answered whatever was asked, and a hang-up is no answer at all."""
    script = Script(Answer(fault=Http(413, headers={"X-Proxy": "1"})), Answer(fault=HangUp()))
    async with PlaygroundServer(script) as server:
        received = await ask_m25(server, user=None)
        assert (received.status, received.headers["X-Proxy"]) == (413, "1")
        assert received.body.startswith(b"<html>")
        with pytest.raises(ServerDisconnectedError):
            await ask_m25(server)
        assert [request.status for request in server.requests] == [413, None]


async def test_a_stall_ends_with_the_server() -> None:
    """Leaving the server hangs up on a stream that would never end."""
    async with PlaygroundServer(Script(Answer("Hi", fault=Stall(after_chars=None)))) as server:
        asking = asyncio.create_task(ask_m25(server))
        await server.until(lambda: server.requests and server.requests[0].pieces_sent == 1)
    try:
        assert (await asking).is_cut
    except ClientError:
        assert asking.done()


@pytest.mark.parametrize("fault", [None, Reason("aborted", 5), Cut(5, torn_bytes=11)])
async def test_the_encoder_writes_what_the_server_sends(fault: Reason | Cut | None) -> None:
    """Both make the same bytes of an answer, but for ids and times, which have one length."""
    answer = Answer("Hello there, you", fault=fault, write_sizes=(5,))
    async with PlaygroundServer(Script(answer)) as server:
        assert len((await ask_m25(server)).body) == len(m25.encode(answer, "Hello"))


def test_the_encoder_needs_no_server() -> None:
    """The bytes of a stream are made without a socket, faults included."""
    whole = m25.encode(Answer("Hi there"), "Привет")
    assert json.loads(whole.splitlines()[-1])["children"][0]["content"] == "Hi there"
    cut = m25.encode(Answer("Hi there", fault=Cut(after_chars=2, torn_bytes=3)))
    assert not cut.endswith(b"\n")
    assert b'"system"' in m25.encode(Answer("Hi"), model=DOCUMENTED_MODELS[1])
