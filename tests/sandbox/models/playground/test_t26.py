"""How T26 differs from M25. Source: protocol, section 10."""

import json

from sandbox.models.playground import t26
from sandbox.models.playground.server import PlaygroundServer
from sandbox.models.script import Answer, Cut, Reason, Script, ToolUse
from tests.sandbox.models.clients import USER, ask_m25, ask_t26, send, who


async def test_a_stream_is_typed_and_framed_by_start_and_end() -> None:
    """Both carry the root; between them are the messages twice, thoughts, and text."""
    script = Script(Answer("Hello there", reasoning="Let me think", finish_reason="stop"))
    async with PlaygroundServer(script) as server:
        received = await ask_t26(server)
        start, initial, *chunks, final, end = received.lines()
        root = initial["id"]
        assert (start, end) == (
            {"message": root, "type": "start"},
            {"message": root, "type": "end"},
        )
        text = [one["content"] for one in chunks if one["type"] == "modelResponse"]
        thoughts = [one["content"] for one in chunks if one["type"] == "thinking"]
        question, reply = final["messages"]
        assert ("".join(text), "".join(thoughts)) == (reply["content"], reply["thinking"])
        assert (question["children"], reply["parent"]) == ([reply["id"]], question["id"])
        assert (reply["final"], reply["finishReason"], reply["children"]) == (True, None, [])
        assert list(reply) == sorted(reply)


async def test_a_follow_up_lists_the_new_messages_and_inherits_options() -> None:
    """The object's id is the new question's, the start's is the root; options come along."""
    async with PlaygroundServer(Script()) as server:
        first = await ask_t26(server, temperature="0.1")
        reply = first.lines()[1]["messages"][-1]["id"]
        start, initial, *_ = (await ask_t26(server, "more", parent=reply)).lines()
        assert start["message"] == first.lines()[1]["id"] != initial["id"]
        assert initial["messages"][0]["opts"]["temperature"] == 0.1


async def test_the_order_of_the_checks() -> None:
    """Identity, then fields, then the model, then the thread, its owner before the roles."""
    async with PlaygroundServer(Script()) as server:
        assert (await ask_t26(server, user=None, content="")).status == 401
        assert (await ask_t26(server, content="", model="gpt-9")).status == 400
        assert (await ask_t26(server, bypassSafetyCheck="true")).status == 403
        no_model = await ask_t26(server, model="gpt-9", parent="msg_Z0")
        assert no_model.message() == "Invalid model gpt-9"
        assert "not found" in (await ask_t26(server, parent="msg_Z0")).message()
        question = (await ask_t26(server)).lines()[1]["id"]
        assert (await ask_t26(server, parent=question, user="other")).status == 403
        assert "different roles" in (await ask_t26(server, parent=question)).message()
        too_high = await ask_t26(server, temperature="1.5")
        assert "configured upper limit of 1.0" in too_high.message()
        assert (await ask_t26(server, original="msg_Z0")).status == 500


async def test_the_host_is_ignored_and_line_ends_are_made_one() -> None:
    """Any host passes, steps are not checked, and CR LF is stored as LF."""
    async with PlaygroundServer(Script()) as server:
        received = await ask_t26(server, "a\r\nb", host="nowhere", temperature="0.333")
        assert received.lines()[1]["messages"][0]["content"] == "a\nb"
        assert (await ask_m25(server, "a\r\nb")).lines()[0]["content"] == "a\r\nb"


async def test_the_final_slash_is_part_of_the_path() -> None:
    """Without it the answer is a 308 to the path with it."""
    async with PlaygroundServer(Script()) as server:
        received = await send("POST", f"{server.base_url}/v4/threads", headers=who(USER))
        assert (received.status, received.headers["Location"]) == (308, "/v4/threads/")


async def test_a_failure_is_an_untyped_line_and_a_cut() -> None:
    """Nothing is finalised after it."""
    script = Script(Answer("Hello there", fault=Reason("Model http error", after_chars=5)))
    async with PlaygroundServer(script) as server:
        received = await ask_t26(server)
        assert received.is_cut
        last = received.lines()[-1]
        assert (last["reason"], "type" in last) == ("Model http error", False)
        assert [message.final for message in server.messages] == [False, False]


async def test_a_bad_tool_call_is_typed_and_the_stream_goes_on() -> None:
    """Its error line is followed by the messages and the end."""
    async with PlaygroundServer(Script(Answer("", fault=Reason("toolCallError")))) as server:
        *_, error, final, end = (await ask_t26(server)).lines()
        assert (error["type"], error["errorCode"]) == ("error", "toolCallError")
        assert (final["messages"][-1]["final"], end["type"]) == (True, "end")


async def test_a_cut_has_no_end() -> None:
    """The body stops without terminator, thread object or end."""
    script = Script(Answer("Hello there", fault=Cut(after_chars=None)))
    async with PlaygroundServer(script) as server:
        received = await ask_t26(server)
        assert (received.is_cut, received.lines()[-1]["type"]) == (True, "modelResponse")


async def test_the_servers_own_tools_make_several_pairs() -> None:
    """A tool with a result is followed by a further pair of messages in the same stream."""
    tool = ToolUse("get_weather", {"city": "Oslo"}, result="rain")
    async with PlaygroundServer(Script(Answer("It rains.", tools=[tool]))) as server:
        lines = (await ask_t26(server)).lines()
        objects = [line for line in lines if "messages" in line]
        (call,) = [line for line in lines if line.get("type") == "toolCall"]
        assert len(objects) == 4
        assert (call["toolName"], call["toolSource"]) == ("get_weather", "internal")
        result, reply = objects[-1]["messages"]
        assert (result["role"], result["content"]) == ("tool_call_result", "rain")
        assert reply["content"] == "It rains."


async def test_a_clients_own_tool_ends_the_stream_and_takes_a_result() -> None:
    """The client answers with a tool result under the reply."""
    script = Script(Answer(tools=[ToolUse("mine")]))
    async with PlaygroundServer(script) as server:
        *_, call, final, _ = (await ask_t26(server)).lines()
        assert (call["type"], call["toolSource"]) == ("toolCall", "user_defined")
        reply = final["messages"][-1]["id"]
        answered = await ask_t26(
            server, "42", role="tool_call_result", toolCallId=call["toolCallId"], parent=reply
        )
        assert answered.lines()[-2]["messages"][-1]["content"] == "You said: 42"


async def test_a_token_limit_is_not_reported() -> None:
    """A text that is cut for its length ends like any other."""
    script = Script(Answer("one two three", obeys_limit=True))
    async with PlaygroundServer(script) as server:
        *_, final, end = (await ask_t26(server, maxTokens="2")).lines()
        assert (final["messages"][-1]["content"], end["type"]) == ("one two ", "end")


def test_the_encoder_needs_no_server() -> None:
    """The bytes of a stream are made without a socket."""
    lines = [json.loads(line) for line in t26.encode(Answer("Hi there"), "Hello").splitlines()]
    assert [line.get("type") for line in lines] == [
        "start",
        None,
        "modelResponse",
        "modelResponse",
        None,
        "end",
    ]
