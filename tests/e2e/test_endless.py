"""Models that do not stop: text and thoughts without end are bounded, and said to be."""

from conversation.entities import Failure, FailureReason, Outcome
from rendering.wording.sentences import Sentence
from sandbox.models.openai.server import OpenAIServer
from sandbox.models.script import Answer, Script
from tests.e2e.scene import Scene
from tests.e2e.steps import answers, ask_in
from tests.e2e.streams import until_stored

BOUND = 5000
SETTINGS = {"MAX_ANSWER_CHARS": str(BOUND)}
LINE = "ten signs\n"
CUT = Failure(FailureReason.LENGTH_BOUND)


async def test_a_million_signs_are_cut_at_the_bound(scene: Scene) -> None:
    """Text beyond the bound is neither shown nor stored, and the service is left."""
    scene.script.queue(Answer(chunks=[LINE * 100] * 1000))
    async with scene.bot(**SETTINGS):
        thread, _ = await scene.ask("talk")
        notice = Sentence.LENGTH_BOUND
        await scene.until(lambda: answers(scene, thread)[-1].content.endswith(notice))
        parts = answers(scene, thread)
        shown = "\n".join(part.content for part in parts).removesuffix(notice)
        turn = await until_stored(scene, parts[0], Outcome.TRUNCATED)
        await scene.playground.until(lambda: scene.playground.requests[-1].closed_by_client)
        scene.script.queue(Answer("Gladly."))
        assert (await ask_in(scene, thread, "thanks")).content == "Gladly."
    assert shown.split() == (LINE * (BOUND // 10)).split()
    assert turn.text == LINE * (BOUND // 10)
    assert (turn.outcome, turn.failure) == (Outcome.TRUNCATED, CUT)


async def test_endless_thoughts_are_cut(scene: Scene) -> None:
    """A model that only thinks is left after a while; little of what it thought is kept."""
    thinking = Answer("never", reasoning="thinking of it " * 50_000)
    async with OpenAIServer(Script(thinking), flavour="ollama", models=("demo",)) as server:
        scene.settings["PROVIDERS__LOCAL__BASE_URL"] = server.base_url
        scene.settings["DEFAULT_MODEL"] = "local/demo"
        async with scene.bot(**SETTINGS):
            thread, answer = await scene.ask("think")
            await server.until(lambda: server.requests[-1].closed_by_client)
            turn = await until_stored(scene, answer, Outcome.TRUNCATED)
            assert (await ask_in(scene, thread, "thanks")).content.endswith("thanks")
    assert answer.content == Sentence.THOUGHTS_BOUND
    assert (turn.text, len(turn.reasoning)) == ("", BOUND)
