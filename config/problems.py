"""What is wrong with settings, in words for whoever set them: all at once, each with its mend.

No problem repeats the value of a secret, nor an address, which may hold one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic_core import ErrorDetails
from rapidfuzz import process
from rapidfuzz.distance import OSA

import config.kinds as kinds
from config.settings import (
    AI2_PROVIDER,
    NAMES,
    PROVIDER_FIELDS,
    ProviderSettings,
    Settings,
    our_name,
)

# No other program's line in our own `.env` begins like these; an environment may hold anything.
_OWN_PREFIXES = ("ALLENAI_", "ALLOWED_", "BLOCKED_", "UPSTREAM_", "PROVIDERS_")
# Near our names, but what other programs are known to read.
_OTHER_PROGRAMS = frozenset({"DATABASE_URI", "DATADIR", "DEFAULT_MODE", "LOGFORMAT", "LOGLEVEL"})
_LONG_NAME_CHARS = 13  # from here on two slips of the finger are still near; below, one


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the settings, without the value of any secret.

    `name` is a setting's name, or the file's; `wrong` and `mend` are for the person who set it.
    """

    name: str
    wrong: str
    mend: str

    def __str__(self) -> str:
        """Return the problem as one line."""
        return f"{self.name}: {self.wrong}. {self.mend}"


class SettingsError(Exception):
    """The settings cannot be used: `problems` is everything that is wrong with them."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def find_misspelt_names(names: Iterable[str], *, in_file: bool) -> Iterator[Problem]:
    """Find the names that are none of a setting, but were probably meant to be."""
    for name in names:
        nearest = None if our_name(name) else _nearest(name, in_file=in_file)
        wrong = "no setting has this name"
        if not name.isascii():
            wrong = "some letters of this name only look like those of a setting"
        if nearest and nearest.startswith("PROVIDERS__"):
            mend = f"Write {nearest}, where <NAME> is made of letters, digits, - and _"
            yield Problem(name, wrong, mend)
        elif nearest:
            yield Problem(name, wrong, f"Did you mean {nearest}?")


def _nearest(name: str, *, in_file: bool) -> str | None:
    """Return the setting that was probably meant, or None where the name is not our business.

    Our own file is read with more suspicion than the environment, which we share.
    """
    capitals = name.upper()
    if capitals.startswith(("PROVIDERS__", "PROVIDER__", *(["PROVIDERS_"] if in_file else []))):
        field, *_ = process.extractOne(capitals.rpartition("__")[2], PROVIDER_FIELDS)
        return f"PROVIDERS__<NAME>__{field}"
    if not in_file and capitals in _OTHER_PROGRAMS:
        return None
    slips = 2 if in_file or len(name) >= _LONG_NAME_CHARS else 1
    if near := process.extractOne(capitals, NAMES, scorer=OSA.distance, score_cutoff=slips):
        return near[0]
    if in_file and capitals.startswith(_OWN_PREFIXES):
        return process.extractOne(capitals, NAMES)[0]
    return None


def find_problems_across(
    texts: Mapping[str, str], providers: Mapping[str, Mapping[str, str]]
) -> Iterator[Problem]:
    """Find what concerns several settings at once, or a text whatever its kind."""
    for name, text in texts.items():
        if any("\ud800" <= sign <= "\udfff" for sign in text):  # PEP 383: bytes of the environment
            yield Problem(name, "it holds bytes that are not UTF-8", "Write it anew as UTF-8 text")
    if AI2_PROVIDER in providers:
        wrong = f"the name {AI2_PROVIDER} is taken by the Ai2 Playground"
        yield Problem("PROVIDERS__ALLENAI", wrong, "Give this provider another name")
    provider, slash, _ = texts.get("DEFAULT_MODEL", "").lower().partition("/")
    if slash and provider != AI2_PROVIDER and provider not in providers:
        known = ", ".join((AI2_PROVIDER, *sorted(providers)))
        wrong = f"there is no provider of the name {kinds.shown(provider)}"
        mend = f"Name one of {known}, or describe it with PROVIDERS__<NAME>__BASE_URL"
        yield Problem("DEFAULT_MODEL", wrong, mend)


def word_problem(details: ErrorDetails, texts: Mapping[str, str]) -> Problem:
    """Word one finding of the library for whoever set it, which repeat no secret and no address."""
    path = [str(step) for step in details["loc"]]
    in_provider = path[0] == "providers"
    name = "__".join(path[:3] if in_provider else path[:1]).upper()
    fields = ProviderSettings.model_fields if in_provider else Settings.model_fields
    kind = kinds.description_of(fields[path[2] if in_provider else path[0]])
    if details["type"] == "missing":
        wrong = "it is missing, though other settings of this provider are there"
    elif details["type"] == "value_error":
        wrong = str(details.get("ctx", {})["error"])
    else:
        subject = "this" if in_provider else kinds.shown(texts[name])
        wrong = f"{subject} is not {kind.description}"
    (example,) = kind.examples or ("a text",)
    return Problem(name, wrong, f"For example: {name}={example}")
