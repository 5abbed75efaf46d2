"""The settings: what wins, what is refused, in which words, and what is never said.

Longer than a module should be: most of it are tables, a row for each wrong value.
"""

import os
import re
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config.settings import Problem, ProviderSettings, Settings, SettingsError, load_settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"
SECRET = "hunter2-f00dcafe"
OLLAMA = "http://127.0.0.1:11434/v1"


def problems_of(environ: Mapping[str, str], env_file: Path | None = None) -> tuple[Problem, ...]:
    """Return what is wrong with settings that must not be accepted."""
    with pytest.raises(SettingsError) as caught:
        load_settings(environ, env_file)
    return caught.value.problems


def env_file_with(tmp_path: Path, text: str) -> Path:
    """Return a `.env` file that says `text`."""
    path = tmp_path / ".env"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_any_setting_the_defaults_hold() -> None:
    """Nothing has to be set."""
    settings = load_settings({}, None)
    assert settings.discord_token is None
    assert settings.default_model == "allenai/tulu3-405b"
    assert settings.allenai_dialect == "m25"
    assert settings.database_url == "sqlite:///data/bobbin.db"
    assert settings.allowed_guilds == frozenset()
    assert settings.turns_per_person_per_day is None


def test_the_environment_of_the_process_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is handed over counts, so that a test or a child sees no settings of others."""
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    assert load_settings({}, None).log_level == "INFO"


def test_a_file_that_does_not_exist_counts_as_empty(tmp_path: Path) -> None:
    """A fresh clone has no `.env`."""
    assert load_settings({}, tmp_path / ".env") == load_settings({}, None)


def test_overrides_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    """Each source wins over the one that lies deeper."""
    env_file = env_file_with(tmp_path, "QUEUE_LIMIT=1\nTHREAD_WAIT_S=1\nSHUTDOWN_GRACE_S=1\n")
    environ = {"THREAD_WAIT_S": "2", "SHUTDOWN_GRACE_S": "2"}
    settings = load_settings(environ, env_file, {"SHUTDOWN_GRACE_S": "3"})
    assert (settings.queue_limit, settings.thread_wait_s, settings.shutdown_grace_s) == (1, 2, 3)


def test_a_provider_is_put_together_from_both_sources(tmp_path: Path) -> None:
    """The address may be in the file and the key in the environment, whatever the name's case."""
    env_file = env_file_with(tmp_path, f"PROVIDERS__Ollama__BASE_URL={OLLAMA}\n")
    provider = load_settings({"PROVIDERS__OLLAMA__API_KEY": SECRET}, env_file).providers["ollama"]
    assert provider.base_url == OLLAMA
    assert provider.api_key is not None
    assert provider.api_key.get_secret_value() == SECRET


@pytest.mark.parametrize("empty", ["", "  ", "\t\n"])
def test_an_empty_value_counts_as_unset(tmp_path: Path, empty: str) -> None:
    """An empty variable, as compose files make them, hides nothing and breaks nothing."""
    env_file = env_file_with(tmp_path, "QUEUE_LIMIT=7\nLOG_LEVEL=\n")
    settings = load_settings({"QUEUE_LIMIT": empty, "DISCORD_TOKEN": empty}, env_file)
    assert (settings.queue_limit, settings.log_level) == (7, "INFO")
    assert settings.discord_token is None


def test_an_empty_override_unsets() -> None:
    """The sandbox takes the token away without touching the environment."""
    environ = {"DISCORD_TOKEN": SECRET, "PROVIDERS__X__BASE_URL": OLLAMA}
    overrides = {"DISCORD_TOKEN": "", "PROVIDERS__X__BASE_URL": ""}
    assert load_settings(environ, None, overrides) == load_settings({}, None)


def test_blanks_around_a_value_do_not_count() -> None:
    """A pasted value may bring its line's end along."""
    token = load_settings({"DISCORD_TOKEN": f" {SECRET}\r\n"}, None).discord_token
    assert token is not None
    assert token.get_secret_value() == SECRET


def test_the_file_may_be_written_as_people_write_it(tmp_path: Path) -> None:
    """A byte order mark, `export`, quotes, remarks and a dollar sign are understood."""
    text = (
        "\ufeffexport LOG_LEVEL='debug' # all\n\n# remark\nSYSTEM_PROMPT=\"Be ${HOME}.\\nShort.\"\n"
    )
    settings = load_settings({}, env_file_with(tmp_path, text))
    assert settings.log_level == "DEBUG"
    assert settings.system_prompt == "Be ${HOME}.\nShort."


ACCEPTED = [
    ("DISCORD_API_URL", "https://discord.example/api/v10/", "https://discord.example/api/v10"),
    ("DISCORD_API_URL", "http://127.0.0.1:8737/api/v10", "http://127.0.0.1:8737/api/v10"),
    ("DISCORD_API_URL", "http://[::1]:8737/api/v10", "http://[::1]:8737/api/v10"),
    ("DISCORD_API_URL", "http://localhost:8737/api/v10", "http://localhost:8737/api/v10"),
    ("ALLENAI_BASE_URL", "http://192.168.1.5:8080/", "http://192.168.1.5:8080"),
    ("ALLENAI_DIALECT", "T26", "t26"),
    ("ALLENAI_HOST", "modal", "modal"),
    ("ALLENAI_PRIVATE", "no", False),
    ("ALLOW_DMS", "0", False),
    (
        "ALLOWED_GUILDS",
        " 41771983423143937 , 81384788765712384,",
        {41771983423143937, 81384788765712384},
    ),
    ("BLOCKED_USERS", ",", set[int]()),
    ("DATA_DIR", "/var/lib/bobbin", Path("/var/lib/bobbin")),
    ("DATABASE_URL", "sqlite:///here.db", "sqlite:///here.db"),
    ("DEFAULT_MODEL", "AllenAI/OLMo-2-1124-13B-Instruct", "allenai/OLMo-2-1124-13B-Instruct"),
    ("HEALTH_PORT", "0", 0),
    ("LOG_FORMAT", "JSON", "json"),
    ("SANDBOX_PORT", "0", 0),
    ("THREAD_ARCHIVE_MINUTES", "60", 60),
    ("TURNS_PER_PERSON_PER_DAY", "25", 25),
    ("UPSTREAM_CHUNK_TIMEOUT_S", "0.5", 0.5),
]


@pytest.mark.parametrize(("name", "text", "value"), ACCEPTED)
def test_a_value_is_understood(name: str, text: str, value: object) -> None:
    """Each kind of value is read as people write it."""
    assert getattr(load_settings({name: text}, None), name.lower()) == value


def test_the_database_lies_in_the_data_folder() -> None:
    """Moving the data folder moves the default database with it."""
    settings = load_settings({"DATA_DIR": "/var/lib/bobbin"}, None)
    assert settings.database_url == "sqlite:////var/lib/bobbin/bobbin.db"


@pytest.mark.parametrize("scheme", ["http", "https", "socks4", "socks5", "socks5h"])
def test_a_proxy_may_be_of_each_kind(scheme: str) -> None:
    """HTTP and SOCKS proxies are accepted, with a user and a password."""
    address = f"{scheme}://user:{SECRET}@proxy.example:1080"
    proxy = load_settings({"UPSTREAM_PROXY": address}, None).upstream_proxy
    assert proxy is not None
    assert proxy.get_secret_value() == address


def test_a_provider_has_all_its_settings() -> None:
    """Lists are separated by commas; headers and parameters are JSON objects."""
    settings = load_settings(
        {
            "PROVIDERS__my-server_2__BASE_URL": "https://models.example/v1/",
            "PROVIDERS__my-server_2__API_KEY": SECRET,
            "PROVIDERS__my-server_2__MODELS": "one, org/two:free,",
            "PROVIDERS__my-server_2__HEADERS": '{"X-Title": "Bobbin"}',
            "PROVIDERS__my-server_2__PARAMETERS": '{"top_k": 40, "stop": ["a", null]}',
            "DEFAULT_MODEL": "My-Server_2/org/two:free",
        },
        None,
    )
    provider = settings.providers["my-server_2"]
    assert provider.base_url == "https://models.example/v1"
    assert provider.models == ("one", "org/two:free")
    assert provider.headers["X-Title"].get_secret_value() == "Bobbin"
    assert provider.parameters == {"top_k": 40, "stop": ["a", None]}
    assert settings.default_model == "my-server_2/org/two:free"


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


def test_a_name_that_is_no_text_is_not_our_business() -> None:
    """The environment may hold any bytes in its names too."""
    assert load_settings({os.fsdecode(b"\xff\xfe"): "1"}, None) == load_settings({}, None)


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    """A folder in its place, or bytes that are not text, are said and not passed over."""
    (problem,) = problems_of({}, tmp_path)
    assert "cannot be read" in problem.wrong
    (tmp_path / ".env").write_bytes(b"LOG_LEVEL=\xff\n")
    (problem,) = problems_of({}, tmp_path / ".env")
    assert "UTF-8" in problem.wrong


@pytest.mark.parametrize(
    "name", ["SYSTEM_PROMPT", "ALLENAI_HOST", "DATA_DIR", "DISCORD_TOKEN", "UPSTREAM_PROXY"]
)
def test_bytes_that_are_no_text_are_a_problem(name: str) -> None:
    """The environment holds bytes; what is not UTF-8 is refused without being repeated."""
    text = os.fsdecode(SECRET.encode() + b"\xff")
    (problem,) = problems_of({name: text})
    assert "UTF-8" in problem.wrong
    assert SECRET not in str(problem)


WITH_SECRETS = {
    "DISCORD_TOKEN": SECRET,
    "UPSTREAM_PROXY": f"socks5://user:{SECRET}@proxy.example:1080",
    "DATABASE_URL": f"postgresql://user:{SECRET}@db.example/bobbin",
    "PROVIDERS__X__BASE_URL": OLLAMA,
    "PROVIDERS__X__API_KEY": SECRET,
    "PROVIDERS__X__HEADERS": f'{{"X-Key": "{SECRET}"}}',
}


def test_the_settings_do_not_show_their_secrets() -> None:
    """Whatever prints the settings prints no token, key or password."""
    settings = load_settings(WITH_SECRETS, None)
    assert SECRET not in f"{settings} {settings!r} {settings.providers}"
    assert SECRET not in f"{settings.discord_token} {settings.upstream_proxy!r}"


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


def test_a_line_that_is_not_understood_is_not_repeated(tmp_path: Path) -> None:
    """A token without its name is named by its line only."""
    (problem,) = problems_of({}, env_file_with(tmp_path, f"LOG_LEVEL=INFO\nTOKEN is {SECRET}\n"))
    assert "line 2" in problem.wrong
    assert SECRET not in str(problem)


def test_settings_do_not_change() -> None:
    """What was read at the start holds until the end."""
    settings = load_settings({}, None)
    with pytest.raises(ValidationError, match="frozen"):
        settings.queue_limit = 3


def test_config_stands_alone() -> None:
    """Reading the settings loads nothing else of the project, no Discord and no HTTP library."""
    loaded = subprocess.run(
        [sys.executable, "-c", "import config.settings, sys; print(*sys.modules)"],
        cwd=EXAMPLE.parent,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert "config.settings" in loaded
    folders = {path.parent.name for path in EXAMPLE.parent.glob("*/__init__.py")}
    assert not (folders - {"config"} | {"bot", "discord", "aiohttp", "sqlalchemy"}) & set(loaded)


def example_values() -> dict[str, str]:
    """Return what `.env.example` says, with its remark signs taken away."""
    found = re.findall(r"^#([A-Z][A-Z0-9_]*)=(.*)$", EXAMPLE.read_text(encoding="utf-8"), re.M)
    assert len(found) == len(dict(found))
    return dict(found)


def test_the_example_names_every_setting_and_no_other() -> None:
    """`.env.example` is complete and true."""
    ours = {name.upper() for name in Settings.model_fields if name != "providers"}
    ours |= {f"PROVIDERS__OLLAMA__{name.upper()}" for name in ProviderSettings.model_fields}
    assert set(example_values()) == ours


def test_the_example_gives_the_defaults() -> None:
    """Taking away every remark sign changes nothing, and what is shown empty has no default."""
    values = example_values()
    assert load_settings(values, None) == load_settings({}, None)
    shown = {name for name, text in values.items() if text}
    assert shown == {
        name.upper()
        for name, field in Settings.model_fields.items()
        if field.default_factory is None and field.default not in (None, "", frozenset(), {}, ())
    }


def test_the_example_sets_nothing() -> None:
    """Copied as it is, it is an empty `.env`."""
    assert load_settings({}, EXAMPLE) == load_settings({}, None)


def test_the_example_has_a_sentence_and_the_default_for_each_setting() -> None:
    """Each name follows a remark that ends by saying the default, with the same value."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for name, value in example_values().items():
        match = re.search(rf"^# .+ Default: (.+)\.\n#{name}=", text, re.M)
        assert match, name
        assert match[1].startswith(value or "unset"), name
