"""What the demo model does: it is honest, useful about Bobbin, remembers, and fails on demand."""

# ruff: noqa: RUF001 -- the demo model speaks Russian too

import pytest

from sandbox.demo.model import demo_answerer
from sandbox.demo.texts import TEXTS
from sandbox.models.playground.server import PlaygroundServer
from sandbox.models.script import Answer, AskedConversation, AskedMessage, Cut, Reason, Script
from tests.sandbox.models.clients import ask_m25

_SEVERAL = "Several people talk; what each one says begins with their name and a colon.\n\nBe kind."


def _ask(*words: str) -> Answer:
    """Say words one after the other, as one conversation; gives the answer to the last."""
    messages: list[AskedMessage] = []
    for text in words:
        messages += [AskedMessage("user", text), AskedMessage("assistant", "My name is nobody")]
    return demo_answerer(paced=False)(AskedConversation("demo", tuple(messages[:-1])))


def _fold(history: str, question: str, prompt: str = "") -> str:
    told = f"Instructions for you, for this whole conversation:\n\n{prompt}\n\n" if prompt else ""
    return (
        f"{told}This is our conversation so far:\n\n{history}\n\n"
        f"Go on from there. My next message:\n\n{question}"
    )


@pytest.mark.parametrize("question", ["Hello!", "Who are you?", "What can you do?", "mumble"])
def test_it_says_that_it_is_no_language_model(question: str) -> None:
    """Whoever greets it or asks what it is, or what it cannot answer, is told."""
    assert "not a real language model" in _ask(question).text


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How do I connect you to Discord?", "DISCORD_TOKEN"),
        ("how do I connect Ollama?", "PROVIDERS__OLLAMA__BASE_URL"),
        ("can I use another server", "DEFAULT_MODEL"),
        ("Как подключить Discord?", "DISCORD_TOKEN"),
        ("Как подключить Ollama?", "PROVIDERS__OLLAMA__BASE_URL"),
        ("подключи другую модель", "DEFAULT_MODEL"),
        ("show me a table", "```"),
        ("напиши код", "```python"),
    ],
)
def test_it_knows_how_bobbin_is_set_up(question: str, words: str) -> None:
    """The answers name the very settings."""
    assert words in _ask(question).text


@pytest.mark.parametrize(
    ("told", "asked", "words"),
    [
        ("My name is Ann", "What is my name?", "Ann"),
        ("My name is Ann", "what did I say first?", "“My name is Ann”"),
        ("My name is Ann", "list what I said", "1. “My name is Ann”\n2. “Tea, please”"),
        ("Меня зовут Аня", "Как меня зовут?", "Вас зовут Аня"),
        ("Меня зовут Аня", "Что я сказала сначала?", "“Меня зовут Аня”"),
        ("Меня зовут Аня", "Перечисли, что я говорила", "1. “Меня зовут Аня”"),
    ],
)
def test_it_remembers_what_it_was_told(told: str, asked: str, words: str) -> None:
    """Names and words come from the conversation, and from what people said in it only."""
    assert words in _ask(told, "Tea, please", asked).text
    folded = f"User: {told}\n\nAssistant: Yes?\n\nNote: no.\n\nUser: Tea, please\n\nAssistant: Hm"
    assert words in _ask(_fold(folded, asked)).text
    assert words in _ask(_fold(folded, "And?", prompt="Be brief."), asked).text


def test_it_tells_apart_who_speaks() -> None:
    """Where people are named, each one's words are their own, and the name is whose it is."""
    for history in (
        "Alice: I like tea\n\nAssistant: Good\n\nBob: I like\n\ncoffee",
        "User: Alice: I like tea\n\nAssistant: Note: good\n\nUser: Bob: I like\n\ncoffee",
    ):
        listed = _ask(_fold(history, "Bob: list what I said", _SEVERAL)).text
        assert "1. “I like coffee”" in listed
        assert "tea" not in listed
        assert "Alice" in _ask(_fold(history, "Alice: who am I?", _SEVERAL)).text


def test_a_name_in_front_of_a_question_is_not_a_part_of_it() -> None:
    """The first words of a second person are understood, and so are two people's at once."""
    prompt = f"Instructions for you, for this whole conversation:\n\n{_SEVERAL}\n\n"
    assert "```python" in _ask(f"{prompt}Bob Smith: code, please").text
    assert "```python" in _ask(f"{prompt}Alice: hello\n\nBob: code, please").text


def test_it_admits_what_it_was_not_told() -> None:
    """Nothing is made up."""
    assert "not told me your name" in _ask("What is my name?").text
    assert "nothing before it" in _ask("What did I say first?").text


@pytest.mark.parametrize("question", ["a long answer, please", "длинный ответ"])
def test_a_long_answer_needs_four_messages(question: str) -> None:
    """It has about 6,600 characters and its code blocks are closed."""
    text = _ask(question).text
    assert 6_400 < len(text) < 6_800
    assert text.count("```") == 6


def test_it_fails_and_dawdles_on_demand() -> None:
    """A cut and an error come in the middle of the text, a slow answer at a slow pace."""
    cut, error = _ask("cut answer"), _ask("Покажи ошибку")
    assert isinstance(cut.fault, Cut)
    assert isinstance(error.fault, Reason)
    assert 0 < sum(len(piece.text) for piece in cut.pieces()) < len(cut.text)
    slow = demo_answerer()(AskedConversation("demo", (AskedMessage("user", "a slow answer"),)))
    usual = demo_answerer()(AskedConversation("demo", (AskedMessage("user", "table"),)))
    assert slow.pace.due_s(10) > 4 * usual.pace.due_s(10) > 0


def test_a_question_that_only_mentions_an_error_is_no_demand() -> None:
    """A fault is for who asks for one."""
    assert _ask("Why was there an error yesterday?").fault is None
    assert _ask("How long is a cut on a finger?").fault is None


def test_both_languages_have_every_text() -> None:
    """Neither language lacks what the other has."""
    assert TEXTS["en"].keys() == TEXTS["ru"].keys()


async def test_it_answers_over_the_wire() -> None:
    """As the default of a script it remembers through the Playground's tree."""
    async with PlaygroundServer(Script(default=demo_answerer(paced=False))) as server:
        first = await ask_m25(server, "My name is Ann")
        second = await ask_m25(server, "What's my name?", parent=first.reply_id())
        assert "Ann" in second.lines()[-1]["children"][0]["content"]
