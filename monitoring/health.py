"""The health port: /livez, /readyz and /metrics on this machine, and who asks there."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CONTENT_TYPE_LATEST

from config.settings import Settings
from conversation.errors import ModelNameError, StoreError
from monitoring.gateway_watch import GatewayWatch
from monitoring.metrics import PrometheusMeter
from monitoring.readiness import Examiner
from startup.wiring import Engine
from storage.sqlite.store import Store

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
"""The loopback only: what is told is nobody's secret, but nobody else's business either."""

_NAMES = frozenset({HOST, "localhost", "::1"})
_COUNT_LIMIT_S = 2.0
_ASK_LIMIT = aiohttp.ClientTimeout(total=10.0)


class HealthPortError(Exception):
    """The health port cannot be opened; the text is a sentence for whoever set it."""


class UnwellError(Exception):
    """The bot that was asked is not ready, or not there; the text says what is wrong."""


@asynccontextmanager
async def open_health(settings: Settings, engine: Engine) -> AsyncGenerator[GatewayWatch, None]:
    """Answer on the health port, where one is set, as long as the context is open.

    Yields what has to be told of each client before it connects.

    Raises:
        HealthPortError: The port is taken, or not allowed.
    """
    gateway = GatewayWatch()
    meter = engine.metrics
    if settings.health_port is None or meter is None:
        yield gateway
        return
    slots = engine.slots
    meter.gauge("gateway_latency_seconds", "The last heartbeat.", lambda: gateway.latency_s)
    meter.gauge("streams_running", "Answers that stream now.", lambda: slots.running_count)
    meter.gauge("streams_waiting", "Answers that wait in line.", lambda: slots.waiting_count)
    default_model = _default_model(settings, engine)
    examiner = Examiner(gateway, engine.store, engine.breaker, default_model)
    runner = web.AppRunner(_application(examiner, meter, engine.store), access_log=None)
    loop_watch = asyncio.create_task(meter.watch_loop(), name="loop-delay")
    try:
        await _listen(runner, settings.health_port)
        yield gateway
    finally:
        loop_watch.cancel()
        await asyncio.gather(loop_watch, return_exceptions=True)
        await runner.cleanup()
        await examiner.close()


def _default_model(settings: Settings, engine: Engine) -> str:
    try:
        return engine.catalog.resolve(settings.default_model).full_name
    except ModelNameError:
        return settings.default_model


async def ask_health(settings: Settings) -> str:
    """Ask the bot that runs with these settings whether it is ready; give words to print.

    Raises:
        UnwellError: It is not, or nobody answers.
    """
    if not settings.health_port:
        raise UnwellError("HEALTH_PORT: set it, for the bot and for this question.")
    url = f"http://{HOST}:{settings.health_port}/readyz"
    try:
        async with (
            aiohttp.ClientSession(timeout=_ASK_LIMIT) as session,
            session.get(url) as answer,
        ):
            words = await answer.text()
            if answer.status != HTTPStatus.OK:
                raise UnwellError(words)
            return words
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise UnwellError(f"Nobody answers at {url} ({type(error).__name__}).") from error


def _application(examiner: Examiner, meter: PrometheusMeter, store: Store) -> web.Application:
    waiting = meter.waiting()

    async def livez(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def readyz(_: web.Request) -> web.Response:
        found = await examiner.examine()
        status = HTTPStatus.OK if found.is_ready else HTTPStatus.SERVICE_UNAVAILABLE
        body = {"ready": found.is_ready, "parts": found.parts}
        return web.json_response(body, status=status)

    async def metrics(_: web.Request) -> web.Response:
        waiting.set(await _waiting_in(store))
        return web.Response(body=meter.page(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    application = web.Application(middlewares=[_refuse_other_names])
    application.router.add_get("/livez", livez)
    application.router.add_get("/readyz", readyz)
    application.router.add_get("/metrics", metrics)
    return application


@web.middleware
async def _refuse_other_names(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse who looked up another name than ours, as a page that rebinds its own name does.

    The page of a browser on this machine would read the answers otherwise (RFC 9110, 7.2).
    """
    if request.url.host not in _NAMES:
        raise web.HTTPMisdirectedRequest(text="This port answers to loopback names only.\n")
    return await handler(request)


async def _waiting_in(store: Store) -> float:
    """Count the messages that wait for an answer; not a number where the store does not say."""
    try:
        async with asyncio.timeout(_COUNT_LIMIT_S):
            return await store.queue.waiting_count()
    except (StoreError, TimeoutError):
        return float("nan")


async def _listen(runner: web.AppRunner, port: int) -> None:
    await runner.setup()
    site = web.TCPSite(runner, HOST, port)
    try:
        await site.start()
    except OSError as error:
        raise HealthPortError(f"port {port} cannot be opened: {error.strerror}") from error
    log.info("health is told at http://%s:%d", *runner.addresses[0][:2])
