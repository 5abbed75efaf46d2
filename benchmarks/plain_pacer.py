"""The yardstick: a small streaming bot that does nothing well but pace its edits evenly.

It answers a mention by a reply in the channel, edits it at most once a second a channel and fifty
times a second over all, and knows neither threads nor memory. Started by the benchmarks, which
give it `DISCORD_TOKEN`, `DISCORD_API_URL` and `MODEL_URL`.
"""

import asyncio
import json
import os
import signal
import sys
from collections import defaultdict

import aiohttp
import discord

from startup.discord_address import gateway_of
from startup.discord_login import point_library_at

_EDIT_EVERY_S = 1.02
_CALLS_PER_S = 48.0
_LIMIT_CHARS = 2000


class Pacer:
    """Gives each channel one turn a second, and all of them together so many a second."""

    def __init__(self) -> None:
        self._channel_at: dict[int, float] = defaultdict(float)
        self._everything_at = 0.0
        self._order = asyncio.Lock()

    async def turn(self, channel_id: int) -> None:
        """Wait for a turn, first come, first served."""
        loop = asyncio.get_running_loop()
        at = max(loop.time(), self._channel_at[channel_id])
        self._channel_at[channel_id] = at + _EDIT_EVERY_S
        await asyncio.sleep(at - loop.time())
        async with self._order:
            await asyncio.sleep(self._everything_at - loop.time())
            self._everything_at = loop.time() + 1 / _CALLS_PER_S


class PlainBot(discord.Client):
    """Answers mentions."""

    def __init__(self, session: aiohttp.ClientSession, model_url: str) -> None:
        super().__init__(intents=discord.Intents.default(), max_messages=None)
        self._session = session
        self._url = f"{model_url}/chat/completions"
        self._pacer = Pacer()

    async def on_ready(self) -> None:
        """Say that it is there."""
        sys.stdout.write("connected\n")

    async def on_message(self, message: discord.Message) -> None:
        """Answer where it is mentioned."""
        if self.user is None or message.author.bot or self.user not in message.mentions:
            return
        text: list[str] = []
        ended = asyncio.Event()
        showing = asyncio.create_task(self._show(message, text, ended))
        body = {"model": "words", "stream": True, "messages": [_asked(message)]}
        async with self._session.post(self._url, json=body) as answer:
            async for line in answer.content:
                if line.startswith(b"data: {"):
                    delta = json.loads(line[6:])["choices"][0]["delta"]
                    text.append(delta.get("content", ""))
        ended.set()
        await showing

    async def _show(self, question: discord.Message, text: list[str], ended: asyncio.Event) -> None:
        """Post and edit until everything is shown."""
        channel_id = question.channel.id
        replies: list[discord.Message] = []
        shown: list[str] = []
        while True:
            is_last = ended.is_set()
            whole = "".join(text)
            wanted = [whole[at : at + _LIMIT_CHARS] for at in range(0, len(whole), _LIMIT_CHARS)]
            if wanted == shown:
                if is_last:
                    return
                await asyncio.sleep(0.01)
                continue
            await self._pacer.turn(channel_id)
            whole = "".join(text)
            wanted = [whole[at : at + _LIMIT_CHARS] for at in range(0, len(whole), _LIMIT_CHARS)]
            place = next(n for n, part in enumerate(wanted) if shown[n : n + 1] != [part])
            if place == len(replies):
                replies.append(await question.reply(wanted[place], mention_author=False))
                shown.append(wanted[place])
            else:
                await replies[place].edit(content=wanted[place])
                shown[place] = wanted[place]


def _asked(message: discord.Message) -> dict[str, str]:
    return {"role": "user", "content": message.content}


async def _main() -> None:
    api_url = os.environ["DISCORD_API_URL"]
    point_library_at(api_url, await gateway_of(api_url))
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        PlainBot(session, os.environ["MODEL_URL"]) as bot,
    ):
        running = asyncio.create_task(bot.start(os.environ["DISCORD_TOKEN"]))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
        await asyncio.wait({running})


if __name__ == "__main__":
    asyncio.run(_main())
