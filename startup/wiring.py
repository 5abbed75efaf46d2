"""The composition root: everything is made and joined here, from the settings up to the bot.

What is opened is closed in reverse by whoever entered the context; `serving.py` runs it.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import aiohttp

from cogs.assembly import Assembly, Ports, Rules
from cogs.client import Bobbin
from cogs.permissions.access import Access
from cogs.permissions.rate_limit import Pace
from config.settings import AI2_PROVIDER, Settings
from conversation.asking.asking import Asking
from conversation.asking.breaker import Breaker
from conversation.asking.slots import Slots
from conversation.effective_settings import Defaults
from conversation.meter import NO_METER, Meter
from conversation.service import ConversationService
from delivery.courier import Courier
from delivery.pacing.scheduler import Scheduler
from monitoring.metrics import PrometheusMeter
from storage.database_url import parse_database_url
from storage.sqlite.opening import open_store
from storage.sqlite.run_lock import sole_user
from storage.sqlite.store import Store
from upstream.catalog import Catalog, ListingProvider
from upstream.openai.provider import OpenAICompatible
from upstream.playground.provider import Playground
from upstream.wire.deadlines import Limits
from upstream.wire.session import open_session

_TAKEOVER_S = 5.0
"""How much longer than its grace period a process that is being replaced may take to end."""


ANSWER_ATTEMPTS = 3
"""So many answers to one question are begun; when all were interrupted, the question may be why."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything that knows nothing of Discord."""

    store: Store
    service: ConversationService
    catalog: Catalog
    providers: Sequence[ListingProvider]
    breaker: Breaker
    slots: Slots
    metrics: PrometheusMeter | None
    """Where somebody may ask for them."""

    @property
    def meter(self) -> Meter:
        """What takes measurements."""
        return self.metrics or NO_METER


class DatabaseAddressError(Exception):
    """`DATABASE_URL` names no database that can be used; the text says what to write."""


def utc_now() -> datetime:
    """Return the time by the wall clock, in UTC."""
    return datetime.now(UTC)


def make_providers(settings: Settings, session: aiohttp.ClientSession) -> list[ListingProvider]:
    """Make every provider that is set; a new kind of provider is one line here."""
    limits = Limits(
        connect_s=settings.upstream_connect_timeout_s,
        first_token_s=settings.upstream_first_token_timeout_s,
        between_chunks_s=settings.upstream_chunk_timeout_s,
        attempts=settings.upstream_attempts,
    )
    playground = Playground(
        session,
        settings.allenai_base_url,
        dialect=settings.allenai_dialect,
        host=settings.allenai_host,
        private=settings.allenai_private,
        limits=limits,
        now=utc_now,
    )
    compatible = [
        OpenAICompatible(
            session,
            name,
            each.base_url,
            api_key=each.api_key.get_secret_value() if each.api_key else None,
            models=each.models,
            headers={key: value.get_secret_value() for key, value in each.headers.items()},
            parameters=each.parameters,
            limits=limits,
        )
        for name, each in settings.providers.items()
        if name != AI2_PROVIDER
    ]
    return [playground, *compatible]


def secrets_in(settings: Settings) -> set[str]:
    """Return every secret among the settings, as it is set and as it is sent: the log hides it."""
    found = {settings.discord_token, settings.upstream_proxy}
    for provider in settings.providers.values():
        found |= {provider.api_key, *provider.headers.values()}
    texts = {secret.get_secret_value() for secret in found if secret is not None}
    if settings.upstream_proxy is not None:
        password = urlsplit(settings.upstream_proxy.get_secret_value()).password or ""
        texts |= {password, unquote(password)}
    return texts


@asynccontextmanager
async def open_engine(settings: Settings) -> AsyncGenerator[Engine, None]:
    """Open the store and the HTTP session, and make what stands on them.

    Raises:
        DatabaseAddressError: `DATABASE_URL` names no database that can be used.
        StoreError: The database cannot be used.
    """
    database_path(settings)
    proxy = settings.upstream_proxy
    metrics = None if settings.health_port is None else PrometheusMeter()
    meter = metrics or NO_METER
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            open_store(settings.database_url, now=utc_now, meter=meter)
        )
        session = await stack.enter_async_context(
            open_session(proxy.get_secret_value() if proxy else None)
        )
        providers = make_providers(settings, session)
        catalog = Catalog(providers)
        breaker = Breaker(time.monotonic, settings.upstream_pause_s)
        slots = Slots(settings.max_streams, settings.max_streams_per_provider)
        service = ConversationService(
            store.turns,
            store.places,
            Asking(
                {provider.name: provider for provider in providers},
                catalog,
                breaker=breaker,
                slots=slots,
                most_chars=settings.max_answer_chars,
                meter=meter,
            ),
            Defaults(settings.default_model, settings.system_prompt, settings.fallback_models),
        )
        yield Engine(store, service, catalog, providers, breaker, slots, metrics)


def sole_run(settings: Settings) -> AbstractAsyncContextManager[None]:
    """Hold the lock of the only process that runs the bot on the database; see `sole_user`.

    Raises:
        DatabaseAddressError: `DATABASE_URL` names no database that can be used.
    """
    return sole_user(database_path(settings), wait_s=settings.shutdown_grace_s + _TAKEOVER_S)


def database_path(settings: Settings) -> Path:
    """Return the path of the database's file.

    Raises:
        DatabaseAddressError: `DATABASE_URL` names no database that can be used.
    """
    try:
        return parse_database_url(settings.database_url)
    except ValueError as error:
        raise DatabaseAddressError(str(error)) from error


def trace_of(courier: Courier) -> aiohttp.TraceConfig:
    """Make the hook that tells the courier, in plain values, what Discord answers."""
    trace = aiohttp.TraceConfig()

    async def started(
        session: aiohttp.ClientSession,  # noqa: ARG001 - aiohttp's signature
        context: SimpleNamespace,
        params: aiohttp.TraceRequestStartParams,
    ) -> None:
        context.started_s = asyncio.get_running_loop().time()
        if params.url.scheme.startswith("http"):
            courier.started(params.method, params.url.path)

    async def answered(
        session: aiohttp.ClientSession,  # noqa: ARG001
        context: SimpleNamespace,
        params: aiohttp.TraceRequestEndParams,
    ) -> None:
        if params.url.scheme.startswith("http"):
            status, headers = params.response.status, params.response.headers
            courier.answered(params.method, params.url.path, status, headers, context.started_s)

    async def lost(
        session: aiohttp.ClientSession,  # noqa: ARG001
        context: SimpleNamespace,  # noqa: ARG001
        params: aiohttp.TraceRequestExceptionParams,
    ) -> None:
        if params.url.scheme.startswith("http"):
            courier.lost(params.method, params.url.path)

    trace.on_request_start.append(started)
    trace.on_request_end.append(answered)
    trace.on_request_exception.append(lost)
    return trace


def make_bot(
    settings: Settings,
    engine: Engine,
    *,
    reads_content: bool = True,
) -> Bobbin:
    """Put the Discord side together.

    Args:
        settings: The settings.
        engine: What it stands on.
        reads_content: Whether to ask for the message content intent.
    """
    courier, store = Courier(Scheduler(), engine.meter), engine.store
    rules = Rules(
        access=Access(
            settings.allowed_guilds,
            settings.allowed_channels,
            settings.allowed_roles,
            settings.blocked_users,
            settings.allow_dms,
            settings.turns_per_person_per_day,
        ),
        queue_limit=settings.queue_limit,
        pace=Pace(settings.cooldown_messages, settings.cooldown_s),
        thread_archive_minutes=settings.thread_archive_minutes,
        thread_wait_s=settings.thread_wait_s,
        shutdown_grace_s=settings.shutdown_grace_s,
    )
    assembly = Assembly(
        rules=rules,
        ports=Ports(
            store.queue, store.turns, store.replies, store.notices, store.places, store.heard
        ),
        service=engine.service,
        catalog=engine.catalog,
        courier=courier,
        connection_errors=(aiohttp.ClientError,),
        now=utc_now,
        meter=engine.meter,
    )
    return Bobbin(
        trace_of(courier),
        reads_content=reads_content,
        commands_file=settings.data_dir / "commands.sha256",
        connection_errors=assembly.connection_errors,
        make_cogs=assembly.make_cogs,
    )
