"""The settings: everything that can be set, and the one way to read it.

`Settings` lists every setting with its default; `load_settings` fills it from the environment and
a `.env` file, and says everything that is wrong with them at once.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from dotenv.parser import parse_stream
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from rapidfuzz import process
from rapidfuzz.distance import OSA

import config.kinds as kinds

AI2_PROVIDER = "allenai"
NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})

# No other program's line in our own `.env` begins like these; an environment may hold anything.
_OWN_PREFIXES = ("ALLENAI_", "ALLOWED_", "BLOCKED_", "UPSTREAM_", "PROVIDERS_")
# Near our names, but what other programs are known to read.
_OTHER_PROGRAMS = frozenset({"DATABASE_URI", "DATADIR", "DEFAULT_MODE", "LOGFORMAT", "LOGLEVEL"})
_LONG_NAME_CHARS = 13  # from here on two slips of the finger are still near; below, one


class ProviderSettings(BaseModel):
    """One OpenAI-compatible server: the settings `PROVIDERS__<NAME>__…`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    base_url: kinds.Address
    api_key: kinds.Key | None = None
    models: kinds.Names = ()
    headers: kinds.Headers = {}
    parameters: kinds.Parameters = {}


class Settings(BaseSettings):
    """Every setting, under its name in lower case; made by `load_settings`.

    Discord ids are snowflakes; an empty set of allowed ids allows everybody. `.env.example` has a
    sentence on each.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    discord_token: kinds.Key | None = None
    discord_api_url: kinds.DiscordAddress | None = None
    allowed_guilds: kinds.Snowflakes = frozenset()
    allowed_channels: kinds.Snowflakes = frozenset()
    allowed_roles: kinds.Snowflakes = frozenset()
    blocked_users: kinds.Snowflakes = frozenset()
    allow_dms: kinds.Switch = True
    turns_per_person_per_day: kinds.Count | None = None
    queue_limit: kinds.Count = 10
    cooldown_messages: kinds.CountOrNone = 30
    cooldown_s: kinds.Limit = 60
    thread_archive_minutes: kinds.ArchiveMinutes = 4320
    thread_wait_s: kinds.Patience = 3

    default_model: kinds.ModelName = "allenai/tulu3-405b"
    fallback_models: kinds.Names = ()
    system_prompt: str = ""
    allenai_base_url: kinds.Address = "https://olmo-api.allen.ai"
    allenai_dialect: kinds.Dialect = "m25"
    allenai_host: str | None = None
    allenai_private: kinds.Switch = True
    providers: dict[str, ProviderSettings] = {}
    upstream_proxy: kinds.ProxyAddress | None = None
    upstream_connect_timeout_s: kinds.Limit = 10
    upstream_first_token_timeout_s: kinds.Limit = 60
    upstream_chunk_timeout_s: kinds.Limit = 60
    upstream_attempts: kinds.Attempts = 3
    upstream_pause_s: kinds.Limit = 30
    max_streams: kinds.Count = 200
    max_streams_per_provider: kinds.Count = 100
    max_answer_chars: kinds.Count = 40_000

    data_dir: Path = Path("data")
    database_url: str = Field(
        default_factory=lambda given: f"sqlite:///{(given['data_dir'] / 'bobbin.db').as_posix()}",
        repr=False,
    )
    shutdown_grace_s: kinds.Patience = 5
    recovery_window_minutes: kinds.Minutes = 15
    log_level: kinds.LogLevel = "INFO"
    log_format: kinds.LogFormat = "text"
    health_port: kinds.Port | None = None
    sandbox_port: kinds.Port = 8737

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what `load_settings` gathered, and nothing behind its back."""
        return (init_settings,)


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


_NAMES = tuple(name.upper() for name in Settings.model_fields if name != "providers")
_PROVIDER_FIELDS = tuple(name.upper() for name in ProviderSettings.model_fields)
_PROVIDER_SETTING = re.compile(rf"PROVIDERS__([A-Za-z0-9_-]+)__({'|'.join(_PROVIDER_FIELDS)})")


def load_settings(
    environ: Mapping[str, str], env_file: Path | None, overrides: Mapping[str, str] = NO_OVERRIDES
) -> Settings:
    """Read the settings: `overrides` win over `environ`, and that over `env_file`.

    Blanks around a value do not count, and an empty value counts as unset; an empty override
    unsets what the others say. A file that does not exist counts as empty. Names that are neither
    ours nor nearly so are ignored.

    Raises:
        SettingsError: something is wrong; it names all problems, in the order found.
    """
    in_file, problems = _read_file(env_file) if env_file else ({}, [])
    problems += _misspelt(in_file, in_file=True)
    problems += _misspelt({**environ, **overrides}, in_file=False)
    texts = _gather(in_file, environ)
    for name, text in overrides.items():
        texts.pop(_our_name(name) or name, None)
        texts |= _gather({name: text})
    settings, wrong = _validate(texts)
    problems += wrong
    if settings is None or problems:
        raise SettingsError(tuple(problems))
    return settings


def _read_file(path: Path) -> tuple[dict[str, str], list[Problem]]:
    """Return what the file says, word by word: `${NAME}` in a key or header stays as it is."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        return {}, [Problem(str(path), f"cannot be read: {reason}", "Mend or remove the file")]
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for line in parse_stream(io.StringIO(content)):
        if line.error:
            wrong = f"line {line.original.line} cannot be understood"
            problems.append(Problem(str(path), wrong, "Write NAME=value, or # before a remark"))
        elif line.key is not None:
            texts[line.key] = line.value or ""
    return texts, problems


def _our_name(name: str) -> str | None:
    """Return a name of ours as it is spelt here (a provider's name in capitals), or None."""
    if name in _NAMES:
        return name
    return name.upper() if _PROVIDER_SETTING.fullmatch(name) else None


def _gather(*sources: Mapping[str, str]) -> dict[str, str]:
    """Return our settings that are not empty; later sources win."""
    return {
        ours: text.strip()
        for source in sources
        for name, text in source.items()
        if (ours := _our_name(name)) and text.strip()
    }


def _misspelt(names: Iterable[str], *, in_file: bool) -> Iterator[Problem]:
    for name in names:
        nearest = None if _our_name(name) else _nearest(name, in_file=in_file)
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
        field, *_ = process.extractOne(capitals.rpartition("__")[2], _PROVIDER_FIELDS)
        return f"PROVIDERS__<NAME>__{field}"
    if not in_file and capitals in _OTHER_PROGRAMS:
        return None
    slips = 2 if in_file or len(name) >= _LONG_NAME_CHARS else 1
    if near := process.extractOne(capitals, _NAMES, scorer=OSA.distance, score_cutoff=slips):
        return near[0]
    if in_file and capitals.startswith(_OWN_PREFIXES):
        return process.extractOne(capitals, _NAMES)[0]
    return None


def _validate(texts: Mapping[str, str]) -> tuple[Settings | None, list[Problem]]:
    """Return the settings, if they can be made, and all that is wrong with the values."""
    values: dict[str, object] = {}
    providers: dict[str, dict[str, str]] = {}
    for name, text in texts.items():
        if match := _PROVIDER_SETTING.fullmatch(name):
            providers.setdefault(match[1].lower(), {})[match[2].lower()] = text
        else:
            values[name.lower()] = text
    problems = {problem.name: problem for problem in _own_findings(texts, providers)}
    try:
        return Settings.model_validate({**values, "providers": providers}), [*problems.values()]
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    for details in found:
        if details["type"] != "default_factory_not_called":  # only says that others are wrong
            problem = _problem(details, texts)
            problems.setdefault(problem.name, problem)  # one a setting: two bad headers are one
    return None, [*problems.values()]


def _own_findings(
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


def _problem(details: ErrorDetails, texts: Mapping[str, str]) -> Problem:
    """Put one finding of the library in our words, which repeat no secret and no address."""
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
