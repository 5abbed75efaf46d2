"""Words that the sandbox's Discord will not take."""

import pytest

from sandbox.world.entities import Payload
from tests.sandbox.place import Place


@pytest.mark.parametrize(
    "body",
    [
        {"content": "you Weasel!"},
        {"embeds": [{"title": "x", "fields": [{"name": "a", "value": "weasels"}]}]},
        {"flags": 1 << 15, "components": [{"type": 10, "content": "weasel"}]},
    ],
)
async def test_a_post_with_the_word_is_refused(place: Place, body: Payload) -> None:
    """The word is found in any case in content, embeds and components, and nothing is posted."""
    place.server.content_rules.refuse("weasel")
    status, answer = await place.post(**body)
    assert (status, answer["code"]) == (400, 200000)
    assert place.server.messages(place.channel) == []


async def test_an_edit_with_the_word_is_refused(place: Place) -> None:
    """An edit is refused with the rule's own status and code, and the message stays."""
    _, posted = await place.post(content="one")
    place.server.content_rules.refuse("two", method="PATCH", status=403, code=240000, message="No")
    path = f"{place.messages}/{posted['id']}"
    answer = await place.ask("PATCH", path, json={"content": "one, two"})
    assert answer == (403, {"message": "No", "code": 240000})
    assert [each.content for each in place.server.messages(place.channel)] == ["one"]
    assert (await place.post(content="two"))[0] == 200


async def test_a_rule_is_taken_back(place: Place) -> None:
    """What was refused is taken when the word is allowed again."""
    place.server.content_rules.refuse("weasel")
    place.server.content_rules.allow("Weasel")
    assert (await place.post(content="weasel"))[0] == 200


async def test_a_threads_name_is_looked_at_and_a_command_is_not(place: Place) -> None:
    """A thread with the word is not made; a command may have it."""
    place.server.content_rules.refuse("weasel", code=200001)
    threads = f"/channels/{place.channel.id}/threads"
    status, answer = await place.ask("POST", threads, json={"name": "weasel", "type": 11})
    assert (status, answer["code"]) == (400, 200001)
    commands = f"/applications/{place.world.bot.id}/commands"
    body = {"name": "weasel", "description": "x", "type": 1}
    assert (await place.ask("POST", commands, json=body))[0] == 201
