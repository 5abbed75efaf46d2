"""The tree that the Playground keeps, how it ends, and what can be read and rated in it."""

from pathlib import Path

from sandbox.models.playground.server import PlaygroundServer
from sandbox.models.script import AskedConversation, Script
from tests.sandbox.models.clients import USER, Received, ask_m25, ask_t26, send, who

_DAY_S = 24 * 60 * 60


class _Clock:
    """A wall clock that a test sets, in seconds since 1970."""

    def __init__(self) -> None:
        self.now_s = 1_750_000_000.0

    def __call__(self) -> float:
        return self.now_s


def _asked(server: PlaygroundServer) -> AskedConversation:
    asked = server.requests[-1].asked
    assert asked is not None
    return asked


async def _read(server: PlaygroundServer, path: str, user: str = USER) -> Received:
    return await send("GET", server.base_url + path, headers=who(user))


async def test_the_model_sees_the_chain_and_no_siblings() -> None:
    """A retry with the same parent is a sibling: neither sees the other."""
    async with PlaygroundServer(Script()) as server:
        first = await ask_m25(server, "one")
        await ask_m25(server, "two", parent=first.reply_id())
        await ask_m25(server, "zwei", parent=first.reply_id())
        assert [one.text for one in _asked(server).messages] == ["one", "You said: one", "zwei"]
        root = first.lines()[0]["id"]
        assert {message.root for message in server.messages} == {root}


async def test_options_belong_to_the_message_in_m25() -> None:
    """A follow-up that leaves an option out gets its default, not the parent's."""
    async with PlaygroundServer(Script()) as server:
        first = await ask_m25(server, temperature="0.1")
        await ask_m25(server, parent=first.reply_id())
        assert _asked(server).options["temperature"] == 0.7


async def test_a_thread_lives_a_day_from_its_first_message_however_busy() -> None:
    """After 24 hours the root is invalid for every parent, and later the parent is gone too."""
    clock = _Clock()
    async with PlaygroundServer(Script(), wall_clock=clock) as server:
        first = await ask_m25(server)
        clock.now_s += _DAY_S - 1
        second = await ask_m25(server, parent=first.reply_id())
        assert second.status == 200
        clock.now_s += 1
        late = await ask_m25(server, parent=second.reply_id())
        assert (late.status, "Message has an invalid root" in late.message()) == (400, True)
        clock.now_s += _DAY_S
        gone = await ask_m25(server, parent=second.reply_id())
        assert f"Parent message {second.reply_id()} not found" in gone.message()


async def test_threads_expire_on_demand() -> None:
    """A test lets roots expire, or everything."""
    async with PlaygroundServer(Script()) as server:
        first = await ask_m25(server)
        server.expire_threads()
        assert "invalid root" in (await ask_m25(server, parent=first.reply_id())).message()
        server.expire_threads(roots_only=False)
        assert "not found" in (await ask_m25(server, parent=first.reply_id())).message()


async def test_threads_survive_a_restart(tmp_path: Path) -> None:
    """With a file, a new server goes on from what the last one was told."""
    path = tmp_path / "playground.sqlite"
    async with PlaygroundServer(Script(), store=path) as server:
        first = await ask_m25(server, "one")
    async with PlaygroundServer(Script(), store=path) as server:
        await ask_m25(server, "two", parent=first.reply_id())
        assert [one.text for one in _asked(server).messages] == ["one", "You said: one", "two"]
        root = first.lines()[0]["id"]
        await send("DELETE", f"{server.base_url}/v3/message/{root}", headers=who(USER))
    async with PlaygroundServer(Script(), store=path) as server:
        assert len(server.messages) == 0


async def test_a_canned_reply_is_stored_and_does_not_stream() -> None:
    """`role=assistant` answers with the one stored message, which can be gone on from."""
    async with PlaygroundServer(Script()) as server:
        first = await ask_m25(server, "one")
        question = first.lines()[0]["id"]
        canned = (await ask_m25(server, "canned", parent=question, role="assistant")).json()
        assert (canned["role"], canned["final"]) == ("assistant", True)
        await ask_m25(server, "two", parent=canned["id"])
        assert [one.text for one in _asked(server).messages] == ["one", "canned", "two"]


async def test_an_edit_is_noted() -> None:
    """`original` is kept with the new question."""
    async with PlaygroundServer(Script()) as server:
        question = (await ask_m25(server)).lines()[0]["id"]
        assert (await ask_m25(server, original=question)).lines()[0]["original"] == question


async def test_a_message_is_read_with_its_subtree_by_its_owner_only() -> None:
    """Others get 403, an unknown id 404."""
    async with PlaygroundServer(Script()) as server:
        first = await ask_m25(server)
        await ask_m25(server, "more", parent=first.reply_id())
        path = f"/v3/message/{first.lines()[0]['id']}"
        (reply,) = (await _read(server, path)).json()["children"]
        assert reply["children"][0]["content"] == "more"
        assert (await _read(server, path, user="other")).status == 403
        assert (await _read(server, "/v3/message/msg_Z0")).status == 404


async def test_threads_are_listed_newest_first() -> None:
    """The list has the caller's own threads, cut to a page of at most 100."""
    async with PlaygroundServer(Script()) as server:
        for content in ("one", "two", "three"):
            await ask_m25(server, content)
        await ask_m25(server, "not mine", user="other")
        page = (await _read(server, "/v3/messages?limit=2")).json()
        assert [one["content"] for one in page["messages"]] == ["three", "two"]
        assert page["meta"]["total"] == 3
        assert (await _read(server, "/v3/messages?limit=101")).status == 400


async def test_a_thread_is_deleted_by_its_root() -> None:
    """The whole thread goes; a reply's id is not a thread's, and a stranger may not."""
    async with PlaygroundServer(Script()) as server:
        first = await ask_m25(server)
        address = f"{server.base_url}/v3/message/"
        root = first.lines()[0]["id"]
        reply = await send("DELETE", address + first.reply_id(), headers=who(USER))
        stranger = await send("DELETE", address + root, headers=who("other"))
        assert (reply.status, stranger.status) == (404, 403)
        deleted = await send("DELETE", address + root, headers=who(USER))
        assert (deleted.status, deleted.json(), len(server.messages)) == (200, None, 0)


async def test_a_message_has_one_rating_a_user() -> None:
    """A second rating is 422 until the first is withdrawn; one out of range is 400."""
    async with PlaygroundServer(Script()) as server:
        message = (await ask_m25(server)).reply_id()
        address = f"{server.base_url}/v3/label"

        async def rate(rating: int) -> Received:
            body = {"message": message, "rating": rating, "comment": None}
            return await send("POST", address, headers=who(USER), json_body=body)

        assert (await rate(5)).status == 400
        label = (await rate(1)).json()
        assert (await rate(0)).status == 422
        withdrawn = await send("DELETE", f"{address}/{label['id']}", headers=who(USER))
        assert withdrawn.json()["deleted"] is not None
        assert (await rate(0)).json()["rating"] == 0


async def test_terms_are_recorded_and_not_enforced() -> None:
    """Who has accepted the terms is told so."""
    async with PlaygroundServer(Script()) as server:
        assert not (await _read(server, "/v3/whoami")).json()["hasAcceptedTermsAndConditions"]
        body = {"termsAcceptedDate": "2025-03-18T00:00:00Z"}
        await send("PUT", f"{server.base_url}/v3/user", headers=who(USER), json_body=body)
        assert (await _read(server, "/v3/whoami")).json()["hasAcceptedTermsAndConditions"]


async def test_models_are_listed_without_identity() -> None:
    """M25 lists every model with its host, T26 only the visible ones with their bounds."""
    async with PlaygroundServer(Script()) as server:
        all_models = (await send("GET", f"{server.base_url}/v3/models")).json()
        assert (all_models[0]["id"], all_models[0]["host"]) == ("tulu3-405b", "inferd")
        assert [one["id"] for one in all_models if not one["is_visible"]] == ["olmo-7b-chat"]
        visible = (await send("GET", f"{server.base_url}/v4/models/")).json()
        assert len(visible) == len(all_models) - 1
        assert visible[0]["temperature_upper"] == 1.0
        bounds = (await send("GET", f"{server.base_url}/v3/schema")).json()
        assert bounds["Message"]["InferenceOpts"]["top_p"]["min"] == 0.01


async def test_a_thread_is_shown_to_anybody_in_t26() -> None:
    """Whoever knows the id may read a thread there; the list has the caller's own only."""
    async with PlaygroundServer(Script()) as server:
        thread = (await ask_t26(server)).lines()[1]["id"]
        shown = (await _read(server, f"/v4/threads/{thread}", user="other")).json()
        assert [one["role"] for one in shown["messages"]] == ["user", "assistant"]
        assert (await _read(server, "/v4/threads/", user="other")).json()["threads"] == []
        assert len((await _read(server, "/v4/threads/")).json()["threads"]) == 1
