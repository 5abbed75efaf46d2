"""What is wrong with settings: in which words it is said, and what is never said.

Most of it are tables, a row for each wrong value.
"""

import os
import traceback
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.loading import load_settings
from config.problems import Problem, SettingsError
from config.settings import ProviderSettings, Settings
from tests.config.wrong_settings import OLLAMA, SECRET, env_file_with, problems_of

REFUSED = [
    ("ALLENAI_BASE_URL", "olmo-api.allen.ai", "not an http"),
    ("ALLENAI_BASE_URL", "https://host:99999", "not an http"),
    ("ALLENAI_BASE_URL", "https://[host", "not an http"),
    ("ALLENAI_DIALECT", "m26", "'m26' is not m25 or t26"),
    ("ALLOWED_ROLES", "41771983423143937,@mods", "'@mods' is not a Discord id"),
    ("ALLOWED_GUILDS", "99999999999999999999", "is not a Discord id"),
    ("ALLOW_DMS", "maybe", "'maybe' is not true or false"),
    ("DEFAULT_MODEL", "tulu3-405b", "'tulu3-405b' is not a model written as provider/model"),
    ("DEFAULT_MODEL", "ollama/qwen3", "no provider of the name 'ollama'"),
    ("DEFAULT_MODEL", "ollama/", "no provider of the name 'ollama'"),
    ("COOLDOWN_MESSAGES", "-1", "'-1' is not a whole number of 0 or more"),
    ("COOLDOWN_S", "0", "'0' is not a number of seconds above 0"),
    ("DISCORD_API_URL", "http://discord.example/api/v10", "unencrypted"),
    ("DISCORD_API_URL", "http://127.0.0.1.example/api/v10", "unencrypted"),
    ("DISCORD_TOKEN", "Bot abc", "blank"),
    ("HEALTH_PORT", "65536", "'65536' is not a port"),
    ("LOG_LEVEL", "LOUD", "'LOUD' is not one of DEBUG, INFO"),
    ("LOG_FORMAT", "xml", "'xml' is not text or json"),
    ("QUEUE_LIMIT", "0", "'0' is not a whole number of 1 or more"),
    ("SANDBOX_PORT", "65536", "'65536' is not a port"),
    ("SHUTDOWN_GRACE_S", "-1", "'-1' is not a number of seconds"),
    ("THREAD_ARCHIVE_MINUTES", "61", "not one of the spans"),
    ("THREAD_ARCHIVE_MINUTES", "day", "'day' is not one of the spans"),
    ("TURNS_PER_PERSON_PER_DAY", "2.5", "'2.5' is not a whole number"),
    ("UPSTREAM_ATTEMPTS", "11", "'11' is not a whole number from 1 to 10"),
    ("UPSTREAM_CONNECT_TIMEOUT_S", "0", "'0' is not a number of seconds above 0"),
    ("UPSTREAM_CHUNK_TIMEOUT_S", "nan", "'nan' is not a number of seconds"),
    ("UPSTREAM_FIRST_TOKEN_TIMEOUT_S", "inf", "'inf' is not a number of seconds"),
    ("UPSTREAM_PROXY", "socks6://proxy.example:1080", "not the address of a proxy"),
    ("UPSTREAM_PROXY", "socks5://proxy.example", "not the address of a proxy"),
    ("PROVIDERS__X__BASE_URL", "127.0.0.1:11434", "not an http"),
]


@pytest.mark.parametrize(("name", "text", "wrong"), REFUSED)
def test_a_wrong_value_is_named_with_its_mend(name: str, text: str, wrong: str) -> None:
    """One wrong value is one problem: which setting, what is wrong, and what to write instead."""
    (problem,) = problems_of({name: text})
    assert problem.name == name
    assert wrong in problem.wrong
    assert len(problem.mend) > len("For example: ")


REFUSED_OF_PROVIDERS = [
    ("HEADERS", "X-Title: Bobbin", "not JSON"),
    ("HEADERS", '["X-Title"]', "not an object"),
    ("HEADERS", '{"X-Title": 1}', "not a JSON object of texts"),
    ("HEADERS", '{"X Title": "Bobbin"}', "the name of a header"),
    ("HEADERS", '{"X-Title": "Bobbin\\r\\nX-Other: 1"}', "the value of a header"),
    ("PARAMETERS", "top_k=40", "not JSON"),
    ("PARAMETERS", "40", "not an object"),
    ("API_KEY", "sk one", "blank"),
]


@pytest.mark.parametrize(("field", "text", "wrong"), REFUSED_OF_PROVIDERS)
def test_a_wrong_value_of_a_provider_is_named(field: str, text: str, wrong: str) -> None:
    """A provider's settings are named as they are written."""
    name = f"PROVIDERS__X__{field}"
    (problem,) = problems_of({"PROVIDERS__X__BASE_URL": OLLAMA, name: text})
    assert problem.name == name
    assert wrong in problem.wrong


def test_a_provider_without_address_is_a_problem() -> None:
    """A key alone is not a provider, and the missing name is said."""
    (problem,) = problems_of({"PROVIDERS__X__API_KEY": SECRET})
    assert problem.name == "PROVIDERS__X__BASE_URL"
    assert "missing" in problem.wrong


def test_no_other_provider_takes_the_name_of_the_playground() -> None:
    """`allenai` is one provider only."""
    (problem,) = problems_of({"PROVIDERS__ALLENAI__BASE_URL": OLLAMA})
    assert "taken" in problem.wrong


def test_all_problems_are_said_at_once(tmp_path: Path) -> None:
    """Whoever sets it up does not find one mistake after the other."""
    env_file = env_file_with(tmp_path, "LOG_LEVL=INFO\nQUEUE_LIMIT=none\nwhat is this\n")
    environ = {
        "DISCORD_TOKEN": "a b",
        "DEFAULT_MODEL": "nobody/model",
        "PROVIDERS__X__HEADERS": "{",
        "DISCORD_API_ULR": "https://discord.example/api/v10",
    }
    problems = problems_of(environ, env_file)
    assert {problem.name for problem in problems} == {
        str(env_file),
        "LOG_LEVL",
        "QUEUE_LIMIT",
        "DISCORD_TOKEN",
        "DEFAULT_MODEL",
        "PROVIDERS__X__BASE_URL",
        "PROVIDERS__X__HEADERS",
        "DISCORD_API_ULR",
    }
    assert len(problems) == 8


def test_the_error_reads_as_one_line_a_problem() -> None:
    """What is printed is the problems, each with its name, fault and mend."""
    problems = problems_of({"QUEUE_LIMIT": "many", "LOG_FORMAT": "xml"})
    lines = str(SettingsError(problems)).splitlines()
    assert lines == [
        "QUEUE_LIMIT: 'many' is not a whole number of 1 or more. For example: QUEUE_LIMIT=10",
        "LOG_FORMAT: 'xml' is not text or json. For example: LOG_FORMAT=text",
    ]


MISSPELT = [
    ("DISCORD_TOKN", "DISCORD_TOKEN"),
    ("DISCRD_TOKEN", "DISCORD_TOKEN"),
    ("discord_token", "DISCORD_TOKEN"),
    ("DISCORD-TOKEN", "DISCORD_TOKEN"),
    ("DEFAULT_MODLE", "DEFAULT_MODEL"),
    ("LOG_LEVLE", "LOG_LEVEL"),
    ("ALENAI_DIALECT", "ALLENAI_DIALECT"),
    ("UPSTREAM_PROXI", "UPSTREAM_PROXY"),
    ("PROVIDERS__X__BASE_ULR", "PROVIDERS__<NAME>__BASE_URL"),
    ("PROVIDERS__X__KEY", "PROVIDERS__<NAME>__API_KEY"),
    ("PROVIDER__X__MODELS", "PROVIDERS__<NAME>__MODELS"),
    ("PROVIDERS__my.server__MODELS", "PROVIDERS__<NAME>__MODELS"),
]


@pytest.mark.parametrize(("name", "meant"), MISSPELT)
def test_a_misspelt_name_is_reported_with_the_nearest(
    tmp_path: Path, name: str, meant: str
) -> None:
    """A slip in a name is a problem wherever it is made, and its value is not repeated."""
    for environ, text in (({name: SECRET}, ""), ({}, f"{name}={SECRET}\n")):
        (problem,) = problems_of(environ, env_file_with(tmp_path, text))
        assert problem.name == name
        assert meant in problem.mend
        assert SECRET not in str(problem)


MISSPELT_IN_THE_FILE = [
    ("LOGLEVEL", "LOG_LEVEL"),
    ("DATABASE_URI", "DATABASE_URL"),
    ("ALLOWED_USERS", "ALLOWED_"),
    ("UPSTREAM_TIMEOUT", "UPSTREAM_"),
    ("PROVIDERS_X_BASE_URL", "PROVIDERS__<NAME>__BASE_URL"),
]


@pytest.mark.parametrize(("name", "meant"), MISSPELT_IN_THE_FILE)
def test_our_own_file_is_read_with_more_suspicion(tmp_path: Path, name: str, meant: str) -> None:
    """What looks like ours is a problem in `.env`, though an environment may hold it for others."""
    (problem,) = problems_of({}, env_file_with(tmp_path, f"{name}=1\n"))
    assert meant in problem.mend
    assert load_settings({name: "1"}, None) == load_settings({}, None)


@pytest.mark.parametrize(
    "name",
    ["DATADIR", "DATABASE_SSL", "DEFAULT_MODE", "ALLOWED_HOSTS", "SANDBOX_HOST", "PROVIDERS_PATH"],
)
def test_the_environment_is_shared_with_other_programs(name: str) -> None:
    """A name that another program may well have in the environment does not stop the bot."""
    assert load_settings({name: "1"}, None) == load_settings({}, None)


@pytest.mark.parametrize(
    "name",
    [
        "DATABASE_HOST",
        "DATABASE_USER",
        "DISCORD_API_KEY",
        "DISCORD_CLIENT_ID",
        "DISCORD_WEBHOOK_URL",
        "HTTP_PROXY",
        "LOG_FILE",
        "OPENAI_API_KEY",
        "POSTGRES_PASSWORD",
        "PROVIDER",
        "SYSTEM_NAME",
        "XDG_DATA_DIRS",
    ],
)
def test_other_names_are_not_our_business(tmp_path: Path, name: str) -> None:
    """What other programs read is ignored in both sources, also where it begins like ours."""
    env_file = env_file_with(tmp_path, f"{name}=1\n")
    assert load_settings({name: "1"}, env_file) == load_settings({}, None)


def test_a_letter_that_only_looks_right_is_said(tmp_path: Path) -> None:
    """A name pasted with a Cyrillic letter is not answered with what seems to be the same name."""
    env_file = env_file_with(tmp_path, "L\N{CYRILLIC CAPITAL LETTER O}G_LEVEL=INFO\n")
    (problem,) = problems_of({}, env_file)
    assert "only look like" in problem.wrong
    assert "LOG_LEVEL" in problem.mend


@pytest.mark.parametrize(
    "name", ["SYSTEM_PROMPT", "ALLENAI_HOST", "DATA_DIR", "DISCORD_TOKEN", "UPSTREAM_PROXY"]
)
def test_bytes_that_are_no_text_are_a_problem(name: str) -> None:
    """The environment holds bytes; what is not UTF-8 is refused without being repeated."""
    text = os.fsdecode(SECRET.encode() + b"\xff")
    (problem,) = problems_of({name: text})
    assert "UTF-8" in problem.wrong
    assert SECRET not in str(problem)


LEAKY = [
    ("DISCORD_TOKEN", f"Bot {SECRET}"),
    ("DISCORD_API_URL", f"https://user:{SECRET}@discord.example/api/v10"),
    ("DISCORD_API_URL", f"http://discord.example/{SECRET}"),
    ("ALLENAI_BASE_URL", f"https://user:{SECRET}"),
    ("ALLENAI_BASE_URL", f"https://host/?key={SECRET}"),
    ("UPSTREAM_PROXY", f"socks5://user:{SECRET}@proxy.example"),
    ("UPSTREAM_PROXY", f"socks5://user:{SECRET}"),
    ("UPSTREAM_PROXY", f"socks5://[{SECRET}"),
    ("PROVIDERS__X__API_KEY", f"Bearer {SECRET}"),
    ("PROVIDERS__X__BASE_URL", f"http://user:{SECRET}@host/v1"),
    ("PROVIDERS__X__HEADERS", f"X-Key: {SECRET}"),
    ("PROVIDERS__X__HEADERS", f'["{SECRET}"]'),
    ("PROVIDERS__X__HEADERS", f'{{"k": {{"{SECRET}": 1}}}}'),
    ("PROVIDERS__X__HEADERS", f'{{"{SECRET} ": "1"}}'),
    ("PROVIDERS__X__HEADERS", f'{{"X-Key": "{SECRET}\\n"}}'),
    ("DISCORD_TOKNE", SECRET),
    ("LOG_LEVEL", SECRET * 3),
    ("ALLOWED_ROLES", SECRET * 3),
    ("DEFAULT_MODEL", SECRET * 3),
]


@pytest.mark.parametrize(("name", "text"), LEAKY)
def test_an_error_never_shows_a_secret(name: str, text: str) -> None:
    """Neither text, nor repr, nor traceback of the error holds it, nor what it was raised from."""
    environ = {"PROVIDERS__X__BASE_URL": OLLAMA, name: text}
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, None)
    error = caught.value
    told = f"{error} {error!r} {error.args} {error.problems!r}"
    assert SECRET not in told + "".join(traceback.format_exception(error))
    assert error.__cause__ is None
    assert error.__context__ is None


OUR_NAMES = [
    *(name.upper() for name in Settings.model_fields),
    *(f"PROVIDERS__X__{name.upper()}" for name in ProviderSettings.model_fields),
]
PIECES = ["http://", "socks5://", "@", ":", "[", "]", "/", "{", '"', "x", "1", ",", "%", "\udc80"]


@given(
    st.dictionaries(
        st.sampled_from(OUR_NAMES), st.lists(st.sampled_from(PIECES) | st.characters()).map("".join)
    )
)
@hypothesis.settings(deadline=None, max_examples=200)
def test_any_text_is_a_value_or_a_problem(environ: dict[str, str]) -> None:
    """Whatever a person writes, the answer is settings or problems, one a setting, in our words."""
    problems: tuple[Problem, ...] = ()
    try:
        load_settings(environ, None)
    except SettingsError as error:
        problems = error.problems
    names = [problem.name for problem in problems]
    assert len(names) == len(set(names))
    assert all(problem.wrong and problem.mend for problem in problems)
