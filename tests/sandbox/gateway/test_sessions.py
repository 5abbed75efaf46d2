"""What a gateway session keeps for replay, and what is withheld from it."""

from sandbox.gateway.sessions import REPLAY_LIMIT, Session
from sandbox.payloads.messages import message_payload, snapshot_payload
from sandbox.payloads.visibility import without_content
from sandbox.world.entities import Draft, Reference
from sandbox.world.world import World


def test_a_session_replays_no_more_than_it_keeps() -> None:
    """What is older than the kept events makes a resume impossible, as does the future."""
    session = Session("a session", intents=0)
    assert session.can_replay(0)
    for number in range(REPLAY_LIMIT + 5):
        session.dispatch("MESSAGE_CREATE", {"id": str(number)})
    assert not session.can_replay(4)
    assert session.can_replay(5)
    assert session.can_replay(session.sequence)
    assert not session.can_replay(session.sequence + 1)


def test_the_last_event_of_a_name_is_found() -> None:
    """A session gives the last frame, of any name or of one."""
    session = Session("a session", intents=0)
    assert session.last() is None
    session.dispatch("READY", {})
    session.dispatch("TYPING_START", {})
    frames = (session.last(), session.last("READY"))
    assert [frame and frame["s"] for frame in frames] == [2, 1]
    assert session.last("MESSAGE_CREATE") is None


def test_a_forwarded_message_is_withheld_with_its_forward() -> None:
    """Without the content intent a forward shows nothing of what it forwards."""
    world = World()
    guild = world.create_guild("Weavers")
    channel = world.create_text_channel(guild, "general")
    person = world.create_person("ada")
    world.join(guild, person)
    first = world.post(person, channel, Draft("secret"))
    snapshot = snapshot_payload(world.directory, first)
    draft = Draft(reference=Reference(channel.id, first.id, 1), snapshot=snapshot)
    payload = message_payload(world.directory, world.post(person, channel, draft))
    shown = without_content(payload, world.bot, is_direct=False)
    assert shown["message_snapshots"][0]["message"]["content"] == ""
    assert payload["message_snapshots"][0]["message"]["content"] == "secret"
    assert without_content(payload, world.bot, is_direct=True) == payload


def test_a_message_that_is_replied_to_is_judged_on_its_own() -> None:
    """A reply that mentions the bot shows its own text, not the text of what it replies to."""
    world = World()
    guild = world.create_guild("Weavers")
    channel = world.create_text_channel(guild, "general")
    person = world.create_person("ada")
    world.join(guild, person)
    world.join(guild, world.bot)
    first = world.post(person, channel, Draft("secret"))
    hands = Draft(f"{world.bot.mention} look", reference=Reference(channel.id, first.id))
    payload = message_payload(world.directory, world.post(person, channel, hands))
    payload["referenced_message"] = message_payload(world.directory, first)
    shown = without_content(payload, world.bot, is_direct=False)
    assert shown["content"].endswith("look")
    assert shown["referenced_message"]["content"] == ""
