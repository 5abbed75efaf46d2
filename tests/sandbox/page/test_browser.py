"""What a newcomer does in the page, in a real browser with the real bot."""

from playwright.async_api import Locator, Page, expect

from sandbox.models.script import Answer, Gate
from sandbox.world.entities import Change
from tests.e2e.scene import Scene
from tests.sandbox.page.browser import Surfer

_ANSWER = ("One, two. ", "Three, four. ", "Five, six. ", "And that is all.")


def _bot_body(window: Page) -> Locator:
    return window.locator("li:has(.name.bot) .body").last


async def _say(window: Page, text: str) -> None:
    await window.locator("#text").fill(text)
    await window.keyboard.press("Enter")


async def _ask_in_steps(window: Page, scene: Scene) -> Gate:
    """Have a question asked, whose answer waits for the gate."""
    gate = Gate()
    scene.script.queue(Answer(chunks=_ANSWER, hold=gate))
    await _say(window, "@bobbin count, please")
    await expect(window.locator("#top h1")).to_have_text("count, please")
    return gate


async def test_a_newcomers_first_minute(scene: Scene, surfer: Surfer) -> None:
    """One click on the panel asks the bot; the page goes into the thread, and the text grows."""
    gate = Gate()
    scene.script.queue(Answer(chunks=_ANSWER, hold=gate))
    async with scene.bot():
        window = await surfer.open(welcomed=False)
        await window.get_by_role("button", name="What can you do?").click()
        await expect(window.locator("#top h1")).to_have_text("What can you do?")
        for count in range(1, len(_ANSWER)):
            gate.release()
            await expect(_bot_body(window)).to_contain_text("".join(_ANSWER[:count]).strip())
            assert _ANSWER[count] not in await _bot_body(window).inner_text()
        gate.open()
        await expect(window.locator(".rows button")).to_have_count(0)
        said = await _bot_body(window).locator("p").first.inner_text()
        assert said.removesuffix("(edited)").strip() == "".join(_ANSWER)


async def test_stop_stops(scene: Scene, surfer: Surfer) -> None:
    """The bot's button ends its answer."""
    async with scene.bot():
        window = await surfer.open()
        gate = await _ask_in_steps(window, scene)
        gate.release(2)
        await window.locator(".rows button").click()
        await expect(window.locator(".rows button")).to_have_count(0)
        await expect(_bot_body(window)).to_contain_text("Stopped")


async def test_a_command_by_the_palette(scene: Scene, surfer: Surfer) -> None:
    """A slash opens the palette; the bot's suggestions fill in; the answer is for me only."""
    async with scene.bot():
        window = await surfer.open()
        await window.locator('[data-channel="direct"]').click()
        await expect(window.locator("#top h1")).to_have_text("bobbin")
        await window.locator("#text").press_sequentially("/mod")
        await expect(window.locator(".suggestions li")).to_contain_text("/model")
        await window.keyboard.press("Enter")
        await window.get_by_role("combobox", name="name").press_sequentially("tulu")
        await expect(window.locator(".suggestions li").first).to_contain_text("tulu")
        await window.keyboard.press("Enter")
        await window.keyboard.press("Enter")
        await expect(window.locator(".message.ephemeral .body")).to_contain_text("tulu")
        await expect(window.get_by_text("Only you can see this")).to_be_visible()
        await window.get_by_role("button", name="Dismiss").click()
        await expect(window.locator(".message.ephemeral")).to_have_count(0)


async def test_a_form(scene: Scene, surfer: Surfer) -> None:
    """A form opens over the page, is sent, and what was refused can be mended."""
    async with scene.bot():
        window = await surfer.open()
        await window.locator('[data-channel="direct"]').click()
        await expect(window.locator("#top h1")).to_have_text("bobbin")
        await _say(window, "/settings")
        await window.keyboard.press("Enter")
        await window.get_by_label("Temperature").fill("0.5")
        await window.get_by_role("button", name="Submit").click()
        await expect(window.locator("dialog")).to_have_count(0)
        await expect(window.locator(".message.ephemeral .body")).to_contain_text("0.5")


async def test_my_messages_are_edited_and_deleted(scene: Scene, surfer: Surfer) -> None:
    """Arrow up edits my last message; the menu deletes it."""
    window = await surfer.open()
    await expect(window.locator("#top h1")).to_have_text("# general")
    await _say(window, "helo")
    await expect(window.locator(".body")).to_have_text("helo ")
    await window.keyboard.press("ArrowUp")
    await window.get_by_label("Edit", exact=True).and_(window.locator("textarea")).fill("hello")
    await window.keyboard.press("Enter")
    await expect(window.locator(".body")).to_have_text("hello (edited)")
    await window.locator(".message").click(button="right")
    await window.get_by_role("menuitem", name="Delete").click()
    await expect(window.locator(".message")).to_have_count(0)
    assert scene.discord.messages(scene.channel) == []


async def test_a_reaction_and_a_reply(scene: Scene, surfer: Surfer) -> None:
    """A message is reacted to and replied to from its tools."""
    scene.actor(scene.ben).say(scene.channel, "a question")
    window = await surfer.open()
    await window.locator(".message").hover()
    await window.get_by_role("button", name="Add a reaction").click()
    await window.get_by_role("menuitem", name="👍").click()
    await expect(window.locator(".reaction")).to_have_text("👍1")
    await window.locator(".message").hover()
    await window.locator(".tools").get_by_role("button", name="Reply").click()
    await expect(window.get_by_text("Replying to ben")).to_be_visible()
    await _say(window, "an answer")
    await expect(window.locator("button.context")).to_contain_text("a question")


async def test_a_file_is_uploaded(scene: Scene, surfer: Surfer) -> None:
    """A file that was chosen goes along with the message, and can be taken from it."""
    window = await surfer.open()
    await expect(window.locator("#top h1")).to_have_text("# general")
    file = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"the notes"}
    await window.locator("input[type=file]").set_input_files([file])  # pyright: ignore[reportArgumentType] - its own example
    await expect(window.locator(".chip")).to_have_text("notes.txt")
    await _say(window, "see this")
    async with window.expect_download() as downloading:
        await window.get_by_role("link", name="Download notes.txt").click()
    download = await downloading.value
    assert download.suggested_filename == "notes.txt"
    (message,) = scene.discord.messages(scene.channel)
    assert scene.world.files[message.attachments[0].id] == b"the notes"


async def test_a_reload_in_mid_stream(scene: Scene, surfer: Surfer) -> None:
    """A window that is reloaded while an answer grows is where it was and goes on with it."""
    async with scene.bot():
        window = await surfer.open()
        gate = await _ask_in_steps(window, scene)
        gate.release(2)
        await expect(_bot_body(window)).to_contain_text("Three, four.")
        await window.reload()
        await expect(window.locator("#top h1")).to_have_text("count, please")
        await expect(_bot_body(window)).to_contain_text("Three, four.")
        gate.open()
        await expect(_bot_body(window)).to_contain_text("And that is all.")


async def test_two_windows_at_once(scene: Scene, surfer: Surfer) -> None:
    """Two people in two windows see each other and the same answer."""
    async with scene.bot():
        ann, ben = await surfer.open(), await surfer.open()
        await ben.locator("#speak-as").select_option(label="ben")
        await expect(ben.get_by_text("ben speaks now.")).to_be_visible()
        gate = await _ask_in_steps(ann, scene)
        await ben.get_by_role("navigation").get_by_text("count, please").click()
        gate.open()
        for window in (ann, ben):
            await expect(_bot_body(window)).to_contain_text("And that is all.")
        await _say(ben, "@ann did you see that?")
        await expect(ann.locator(".message.for-me .body")).to_contain_text("@ann did you see that?")


async def test_the_scroll_stays_where_the_person_reads(scene: Scene, surfer: Surfer) -> None:
    """An answer that grows keeps the end in sight, and leaves who scrolled up where they are."""
    for number in range(40):
        scene.actor(scene.ben).say(scene.channel, f"number {number}")
    answer = scene.actor(scene.ben).say(scene.channel, "begin")
    window = await surfer.open()
    await expect(window.locator(".body").last).to_contain_text("begin")
    scene.world.edit(answer, Change(content="\n".join(f"line {n}" for n in range(40))))
    await expect(window.get_by_text("line 39")).to_be_in_viewport()
    await window.locator("#scroller").evaluate("it => { it.scrollTop = 40 }")
    await expect(window.get_by_text("line 39")).not_to_be_in_viewport()
    before = await window.get_by_text("number 3", exact=True).bounding_box()
    scene.world.edit(answer, Change(content="\n".join(f"line {n}" for n in range(60))))
    await expect(window.get_by_role("button", name="New messages below")).to_be_visible()
    assert await window.get_by_text("number 3", exact=True).bounding_box() == before
    await window.get_by_role("button", name="New messages below").click()
    await expect(window.get_by_text("line 59")).to_be_in_viewport()


async def test_edits_are_counted_where_that_is_switched_on(scene: Scene, surfer: Surfer) -> None:
    """The counter says how often a message was edited and how late that was on the screen."""
    message = scene.actor(scene.ben).say(scene.channel, "a")
    window = await surfer.open()
    await expect(window.locator(".body")).to_contain_text("a")
    for text in ("b", "c"):
        scene.world.edit(message, Change(content=text))
    await expect(window.locator(".counter")).to_be_hidden()
    await window.get_by_role("button", name="Count edits").click()
    await expect(window.locator(".counter")).to_contain_text("2 edits")
    await expect(window.locator(".counter")).to_contain_text("ms")
