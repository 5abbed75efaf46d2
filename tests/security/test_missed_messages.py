"""Messages read after the bot was away pass the same door as those that it hears.

Discord shows a message that is read without its author's membership: no guild, no roles.
"""

import pytest

from rendering.wording.sentences import Sentence
from tests.e2e.scene import Scene
from tests.e2e.steps import asked
from tests.e2e.streams import until_heard


@pytest.mark.parametrize(
    ("setting", "notice"),
    [
        ("ALLOWED_GUILDS", Sentence.GUILD_NOT_ALLOWED),
        ("ALLOWED_CHANNELS", Sentence.CHANNEL_NOT_ALLOWED),
        ("ALLOWED_ROLES", Sentence.ROLE_NOT_ALLOWED),
    ],
)
async def test_rules_hold_for_what_was_missed(scene: Scene, setting: str, notice: Sentence) -> None:
    """Who may not talk to the bot is refused what they said while it was away, too."""
    scene.settings[setting] = "1"
    async with scene.bot():
        await until_heard(scene)
    scene.actor(scene.ann).say(scene.channel, scene.mention("let me in"))
    async with scene.bot():
        await scene.until(lambda: scene.from_bot(scene.channel))
    assert [message.content for message in scene.from_bot(scene.channel)] == [notice]
    assert asked(scene.playground) == []


async def test_an_allowed_role_is_looked_up_for_what_was_missed(scene: Scene) -> None:
    """Who has an allowed role is answered for what they said while the bot was away."""
    role = scene.world.create_role(scene.guild, "talkers")
    scene.world.join(scene.guild, scene.ben, (role,))
    async with scene.bot(ALLOWED_ROLES=str(role.id)):
        await until_heard(scene)
    question = scene.actor(scene.ben).say(scene.channel, scene.mention("let me in"))
    async with scene.bot(ALLOWED_ROLES=str(role.id)):
        await scene.answer_in(await scene.thread_of(question))


async def test_an_author_who_has_left_has_no_role(scene: Scene) -> None:
    """Who has left the server since is refused like everybody without an allowed role."""
    role = scene.world.create_role(scene.guild, "talkers")
    scene.world.join(scene.guild, scene.ben, (role,))
    async with scene.bot(ALLOWED_ROLES=str(role.id)):
        await until_heard(scene)
    scene.actor(scene.ben).say(scene.channel, scene.mention("let me in"))
    del scene.guild.members[scene.ben.id]
    async with scene.bot(ALLOWED_ROLES=str(role.id)):
        await scene.until(lambda: scene.from_bot(scene.channel))
    assert [each.content for each in scene.from_bot(scene.channel)] == [Sentence.ROLE_NOT_ALLOWED]
    assert asked(scene.playground) == []
