"""The settings: everything that can be set, with its default, and the names these have outside."""

import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

import config.kinds as kinds

AI2_PROVIDER = "allenai"


class ProviderSettings(BaseModel):
    """One OpenAI-compatible server: the settings `PROVIDERS__<NAME>__…`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    base_url: kinds.Address
    api_key: kinds.Key | None = None
    models: kinds.Names = ()
    headers: kinds.Headers = {}
    parameters: kinds.Parameters = {}


class Settings(BaseModel):
    """Every setting, under its name in lower case; made by `load_settings`.

    Discord ids are snowflakes; an empty set of allowed ids allows everybody. `.env.example` has a
    sentence on each.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True
    )

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


NAMES = tuple(name.upper() for name in Settings.model_fields if name != "providers")
"""What the settings are called in the environment and in `.env`, but for those of providers."""

PROVIDER_FIELDS = tuple(name.upper() for name in ProviderSettings.model_fields)

PROVIDER_SETTING = re.compile(rf"PROVIDERS__([A-Za-z0-9_-]+)__({'|'.join(PROVIDER_FIELDS)})")
"""The name of a provider's setting: the provider in its first group, the field in its second."""


def our_name(name: str) -> str | None:
    """Return a name of ours as it is spelt here (a provider's name in capitals), or None."""
    if name in NAMES:
        return name
    return name.upper() if PROVIDER_SETTING.fullmatch(name) else None
