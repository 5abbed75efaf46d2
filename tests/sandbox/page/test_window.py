"""What the windows of the page are told."""

from sandbox.page.server import PageServer
from sandbox.page.views import changes
from sandbox.world.entities import Change
from tests.e2e.scene import Scene
from tests.sandbox.page.page_client import PageClient, applied, text_of, window_of


def _texts(window: PageClient) -> list[str]:
    return [text_of(message.get("body", [])) for message in window.messages.values()]


async def test_a_window_shows_what_was_said(page: PageServer, scene: Scene) -> None:
    """A channel opens with its last messages, oldest first, and says whether there are more."""
    for number in range(60):
        scene.actor(scene.ann).say(scene.channel, f"number {number}")
    async with window_of(page) as window:
        opened = await window.open(scene.channel.id)
        assert _texts(window) == [f"number {number}" for number in range(10, 60)]
        assert opened["more"]
        older = await window.ask("older", before=opened["messages"][0]["id"])
        assert _texts(window) == [f"number {number}" for number in range(10)]
        assert not older["more"]


async def test_two_windows_show_the_same(page: PageServer, scene: Scene) -> None:
    """What is said in one window is at once in every other one that shows the channel."""
    async with window_of(page) as one, window_of(page, person=str(scene.ben.id)) as two:
        await one.open(scene.channel.id)
        await two.open(scene.channel.id)
        await one.ask("say", channel=str(scene.channel.id), text="hello")
        await two.ask("say", channel=str(scene.channel.id), text="hi")
        for window in (one, two):
            await window.until(lambda window=window: len(window.messages) == 2)
            authors = [message["by"] for message in window.messages.values()]
            assert authors == [str(scene.ann.id), str(scene.ben.id)]
            assert _texts(window) == ["hello", "hi"]


async def test_an_edit_tells_only_what_changed(page: PageServer, scene: Scene) -> None:
    """As an answer grows, only its blocks from the first changed one on are sent."""
    grown = [
        "# title\n\nfirst",
        "# title\n\nfirst line\n\nsecond",
        "# title\n\nfirst line\n\nsecond\n- a",
    ]
    message = scene.actor(scene.ann).say(scene.channel, "# title")
    async with window_of(page) as window:
        await window.open(scene.channel.id)
        for text in grown:
            scene.world.edit(message, Change(content=text))
        await window.until(lambda: len(window.told("edit")) == 3)
        assert [item["set"]["from"] for item in window.told("edit")] == [1, 1, 3]
        assert window.told("edit")[-1]["set"]["body"] == [["ul", 0, ["li", 0, ["p", 0, "a"]]]]
        shown = dict(window.messages[str(message.id)])
        await window.open(scene.channel.id)
        assert window.messages[str(message.id)] == shown
        assert shown["edits"] == 3


async def test_an_edit_that_changes_nothing_else_is_small(page: PageServer, scene: Scene) -> None:
    """What an edit leaves as it was is not sent again."""
    message = scene.actor(scene.ann).say(scene.channel, "a", files=[("a.txt", b"a")])
    async with window_of(page) as window:
        await window.open(scene.channel.id)
        scene.actor(scene.ann).edit(message, "b")
        await window.until(lambda: window.told("edit"))
        assert set(window.told("edit")[0]["set"]) == {"from", "body", "edits", "edited"}


def test_changes_turn_one_view_into_the_next() -> None:
    """The page comes from any view of a message to any other one by what is sent."""
    views = [
        {"id": "1", "edits": 0},
        {"id": "1", "edits": 1, "body": [["p", 0, "a"]]},
        {"id": "1", "edits": 2, "body": [["p", 0, "a"], ["p", 0, "b"]], "rows": [{"type": 1}]},
        {"id": "1", "edits": 3, "body": [["p", 0, "c"]], "edited": True},
        {"id": "1", "edits": 4, "reactions": [["👍", ["1"]]]},
    ]
    for before in views:
        for after in views:
            shown = applied(before, changes(before, after))
            assert {key: value for key, value in shown.items() if value != []} == after


async def test_a_reload_in_mid_stream_goes_on(page: PageServer, scene: Scene) -> None:
    """A window that opens while an answer grows shows all of it in the end."""
    message = scene.actor(scene.ann).say(scene.channel, "one")
    async with window_of(page) as before:
        await before.open(scene.channel.id)
        scene.world.edit(message, Change(content="one two"))
        await before.until(lambda: before.told("edit"))
    async with window_of(page) as after:
        await after.open(scene.channel.id)
        assert _texts(after) == ["one two"]
        scene.world.edit(message, Change(content="one two three"))
        await after.until(lambda: after.told("edit"))
        assert _texts(after) == ["one two three"]


async def test_messages_that_go_are_gone(page: PageServer, scene: Scene) -> None:
    """A deleted message disappears from the page."""
    async with window_of(page) as window:
        await window.open(scene.channel.id)
        said = await window.ask("say", channel=str(scene.channel.id), text="a")
        place = {"channel": str(scene.channel.id), "message": said["id"]}
        assert (await window.ask("delete", **place))["t"] == "done"
        await window.until(lambda: not window.messages)


async def test_messages_that_go_together_are_gone(page: PageServer, scene: Scene) -> None:
    """Messages that a moderator removes at once disappear from the page."""
    said = [scene.actor(scene.ben).say(scene.channel, text) for text in ("a", "b", "c")]
    async with window_of(page) as window:
        await window.open(scene.channel.id)
        scene.world.delete_many(scene.channel, said[:2])
        await window.until(lambda: _texts(window) == ["c"])


async def test_reactions_are_put_and_taken_back(page: PageServer, scene: Scene) -> None:
    """Reacting shows who did; reacting again takes it back."""
    message = scene.actor(scene.ben).say(scene.channel, "a")
    async with window_of(page) as window:
        await window.open(scene.channel.id)
        shown = {"channel": str(scene.channel.id), "message": str(message.id), "emoji": "👍"}
        await window.ask("react", **shown)
        await window.until(lambda: window.told("edit"))
        assert window.messages[str(message.id)]["reactions"] == [["👍", [str(scene.ann.id)]]]
        await window.ask("react", **shown)
        await window.until(lambda: len(window.told("edit")) == 2)
        assert not window.messages[str(message.id)].get("reactions")


async def test_what_happens_elsewhere_is_only_mentioned(page: PageServer, scene: Scene) -> None:
    """Of a message in another channel a window is told that it is there, not what it says."""
    elsewhere = scene.world.create_text_channel(scene.guild, "elsewhere")
    async with window_of(page) as window:
        await window.open(scene.channel.id)
        scene.actor(scene.ben).say(elsewhere, f"secret {scene.ann.mention}")
        await window.until(lambda: window.told("activity"))
        (told,) = window.told("activity")
        assert (told["channel"], told["mention"]) == (str(elsewhere.id), True)
        assert "secret" not in str(window.news)


async def test_threads_come_and_go(page: PageServer, scene: Scene) -> None:
    """A thread is on the page when it is opened, under its new name when renamed, then gone."""
    async with window_of(page) as window:
        message = scene.actor(scene.ann).say(scene.channel, "a")
        thread = scene.actor(scene.ann).start_thread(scene.channel, "talk", message)
        await window.until(lambda: str(thread.id) in window.channels)
        scene.world.change_thread(thread, name="chat")
        await window.until(lambda: window.channels[str(thread.id)]["name"] == "chat")
        assert window.channels[str(thread.id)]["parent"] == str(scene.channel.id)
        scene.world.delete_channel(thread)
        await window.until(lambda: window.told("channel_gone"))


async def test_a_private_thread_is_for_those_in_it(page: PageServer, scene: Scene) -> None:
    """Who may not see a thread is not told of it, and cannot open it."""
    async with window_of(page, person=str(scene.ben.id)) as window:
        thread = scene.actor(scene.ann).start_thread(scene.channel, "private", is_private=True)
        said = scene.actor(scene.ann).say(thread, "secret")
        opened = await window.open(thread.id)
        assert opened["t"] == "refused"
        place = {"channel": str(thread.id), "message": str(said.id)}
        assert (await window.ask("source", **place))["t"] == "refused"
        assert str(thread.id) not in window.channels
        scene.world.join_thread(scene.ben, thread)
        await window.until(lambda: str(thread.id) in window.channels)


async def test_speaking_as_somebody_else(page: PageServer, scene: Scene) -> None:
    """A window can speak as each of the people that it was given, and as nobody else."""
    async with window_of(page) as window:
        assert window.welcome["speakers"] == [str(scene.ann.id), str(scene.ben.id)]
        assert window.welcome["me"] == str(scene.ann.id)
        assert (await window.ask("be", person=str(scene.ben.id)))["me"] == str(scene.ben.id)
        await window.open(scene.channel.id)
        await window.ask("say", channel=str(scene.channel.id), text="a")
        await window.until(lambda: window.messages)
        assert next(iter(window.messages.values()))["by"] == str(scene.ben.id)
        bot = str(scene.world.bot.id)
        assert (await window.ask("be", person=bot))["me"] == str(scene.ann.id)


async def test_typing_is_shown_to_others(page: PageServer, scene: Scene) -> None:
    """Who types is shown in the open channel, and not to themselves."""
    async with window_of(page) as ann, window_of(page, person=str(scene.ben.id)) as ben:
        for window in (ann, ben):
            await window.open(scene.channel.id)
        await ann.ask("typing", channel=str(scene.channel.id))
        await ben.until(lambda: ben.told("typing"))
        assert ben.told("typing")[0]["by"] == str(scene.ann.id)
        assert not ann.told("typing")


async def test_what_a_person_may_not_do_is_refused_in_words(page: PageServer, scene: Scene) -> None:
    """A refusal is answered with its reason, and the window goes on."""
    message = scene.actor(scene.ben).say(scene.channel, "a")
    place = {"channel": str(scene.channel.id), "message": str(message.id)}
    async with window_of(page) as window:
        for refused in (
            await window.ask("edit", **place, text="b"),
            await window.ask("delete", **place),
            await window.ask("say", channel=str(scene.channel.id), text=" "),
            await window.ask("say", channel=str(scene.channel.id), text="a" * 4001),
            await window.ask("say", channel="x", text="a"),
            await window.ask("say", text="a"),
            await window.ask("react", **place, emoji="<b>"),
            await window.ask("open", channel="99"),
            await window.ask("slash", channel=str(scene.channel.id), name=""),
            await window.ask("fly"),
        ):
            assert refused["t"] == "refused"
            assert refused["why"]
        assert (await window.open(scene.channel.id))["t"] == "done"


async def test_a_forum_is_posted_to(page: PageServer, scene: Scene) -> None:
    """A post in a forum is a thread with its first message."""
    forum = scene.world.create_forum(scene.guild, "questions")
    async with window_of(page) as window:
        posted = await window.ask("post", channel=str(forum.id), title="Why?", text="Because")
        assert window.channels[posted["channel"]]["name"] == "Why?"
        await window.open(int(posted["channel"]))
        assert _texts(window) == ["Because"]


async def test_a_reply_shows_what_it_answers(page: PageServer, scene: Scene) -> None:
    """A reply carries a line of the message that it answers, until that is deleted."""
    message = scene.actor(scene.ben).say(scene.channel, "**bold** question")
    async with window_of(page) as window:
        await window.open(scene.channel.id)
        place = {"channel": str(scene.channel.id)}
        said = await window.ask("say", **place, text="a", reply=str(message.id))
        await window.until(lambda: said["id"] in window.messages)
        shown = {"id": str(message.id), "by": str(scene.ben.id), "text": "bold question"}
        assert window.messages[said["id"]]["reply"] == shown
        scene.actor(scene.ben).delete(message)
        await window.open(scene.channel.id)
        assert window.messages[said["id"]]["reply"] == {"gone": True}
