"""Messages over REST: what a client that keeps the rules gets, and what a wrong one is told.

A little longer than a module should be, so that right and wrong stand side by side.
"""

import json

import aiohttp
import pytest

from sandbox.payloads.events import Intent
from sandbox.world.entities import Draft, MessageFlag, Payload
from sandbox.world.permissions import Permission
from tests.sandbox.events import recorded_events
from tests.sandbox.place import Place, code_of


async def test_a_posted_message_is_in_the_channel_with_its_ends_trimmed(place: Place) -> None:
    """A posted message is given back and stands in the channel, its ends trimmed."""
    status, body = await place.post(content="  hello \n")
    assert (status, body["content"]) == (200, "hello")
    assert [each.content for each in place.server.messages(place.channel)] == ["hello"]


async def test_two_thousand_code_points_are_accepted(place: Place) -> None:
    """The limit counts code points, not bytes and not UTF-16 units."""
    status, _ = await place.post(content="🦀" * 2000)
    assert status == 200


async def test_too_long_content_is_refused_with_a_nested_error(place: Place) -> None:
    """Content of 2,001 characters is refused with code 50035 and the field's own error."""
    status, body = await place.post(content="x" * 2001)
    assert (status, body["code"]) == (400, 50035)
    assert code_of(body, "content") == "BASE_TYPE_MAX_LENGTH"


@pytest.mark.parametrize("body", [{}, {"content": " \n "}, {"content": "", "embeds": []}])
async def test_a_blank_message_is_refused(place: Place, body: Payload) -> None:
    """A message with nothing in it is refused with code 50006."""
    status, answer = await place.post(**body)
    assert (status, answer["code"]) == (400, 50006)


async def test_a_wrong_token_is_refused(place: Place) -> None:
    """A request with another token is answered 401 in JSON."""
    headers = {"Authorization": "Bot wrong"}
    status, body = await place.ask("GET", "/users/@me", headers=headers)
    assert (status, body) == (401, {"message": "401: Unauthorized", "code": 0})


async def test_an_unknown_channel_and_message_have_codes_of_their_own(place: Place) -> None:
    """An unknown channel is 10003, an unknown message 10008."""
    status, body = await place.ask("GET", "/channels/1")
    assert (status, body["code"]) == (404, 10003)
    status, body = await place.ask("PATCH", f"{place.messages}/1", json={"content": "x"})
    assert (status, body["code"]) == (404, 10008)


async def test_an_unknown_route_is_noted(place: Place) -> None:
    """A route that the sandbox does not have is answered 404 and noted."""
    status, _ = await place.ask("GET", "/no/such/route")
    assert status == 404
    assert place.server.unknown_routes == [("GET", "/no/such/route")]


async def test_a_hidden_channel_is_missing_access(place: Place) -> None:
    """A channel that the bot cannot see refuses everything with code 50001."""
    everyone = place.world.everyone(place.guild)
    place.world.set_permissions(place.channel, place.world.bot, deny=Permission.VIEW_CHANNEL)
    place.world.set_permissions(place.channel, everyone, deny=Permission.VIEW_CHANNEL)
    status, body = await place.post(content="x")
    assert (status, body["code"]) == (403, 50001)


@pytest.mark.parametrize(
    ("denied", "body"),
    [
        (Permission.SEND_MESSAGES, {"content": "x"}),
        (Permission.EMBED_LINKS, {"embeds": [{"title": "x"}]}),
    ],
)
async def test_a_denied_permission_is_missing_permissions(
    place: Place, denied: Permission, body: Payload
) -> None:
    """What an overwrite denies the bot is refused with code 50013."""
    place.world.set_permissions(place.channel, place.world.bot, deny=denied)
    status, answer = await place.post(**body)
    assert (status, answer["code"]) == (403, 50013)


async def test_the_message_of_somebody_else_cannot_be_edited_or_deleted(place: Place) -> None:
    """Editing a person's message is 50005, deleting it without the permission 50013."""
    message = place.server.person(place.ann).say(place.channel, "mine")
    path = f"{place.messages}/{message.id}"
    status, body = await place.ask("PATCH", path, json={"content": "x"})
    assert (status, body["code"]) == (403, 50005)
    status, body = await place.ask("DELETE", path)
    assert (status, body["code"]) == (403, 50013)


async def test_an_edit_changes_only_what_it_names(place: Place) -> None:
    """An edit of the content leaves the components, and is noted with its time."""
    row = {"type": 1, "components": [{"type": 2, "style": 1, "label": "a", "custom_id": "a"}]}
    _, posted = await place.post(content="one", components=[row])
    path = f"{place.messages}/{posted['id']}"
    status, edited = await place.ask("PATCH", path, json={"content": "two"})
    assert status == 200
    assert (edited["content"], edited["components"]) == ("two", posted["components"])
    assert edited["edited_timestamp"] is not None
    (message,) = place.server.messages(place.channel)
    assert [content for _, content in message.edits] == ["two"]


async def test_an_edit_that_leaves_nothing_is_refused(place: Place) -> None:
    """An edit that would leave a message blank is refused with code 50006."""
    _, posted = await place.post(content="one")
    path = f"{place.messages}/{posted['id']}"
    status, body = await place.ask("PATCH", path, json={"content": ""})
    assert (status, body["code"]) == (400, 50006)


async def test_a_deleted_message_is_gone(place: Place) -> None:
    """A deleted message is answered 204, and 10008 from then on."""
    _, posted = await place.post(content="one")
    path = f"{place.messages}/{posted['id']}"
    assert await place.ask("DELETE", path) == (204, None)
    status, body = await place.ask("GET", path)
    assert (status, body["code"]) == (404, 10008)
    assert place.server.messages(place.channel) == []


async def test_an_enforced_nonce_posts_once(place: Place) -> None:
    """A second post with the same enforced nonce gives back the first message."""
    _, first = await place.post(content="one", nonce="n-1", enforce_nonce=True)
    _, second = await place.post(content="two", nonce="n-1", enforce_nonce=True)
    _, third = await place.post(content="three", nonce="n-1")
    assert second == first
    assert third["id"] != first["id"]


async def test_a_nonce_of_more_than_25_characters_is_refused(place: Place) -> None:
    """A nonce of 26 characters is refused with code 50035."""
    status, body = await place.post(content="one", nonce="n" * 26)
    assert status == 400
    assert code_of(body, "nonce") == "BASE_TYPE_MAX_LENGTH"


async def test_history_is_given_newest_first_in_pages(place: Place) -> None:
    """`before`, `after`, `around` and `limit` cut pages that are newest first."""
    ann = place.server.person(place.ann)
    ids = [ann.say(place.channel, str(number)).id for number in range(9)]

    async def page(query: str) -> list[str]:
        _, body = await place.ask("GET", f"{place.messages}?{query}")
        return [each["content"] for each in body]

    assert await page("limit=2") == ["8", "7"]
    assert await page(f"before={ids[4]}&limit=2") == ["3", "2"]
    assert await page(f"after={ids[4]}&limit=2") == ["6", "5"]
    assert await page(f"around={ids[4]}&limit=3") == ["5", "4", "3"]
    status, body = await place.ask("GET", f"{place.messages}?limit=101")
    assert (status, body["code"]) == (400, 50035)


async def test_a_reply_carries_what_it_answers(place: Place) -> None:
    """A reply has the message that it answers, and pings its author unless told otherwise."""
    asked = place.server.person(place.ann).say(place.channel, "question")
    pointer = {"message_id": str(asked.id)}
    _, reply = await place.post(content="a", message_reference=pointer)
    assert (reply["type"], reply["referenced_message"]["content"]) == (19, "question")
    assert [each["id"] for each in reply["mentions"]] == [str(place.ann.id)]
    none: Payload = {"parse": [], "replied_user": False}
    _, silent = await place.post(content="a", message_reference=pointer, allowed_mentions=none)
    assert silent["mentions"] == []


async def test_a_reply_to_a_message_that_is_gone_is_refused(place: Place) -> None:
    """A reply to nothing is refused unless the bot says that it may be a plain message then."""
    pointer: Payload = {"message_id": "1"}
    status, body = await place.post(content="a", message_reference=pointer)
    assert (status, body["code"]) == (400, 50035)
    assert code_of(body, "message_reference") == "REPLIES_UNKNOWN_MESSAGE"
    pointer["fail_if_not_exists"] = False
    status, body = await place.post(content="a", message_reference=pointer)
    assert (status, body["type"]) == (200, 0)


async def test_a_file_can_be_fetched_again(place: Place) -> None:
    """A file that comes in a multipart request is an attachment whose address gives its bytes."""
    form = aiohttp.FormData(quote_fields=False)
    described = [{"id": 0, "filename": "a b.txt", "description": "notes"}]
    form.add_field("payload_json", json.dumps({"content": "x", "attachments": described}))
    form.add_field("files[0]", b"bytes", filename="a b.txt", content_type="text/plain")
    status, body = await place.ask("POST", place.messages, data=form)
    assert status == 200
    (attachment,) = body["attachments"]
    assert (attachment["size"], attachment["description"]) == (5, "notes")
    async with place.session.get(attachment["url"]) as response:
        assert await response.read() == b"bytes"


async def test_a_person_who_takes_no_direct_messages_cannot_be_written_to(place: Place) -> None:
    """Direct messages to somebody who takes none are refused with code 50007."""
    opened = {"recipient_id": str(place.ann.id)}
    _, channel = await place.ask("POST", "/users/@me/channels", json=opened)
    path = f"/channels/{channel['id']}/messages"
    status, _ = await place.ask("POST", path, json={"content": "hi"})
    assert status == 200
    place.ann.accepts_direct_messages = False
    status, body = await place.ask("POST", path, json={"content": "hi"})
    assert (status, body["code"]) == (403, 50007)


async def test_typing_is_noted(place: Place) -> None:
    """Typing is answered 204 and noted with channel and account."""
    path = f"/channels/{place.channel.id}/typing"
    assert await place.ask("POST", path) == (204, None)
    noted = [(channel_id, user_id) for _, channel_id, user_id in place.server.typing]
    assert noted == [(place.channel.id, place.world.bot.id)]


async def test_reactions_are_added_counted_and_taken_back(place: Place) -> None:
    """A reaction is counted with who has it, and gone when it is taken back."""
    message = place.server.person(place.ann).say(place.channel, "x")
    one = f"{place.messages}/{message.id}"
    assert await place.ask("PUT", f"{one}/reactions/👀/@me") == (204, None)
    place.server.person(place.ann).react(message, "👀")
    _, body = await place.ask("GET", one)
    (reaction,) = body["reactions"]
    assert (reaction["emoji"]["name"], reaction["count"], reaction["me"]) == ("👀", 2, True)
    assert await place.ask("DELETE", f"{one}/reactions/👀/@me") == (204, None)
    assert message.reactions == {"👀": [place.ann.id]}
    status, body = await place.ask("PUT", f"{one}/reactions/nonsense/@me")
    assert (status, body["code"]) == (400, 10014)


async def test_a_body_that_is_no_json_is_refused(place: Place) -> None:
    """A body that cannot be parsed is refused with code 50109."""
    status, body = await place.ask("POST", place.messages, data=b"{nonsense")
    assert (status, body["code"]) == (400, 50109)


async def test_an_ephemeral_message_cannot_be_reached_with_the_bots_token(place: Place) -> None:
    """An ephemeral message is in no history and unknown to the routes of messages."""
    draft = Draft("psst", flags=MessageFlag.EPHEMERAL)
    message = place.world.post(place.world.bot, place.channel, draft)
    assert await place.ask("GET", place.messages) == (200, [])
    status, body = await place.ask("GET", f"{place.messages}/{message.id}")
    assert (status, body["code"]) == (404, 10008)


async def test_a_nonce_is_told_to_who_posts_and_not_kept(place: Place) -> None:
    """The answer to a post has its nonce; reading the message later does not bring it back."""
    _, posted = await place.post(content="x", nonce="n-1")
    assert posted["nonce"] == "n-1"
    _, read = await place.ask("GET", f"{place.messages}/{posted['id']}")
    assert "nonce" not in read


async def test_content_is_hidden_from_a_bot_that_the_portal_denies_it(place: Place) -> None:
    """Without the intent, history shows what mentions the bot and blanks everything else."""
    place.world.bot.may_read_content = False
    ann = place.server.person(place.ann)
    ann.say(place.channel, "hidden")
    ann.say(place.channel, f"{place.world.bot.mention} shown")
    _, body = await place.ask("GET", place.messages)
    assert [bool(each["content"]) for each in body] == [True, False]


async def test_a_permission_lets_the_bot_hide_the_embeds_of_others(place: Place) -> None:
    """With the permission to manage messages, the flags of somebody's message can be set."""
    message = place.server.person(place.ann).say(place.channel, "mine")
    path = f"{place.messages}/{message.id}"
    flags = {"flags": int(MessageFlag.SUPPRESS_EMBEDS)}
    status, body = await place.ask("PATCH", path, json=flags)
    assert (status, body["code"]) == (403, 50013)
    allowed = Permission.MANAGE_MESSAGES
    place.world.set_permissions(place.channel, place.world.bot, allow=allowed)
    status, body = await place.ask("PATCH", path, json=flags)
    assert (status, body["flags"], body["content"]) == (200, 4, "mine")


async def test_many_messages_are_deleted_at_once(place: Place) -> None:
    """With the permission, a list of messages is deleted, of which one event tells the channel.

    Ids that nothing has are ignored.
    """
    ann = place.server.person(place.ann)
    ids = [str(ann.say(place.channel, text).id) for text in "ab"]
    kept = ann.say(place.channel, "c")
    allowed = Permission.MANAGE_MESSAGES
    place.world.set_permissions(place.channel, place.world.bot, allow=allowed)
    told = recorded_events(place.world)
    body = {"messages": [*ids, "1"]}
    assert await place.ask("POST", f"{place.messages}/bulk-delete", json=body) == (204, None)
    assert place.server.messages(place.channel) == [kept]
    assert [(event.name, event.intent, event.data) for event in told] == [
        (
            "MESSAGE_DELETE_BULK",
            Intent.GUILD_MESSAGES,
            {
                "ids": ids,
                "channel_id": str(place.channel.id),
                "guild_id": str(place.channel.guild_id),
            },
        )
    ]


async def test_unknown_messages_are_deleted_at_once_without_a_word(place: Place) -> None:
    """Where none of the ids is a message's, nothing is told."""
    allowed = Permission.MANAGE_MESSAGES
    place.world.set_permissions(place.channel, place.world.bot, allow=allowed)
    told = recorded_events(place.world)
    body = {"messages": ["1", "2"]}
    assert await place.ask("POST", f"{place.messages}/bulk-delete", json=body) == (204, None)
    assert told == []


async def test_direct_messages_are_not_deleted_at_once(place: Place) -> None:
    """In direct messages there is no such thing: code 50003."""
    direct = place.world.direct_message_channel(place.ann)
    path = f"/channels/{direct.id}/messages/bulk-delete"
    status, body = await place.ask("POST", path, json={"messages": ["1", "2"]})
    assert (status, body["code"]) == (403, 50003)


async def test_an_id_that_is_no_number_is_refused_where_it_is(place: Place) -> None:
    """An id that cannot be one is refused with code 50035 at its field."""
    status, body = await place.post(content="x", message_reference={"message_id": "x"})
    assert (status, body["code"]) == (400, 50035)
    assert code_of(body, "message_reference", "message_id") == "NUMBER_TYPE_COERCE"


async def test_a_mention_is_listed_as_far_as_the_bot_allows_it(place: Place) -> None:
    """A message's mentions are those of its text that `allowed_mentions` lets through."""
    text = f"{place.ann.mention} {place.world.bot.mention}"
    only: Payload = {"parse": [], "users": [str(place.ann.id)]}
    _, body = await place.post(content=text, allowed_mentions=only)
    assert [each["id"] for each in body["mentions"]] == [str(place.ann.id)]
    _, body = await place.post(content=text)
    assert len(body["mentions"]) == 2
