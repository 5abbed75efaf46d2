"""The settings and their kinds: what each accepts, and that `.env.example` is true."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.loading import load_settings
from config.settings import ProviderSettings, Settings
from tests.config.wrong_settings import OLLAMA, SECRET

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def test_without_any_setting_the_defaults_hold() -> None:
    """Nothing has to be set."""
    settings = load_settings({}, None)
    assert settings.discord_token is None
    assert settings.default_model == "allenai/tulu3-405b"
    assert settings.allenai_dialect == "m25"
    assert settings.database_url == "sqlite:///data/bobbin.db"
    assert settings.allowed_guilds == frozenset()
    assert settings.turns_per_person_per_day is None


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


def test_settings_do_not_change() -> None:
    """What was read at the start holds until the end."""
    settings = load_settings({}, None)
    with pytest.raises(ValidationError, match="frozen"):
        settings.queue_limit = 3


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
