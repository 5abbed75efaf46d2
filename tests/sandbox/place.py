"""A served guild to test against, and a client that speaks plain HTTP to it."""

import json
from typing import Any

import aiohttp

from sandbox.discord_server import DiscordServer
from sandbox.world.entities import Channel, Guild, Payload, Person
from sandbox.world.world import World


class Place:
    """A served guild with a channel and a person, and a client that holds the bot's token."""

    def __init__(self, server: DiscordServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session
        self.world: World = server.world
        self.guild: Guild = self.world.create_guild("guild")
        self.channel: Channel = self.world.create_text_channel(self.guild, "general")
        self.ann: Person = self.world.create_person("ann")
        self.world.join(self.guild, self.ann)
        self.world.join(self.guild, self.world.bot)
        self.messages = f"/channels/{self.channel.id}/messages"

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        """Ask as the bot; gives the status and the JSON."""
        headers = {"Authorization": f"Bot {self.world.bot.token}"} | options.pop("headers", {})
        url = self.server.api_url + path
        async with self.session.request(method, url, headers=headers, **options) as response:
            text = await response.text()
            return response.status, json.loads(text) if text else None

    async def post(self, **body: Any) -> tuple[int, Any]:
        """Post a message to the channel as the bot."""
        return await self.ask("POST", self.messages, json=body)


def code_of(body: Payload, *steps: str) -> str:
    """Return the code of the first error at a path of a nested errors body."""
    errors = body["errors"]
    for step in steps:
        errors = errors[step]
    return str(errors["_errors"][0]["code"])
