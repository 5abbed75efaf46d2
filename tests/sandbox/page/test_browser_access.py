"""The page is for everybody, and for nobody else."""

from importlib import resources

import pytest
from playwright.async_api import Page, expect

from sandbox.models.script import Answer, Gate
from sandbox.page.server import PageServer
from sandbox.world.entities import Change
from tests.e2e.scene import Scene
from tests.sandbox.page.browser import Surfer

_RICH = """# A heading
**bold** *thin* ~~gone~~ ||covered|| `code` <@{person}> <t:1700000000:R> https://example.com
-# small
- one
> quoted
```python
def double(x: int) -> int:
    return x * 2  # twice
```"""
_ATTACK = (
    "<img src=x onerror=alert(1)> <script>alert(1)</script> [a](javascript:alert(1)) "
    '||<svg onload=alert(1)>|| `<b>` <https://e.org"onclick=alert(1)>'
)


async def _violations(window: Page) -> list[str]:
    """Run axe-core, as its package for Playwright carries it."""
    axe = resources.files("axe_playwright_python") / "axe.min.js"
    await window.evaluate(axe.read_text(encoding="utf-8"))
    return await window.evaluate(
        """async () => (await axe.run({ resultTypes: ["violations"] })).violations
            .map((each) => `${each.id}: ${each.nodes[0].html}`)"""
    )


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_axe_finds_no_violation(
    scene: Scene, surfer: Surfer, scheme: str, width: int
) -> None:
    """axe-core finds nothing, in dark and light, wide and narrow, with everything open in turn."""
    said = scene.actor(scene.ben).say(scene.channel, _RICH.format(person=scene.ann.id))
    scene.actor(scene.ben).say(scene.channel, "a file", reply_to=said, files=[("a.txt", b"a")])
    scene.actor(scene.ben).react(said, "👍")
    async with scene.bot():
        window = await surfer.open(
            welcomed=False, width=width, color_scheme=scheme, bypass_csp=True
        )
        await expect(window.locator("#welcome")).to_be_visible()
        await window.locator("summary").click()
        await window.get_by_label("Application id").fill("1")
        assert await _violations(window) == []
        await window.get_by_role("button", name="Close").last.click()
        await window.locator("#text").fill("/")
        await expect(window.locator(".suggestions li").first).to_be_visible()
        assert await _violations(window) == []
        await window.locator("#text").fill("/model")
        await window.keyboard.press("Enter")
        await expect(window.get_by_role("group", name="/model")).to_be_visible()
        assert await _violations(window) == []
        await window.keyboard.press("Escape")
        await window.keyboard.press("Escape")
        await window.locator(".message").last.click(button="right")
        await expect(window.get_by_role("menu")).to_be_visible()
        assert await _violations(window) == []


async def test_all_by_keyboard(scene: Scene, surfer: Surfer) -> None:
    """Without a mouse: ask, follow into the thread, stop, react, and go back to the channel."""
    gate = Gate()
    scene.script.queue(Answer(chunks=("One. ", "Two."), hold=gate))
    async with scene.bot():
        window = await surfer.open()
        await expect(window.locator("#text")).to_be_focused()
        await window.keyboard.type("@bo")
        await expect(window.locator(".suggestions li")).to_contain_text("bobbin")
        await window.keyboard.press("Tab")
        await window.keyboard.type("count")
        await window.keyboard.press("Enter")
        await expect(window.locator("#top h1")).to_have_text("count")
        gate.release()
        await expect(window.locator(".rows button")).to_be_visible()
        await _tab_to(window, "Stop", back=True)
        await window.keyboard.press("Enter")
        await expect(window.locator(".rows button")).to_have_count(0)
        await expect(window.locator(".message").last).to_be_focused()
        await window.keyboard.press("ArrowUp")
        await window.keyboard.press("Enter")
        await expect(window.get_by_role("menuitem").first).to_be_focused()
        await window.keyboard.press("Enter")
        await window.keyboard.press("ArrowRight")
        await window.keyboard.press("Enter")
        await expect(window.locator(".reaction")).to_have_count(1)
        await _tab_to(window, "#general", back=True)
        await window.keyboard.press("Enter")
        await expect(window.locator("#top h1")).to_have_text("# general")


async def _tab_to(window: Page, name: str, *, back: bool = False) -> None:
    """Press Tab until a button with that name has the focus."""
    focused = "document.activeElement.matches('button') ? document.activeElement.innerText : ''"
    for _ in range(40):
        await window.keyboard.press("Shift+Tab" if back else "Tab")
        if name in await window.evaluate(focused):
            return
    pytest.fail(f"{name} is not reached by Tab")


async def test_a_narrow_window(scene: Scene, surfer: Surfer) -> None:
    """At 360 px nothing is cut off, and the channels are behind a button."""
    scene.world.create_text_channel(scene.guild, "random")
    scene.actor(scene.ben).say(scene.channel, _RICH.format(person=scene.ann.id) + "x" * 300)
    window = await surfer.open(welcomed=False, width=360)
    await window.get_by_role("button", name="Start").click()
    await expect(window.locator(".body pre")).to_be_visible()
    assert await window.evaluate("document.documentElement.scrollWidth") == 360
    await window.get_by_role("button", name="Channels and threads").click()
    await window.get_by_role("navigation").get_by_text("random").click()
    await expect(window.locator("#top h1")).to_have_text("# random")
    await expect(window.get_by_role("navigation")).to_be_hidden()
    await expect(window.locator("#send-button")).to_be_in_viewport(ratio=1)


async def test_a_screen_reader_hears_an_answer_once(scene: Scene, surfer: Surfer) -> None:
    """A growing answer is announced when it begins and read when it is done, not at every edit."""
    gate = Gate()
    scene.script.queue(Answer(chunks=("One. ", "Two. ", "Three. ", "Four."), hold=gate))
    async with scene.bot():
        window = await surfer.open()
        await window.evaluate(
            """() => {
                window.heard = [];
                const region = document.getElementById("announcer");
                const note = () => window.heard.push(region.textContent);
                new MutationObserver(note).observe(region, { childList: true });
            }"""
        )
        await window.locator("#text").fill("@bobbin count")
        await window.keyboard.press("Enter")
        for text in ("One.", "Two.", "Three."):
            gate.release()
            await expect(window.locator("#messages")).to_contain_text(text)
        gate.open()
        await expect(window.locator("#announcer")).to_contain_text("Four.")
        heard: list[str] = await window.evaluate("window.heard")
        assert len([text for text in heard if "One." in text]) == 1
        assert await window.locator("#messages").get_attribute("aria-live") is None


async def test_a_text_cannot_become_markup(scene: Scene, surfer: Surfer) -> None:
    """What looks like HTML or a script is shown, in messages and in everything made of them."""
    said = scene.actor(scene.ben).say(scene.channel, _ATTACK)
    thread = scene.actor(scene.ben).start_thread(scene.channel, "<img src=x>", said)
    scene.actor(scene.ben).say(scene.channel, "b", reply_to=said, files=[("<b>.txt", b"a")])
    window = await surfer.open()
    await expect(window.locator(".body").first).to_contain_text("<img src=x onerror=alert(1)>")
    for wrong in ("img[src=x]", ".body script", ".body svg", "[onclick]", "a[href^=javascript]"):
        await expect(window.locator(wrong)).to_have_count(0)
    scene.world.edit(said, Change(content="> " * 50_000))
    await expect(window.locator("blockquote")).to_have_count(1)
    await window.get_by_role("navigation").get_by_text(thread.name).click()
    await expect(window.locator("#top h1")).to_have_text("<img src=x>")


async def test_the_link_is_needed(page: PageServer, surfer: Surfer) -> None:
    """Without the token in the link the page shows nothing; with it, the token leaves the link."""
    window = await surfer.open(address=page.address)
    await expect(window.locator("#gate")).to_contain_text("Open the link")
    wrong = await surfer.open(address=f"{page.address}/#token=wrong")
    await expect(wrong.locator("#gate")).to_contain_text("Open the new link")
    right = await surfer.open()
    await expect(right.locator("#app")).to_be_visible()
    assert "token" not in right.url
    assert await right.evaluate("document.cookie") == ""


async def test_it_speaks_russian(surfer: Surfer) -> None:
    """The page is in the browser's language, and says so."""
    window = await surfer.open(welcomed=False, locale="ru-RU")
    await expect(window.get_by_role("heading", name="Привет, я Bobbin")).to_be_visible()
    assert await window.evaluate("document.documentElement.lang") == "ru"


async def test_an_invite_link_is_made(surfer: Surfer) -> None:
    """An application id makes the link that invites the bot with what it needs and no more."""
    window = await surfer.open(welcomed=False)
    await window.locator("summary").click()
    await window.get_by_label("Application id").fill("12")
    await expect(window.locator("#invite-link")).to_be_hidden()
    await window.get_by_label("Application id").fill("1234567890123456789")
    href = await window.locator("#invite-link").get_attribute("href")
    assert href == (
        "https://discord.com/oauth2/authorize?client_id=1234567890123456789"
        "&scope=bot+applications.commands&permissions=377957239872"
    )
