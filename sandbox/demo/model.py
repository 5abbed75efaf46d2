"""The demo model: rules, not a language model, and it says so.

It shows Bobbin off where no real model is at hand: it knows how Bobbin is set up, remembers what it
was told (it reads the whole conversation that it is asked with, folded into one message or not),
and fails on demand.
"""

# ruff: noqa: RUF001 -- the patterns are for Russian too

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.demo.memory import Remembered, remember
from sandbox.demo.texts import TEXTS, Language
from sandbox.models.script import Answer, AskedConversation, Cut, Pace, Reason

_PACE = Pace(tokens_per_second=60, first_token_s=0.3)
_SLOW = Pace(tokens_per_second=2, first_token_s=3.0)
_UNHURRIED = Pace()
_QUOTED_CHARS = 200

_ASKING = (
    r"(?:show|give|write|make|send|tell|want|need|try|say|answer|simulate|please|with"
    r"|покажи\w*|дай\w*|напиши\w*|сделай\w*|пришли|скажи|хочу|нужн\w+|ответь\w*|попробуй|пожалуйста)"
)
_NAMED = re.compile(
    r"(?:\bmy name is|\bcall me|\bменя зовут|\bзови меня|\bмо[её] имя)\s*[-–—:]?\s*"
    r"([^\W\d_][\w'’-]{0,30})",
    re.IGNORECASE,
)


def _on_demand(words: str) -> str:
    """Make the pattern of a thing that is asked for by its name alone, or with a verb."""
    return rf"^\W*(?:an? |some |one )?(?:{words})|\b{_ASKING}\b.*\b(?:{words})"


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a question looks like, and what is answered to it."""

    pattern: re.Pattern[str]
    answer: Callable[[Remembered, Mapping[str, str]], Answer]


def demo_answerer(*, paced: bool = True) -> Callable[[AskedConversation], Answer]:
    """Make the answerer for a `Script`.

    Args:
        paced: Whether words come at the pace of a model; tests do without.
    """

    def answer(asked: AskedConversation) -> Answer:
        conversation = remember(asked)
        said = _answer(conversation)
        pace = said.pace if said.pace != _UNHURRIED else _PACE
        return Answer(
            said.text,
            pace=pace if paced else _UNHURRIED,
            fault=said.fault,
            obeys_limit=True,
        )

    return answer


def _answer(conversation: Remembered) -> Answer:
    texts = TEXTS[language_of(conversation)]
    for rule in _RULES:
        if rule.pattern.search(conversation.question):
            return rule.answer(conversation, texts)
    quoted = _quoted(conversation.question)
    return Answer(texts["fallback"].format(quoted=quoted) if quoted else texts["empty"])


def language_of(conversation: Remembered) -> Language:
    """Tell the language of a question; one without letters goes on in that of the ones before."""
    for text in (conversation.question, *reversed(conversation.said)):
        letters = re.findall(r"[^\W\d_]", text)
        if letters:
            cyrillic = sum("а" <= letter.lower() <= "я" or letter in "ёЁ" for letter in letters)
            return "ru" if cyrillic * 2 >= len(letters) else "en"
    return "en"


def _quoted(text: str) -> str:
    """Return a text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED_CHARS else line[: _QUOTED_CHARS - 1] + "…"


def _fixed(name: str, *, pace: Pace = _UNHURRIED) -> Callable[..., Answer]:
    def answer(_: Remembered, texts: Mapping[str, str]) -> Answer:
        return Answer(texts[name], pace=pace)

    return answer


def _cut(_: Remembered, texts: Mapping[str, str]) -> Answer:
    return Answer(texts["cut"], fault=Cut(after_chars=len(texts["cut"]) // 2))


def _error(_: Remembered, texts: Mapping[str, str]) -> Answer:
    half = len(texts["error"]) // 2
    return Answer(texts["error"], fault=Reason("grpc inference failed", after_chars=half))


def _first(conversation: Remembered, texts: Mapping[str, str]) -> Answer:
    if not conversation.said:
        return Answer(texts["nothing_before"])
    return Answer(texts["first"].format(quoted=_quoted(conversation.said[0])))


def _listed(conversation: Remembered, texts: Mapping[str, str]) -> Answer:
    if not conversation.said:
        return Answer(texts["nothing_before"])
    lines = (f"{i}. “{_quoted(text)}”" for i, text in enumerate(conversation.said, start=1))
    return Answer(texts["list"].format(lines="\n".join(lines)))


def _name(conversation: Remembered, texts: Mapping[str, str]) -> Answer:
    for text in reversed(conversation.said):
        found = _NAMED.search(text)
        if found is not None:
            return Answer(texts["name"].format(name=found[1]))
    if conversation.speaker:
        return Answer(texts["name_shown"].format(name=conversation.speaker))
    return Answer(texts["no_name"])


def _greet(conversation: Remembered, texts: Mapping[str, str]) -> Answer:
    found = _NAMED.search(conversation.question)
    return Answer(texts["introduced"].format(name=found[1] if found else ""))


def _rule(pattern: str, answer: Callable[[Remembered, Mapping[str, str]], Answer]) -> _Rule:
    return _Rule(re.compile(pattern, re.IGNORECASE | re.DOTALL), answer)


_RULES = (
    _rule(
        r"\bwhat (?:did i|have i|was my|i)\b.*\b(?:first|begin)"
        r"|\bmy first (?:message|question|word)"
        r"|\bчто я\b.*\b(?:перв\w+|сначала|вначале)"
        r"|\bмо\w+ перв\w+ (?:сообщение|вопрос|слов)",
        _first,
    ),
    _rule(
        r"\bwhat (?:did|have) i (?:say|said|tell|told|ask|asked|write|written)"
        r"|\blist (?:what|everything|all)\b.*\bi\b|\bwhat do you remember"
        r"|\bчто я\b.*\b(?:говорил|сказал|писал|написал|спрашивал|спросил)"
        r"|\b(?:перечисли|повтори)\b.*\bя\b|\bчто ты (?:помнишь|запомнил)",
        _listed,
    ),
    _rule(r"\bwhat(?:'|’)?s? (?:is )?my name|\bwho am i\b|\bкак меня зовут|\bкто я\b", _name),
    _rule(_NAMED.pattern, _greet),
    _rule(_on_demand(r"cut\b|broken off|обрыв\w*|оборв\w+|обрежь\w*"), _cut),
    _rule(_on_demand(r"errors?\b|failure\b|fail\b|ошибк\w+"), _error),
    _rule(_on_demand(r"slow(?:ly)?\b|медленн\w+"), _fixed("slow", pace=_SLOW)),
    _rule(_on_demand(r"long\b|длинн\w+"), _fixed("long")),
    _rule(_on_demand(r"table\b|таблиц\w+"), _fixed("table")),
    _rule(
        _on_demand(r"code\b|function\b|script\b|код\b|кода\b|функци\w+|скрипт\w*"), _fixed("code")
    ),
    _rule(
        r"\bollama|\blm ?studio|\bllama|\bvllm|\bopen ?(?:ai|router)|\blitellm|\breal model"
        r"|\b(?:another|other|own|local) (?:server|model)|\bserver\b|\bplayground\b"
        r"|\bсервер|\b(?:друг|настоящ|локальн|сво)\w+ модел|\bподключить модел",
        _fixed("servers"),
    ),
    _rule(r"\bdiscord\b|\btoken\b|\binvite\b|\bдискорд|\bтокен", _fixed("discord")),
    _rule(
        r"\bwho are you|\bwhat are you|\byour name|\bare you (?:a|an|real|human)\b"
        r"|\bкак тебя зовут|\bкто ты|\bты кто|\bчто ты так",
        _fixed("who"),
    ),
    _rule(
        r"\bwhat can (?:you|i|bobbin)|\bhelp\b|\bhow do(?:es)? (?:you|it|this|bobbin) work"
        r"|\bчто (?:ты )?(?:умеешь|можешь)|\bпомощь\b|\bпомоги\b|\bкак ты работаешь|\bчто можно",
        _fixed("abilities"),
    ),
    _rule(r"\bthank|\bthanks\b|\bспасибо|\bблагодар", _fixed("thanks")),
    _rule(
        r"^\W*(?:hi|hello|hey|good (?:morning|evening|day)"
        r"|привет\w*|здравствуй\w*|добр\w+ (?:день|утро|вечер))\b",
        _fixed("hello"),
    ),
)
