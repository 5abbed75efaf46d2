"""What M25 refuses, in which order and in which words. Source: protocol, section 3."""

import pytest

from sandbox.models.playground.server import PlaygroundServer
from sandbox.models.script import Answer, Refuse, Script
from tests.sandbox.models.clients import USER, ask_m25, send, who


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("content", None, "Field required"),
        ("content", "", "String should have at least 1 character"),
        ("host", None, "Field required"),
        ("temperature", "1.5", "Input should be less than or equal to 1"),
        ("temperature", "0.333", "multiple of 0.01"),
        ("top_p", "0", "greater than or equal to 0.01"),
        ("max_tokens", "2049", "less than or equal to 2048"),
        ("n", "2", "less than or equal to 1"),
        ("private", "perhaps", "valid boolean"),
        ("role", "robot", "Input should be"),
    ],
)
async def test_a_bad_field_is_named(field: str, value: str | None, words: str) -> None:
    """A field that is missing or out of bounds is a 400 whose `loc` names it."""
    async with PlaygroundServer(Script()) as server:
        received = await ask_m25(server, **{field: value})
        (error,) = received.json()["error"]["validation_errors"]
        assert (received.status, error["loc"]) == (400, [field])
        assert words in error["msg"]


async def test_every_number_on_the_grid_passes() -> None:
    """A multiple of 0.01 passes even where a float cannot hold it exactly."""
    async with PlaygroundServer(Script()) as server:
        for value in ("0.07", "0.29", "0.57", "1"):
            assert (await ask_m25(server, temperature=value, top_p=value)).status == 200


async def test_camel_case_wins() -> None:
    """Both spellings are read, and camelCase wins where both are sent."""
    async with PlaygroundServer(Script()) as server:
        received = await ask_m25(server, max_tokens="7", maxTokens="9", topP="0.5")
        options = received.lines()[0]["opts"]
        assert (options["max_tokens"], options["top_p"]) == (9, 0.5)


async def test_fields_come_before_identity_and_identity_before_parents() -> None:
    """Of two reasons to refuse, the earlier check's is given."""
    async with PlaygroundServer(Script()) as server:
        assert (await ask_m25(server, user=None, temperature="3")).status == 400
        assert (await ask_m25(server, user=None, parent="msg_Z0")).status == 401
        wrong_twice = await ask_m25(server, parent="msg_Z0", model="gpt-9")
        assert "Parent message msg_Z0 not found" in wrong_twice.message()


async def test_an_urlencoded_body_is_read_as_empty() -> None:
    """A body that is neither multipart nor JSON lacks all three required fields."""
    async with PlaygroundServer(Script()) as server:
        received = await send("POST", f"{server.base_url}/v4/message/stream", headers=who(USER))
        missing = [error["loc"] for error in received.json()["error"]["validation_errors"]]
        assert (received.status, missing) == (400, [["content"], ["model"], ["host"]])


async def test_json_works_as_well() -> None:
    """A JSON object is read like a form."""
    async with PlaygroundServer(Script()) as server:
        body = {"content": "Hi", "model": "tulu3-405b", "host": "inferd", "max_tokens": 5}
        url = f"{server.base_url}/v4/message/stream"
        received = await send("POST", url, headers=who(USER), json_body=body)
        assert received.lines()[-1]["children"][0]["content"] == "You said: Hi"


async def test_a_token_that_is_not_good_is_401() -> None:
    """A bad token is refused even where an anonymous id comes with it; an empty id is a user."""
    async with PlaygroundServer(Script()) as server:
        url = f"{server.base_url}/v4/message/stream"
        form = {"content": "Hi", "model": "tulu3-405b", "host": "inferd"}
        headers = {**who(USER), "Authorization": "Bearer bad"}
        assert (await send("POST", url, headers=headers, form=form)).status == 401
        assert (await ask_m25(server, user="")).status == 200


async def test_the_thread_of_another_user_is_403_but_roles_come_first() -> None:
    """Another's reply as parent is a 403, another's question a 400."""
    async with PlaygroundServer(Script()) as server:
        first = await ask_m25(server)
        forbidden = await ask_m25(server, parent=first.reply_id(), user="somebody else")
        assert forbidden.status == 403
        assert "You don't have the permission" in forbidden.message()
        roles = await ask_m25(server, parent=first.lines()[0]["id"], user="somebody else")
        assert roles.status == 400
        assert "Parent and child must have different roles" in roles.message()


async def test_references_within_the_request_are_checked() -> None:
    """`original` must not be `parent`, and a canned reply needs a parent."""
    async with PlaygroundServer(Script()) as server:
        same = await ask_m25(server, parent="msg_A1", original="msg_A1")
        assert "The original message cannot also be the parent" in same.message()
        orphan = await ask_m25(server, role="assistant")
        assert "Assistant messages must have a parent" in orphan.message()
        lost = await ask_m25(server, original="msg_A1")
        assert (lost.status, lost.message()) == (400, 'original "msg_A1" not found')


async def test_the_host_must_be_the_models() -> None:
    """A model on the wrong host is a 400, a retired one is served."""
    async with PlaygroundServer(Script()) as server:
        wrong = await ask_m25(server, host="modal")
        assert wrong.message() == "Invalid model/host combination tulu3-405b/modal"
        assert (await ask_m25(server, model="olmo-7b-chat", host="modal")).status == 200


async def test_a_model_without_files_refuses_them() -> None:
    """A file for a model that takes none is a 400."""
    async with PlaygroundServer(Script()) as server:
        received = await ask_m25(server, files=b"\x89PNG")
        assert (received.status, received.message()) == (400, "This model doesn't accept files")


async def test_a_refusal_by_the_script_comes_after_the_checks_and_stores_nothing() -> None:
    """An unsafe prompt is a 400 with exactly that message, once everything else is right."""
    script = Script(Answer(fault=Refuse("inappropriate_prompt")))
    async with PlaygroundServer(script) as server:
        assert (await ask_m25(server, temperature="3")).status == 400
        received = await ask_m25(server)
        assert (received.status, received.message()) == (400, "inappropriate_prompt")
        assert len(server.messages) == 0


async def test_errors_are_a_page_for_who_asks_for_one() -> None:
    """`Accept: text/html` gets HTML; a wrong path and a wrong method have their own statuses."""
    async with PlaygroundServer(Script()) as server:
        url = f"{server.base_url}/v4/message/stream"
        page = await send("POST", url, headers={"Accept": "text/html"})
        assert page.headers["Content-Type"].startswith("text/html")
        assert (await send("GET", url)).json()["error"]["code"] == 405
        assert (await send("GET", f"{server.base_url}/nowhere")).json()["error"]["code"] == 404


async def test_pages_of_other_origins_are_refused() -> None:
    """A browser's page from elsewhere cannot use the listener."""
    async with PlaygroundServer(Script()) as server:
        url = f"{server.base_url}/v3/models"
        assert (await send("GET", url, headers={"Origin": "https://example.org"})).status == 403
        assert (await send("GET", url, headers={"Host": "example.org"})).status == 421
