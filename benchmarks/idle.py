"""`make bench-idle`: what the bot costs while nobody talks to it, against discord.py alone.

Both are processes of their own, one after the other in the same run: start to ready with a
thousand guilds, the memory they then hold, and the processor time for messages that are none of
their business.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.crowd import CrowdedGateway, Size, furnished
from benchmarks.processes import BotProcess, running
from benchmarks.stage import BOBBIN, Contestant
from sandbox.discord_server import DiscordServer

_DEFAULT_CLIENT = Contestant(
    "discord.Client, default", "benchmarks/default_client.py", "connected", lambda _: {}
)
_READY_LIMIT_S = 180.0
_QUIET_S = 1.0
_WARM_UP = 1000
_NOWHERE = "http://127.0.0.1:9/v1"
"""Where the model would be: nobody asks it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one bot cost.

    `cpu_ms` is for 1,000 messages, in milliseconds; `ready_s` counts from the start of the process,
    `ready_cpu_s` is the processor time until then.
    """

    bot: str
    ready_s: float
    ready_cpu_s: float
    memory_mib: float
    peak_memory_mib: float
    cpu_ms: float


async def measure(contestant: Contestant, size: Size, messages: int) -> Cost:
    """Start a bot in the crowd, let it get ready, and flood it with messages."""
    world = furnished(size)
    async with DiscordServer(world) as server:
        server.gateway = gateway = CrowdedGateway(world, size)
        with tempfile.TemporaryDirectory(prefix="bobbin-bench-") as name:
            folder = Path(name)
            environment = {
                "DISCORD_TOKEN": world.bot.token,
                "DISCORD_API_URL": server.api_url,
                "DATA_DIR": name,
                **contestant.settings(_NOWHERE),
            }
            loop = asyncio.get_running_loop()
            began = loop.time()
            async with running([contestant.program], environment, folder) as bot:
                await bot.until_said(contestant.is_ready, _READY_LIMIT_S)
                ready_s, ready_cpu_s = loop.time() - began, bot.cpu_s()
                await _until_quiet(bot)
                memory_mib = bot.memory_mib()
                gateway.flood(_WARM_UP)
                await _until_quiet(bot)
                before_s = bot.cpu_s()
                gateway.flood(messages)
                await _until_quiet(bot)
                cpu_s = bot.cpu_s() - before_s
                peak_mib = bot.peak_memory_mib()
        await gateway.close()
    cpu_ms = cpu_s / messages * 1000 * 1000
    return Cost(contestant.name, ready_s, ready_cpu_s, memory_mib, peak_mib, cpu_ms)


async def _until_quiet(bot: BotProcess) -> None:
    """Wait until the bot has done nothing for a while: what it was sent is dealt with."""
    used_s = -1.0
    while used_s != (used_s := bot.cpu_s()):  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(_QUIET_S)


async def compare(size: Size, messages: int, rounds: int) -> list[Cost]:
    """Measure both, as often as wanted, in turns."""
    costs: list[Cost] = []
    for _ in range(rounds):
        costs.extend(
            [
                await measure(BOBBIN, size, messages),
                await measure(_DEFAULT_CLIENT, size, messages),
            ]
        )
    return costs


def table_of(costs: Sequence[Cost]) -> Table:
    """Make the table: each bot's best figures, then their ratio."""
    table = Table(title="Nobody talks to it")
    for heading in (
        "bot",
        "CPU for 1,000 messages",
        "memory",
        "peak",
        "start to ready",
        "CPU until ready",
    ):
        table.add_column(heading, justify="right" if table.columns else "left")
    best = [_best(costs, name) for name in dict.fromkeys(each.bot for each in costs)]
    for each in best:
        table.add_row(
            each.bot,
            f"{each.cpu_ms:.0f} ms",
            f"{each.memory_mib:.0f} MiB",
            f"{each.peak_memory_mib:.0f} MiB",
            f"{each.ready_s:.1f} s",
            f"{each.ready_cpu_s:.1f} s",
        )
    ours, theirs = best
    table.add_row(
        "ratio",
        f"{ours.cpu_ms / theirs.cpu_ms:.2f}x",
        f"{ours.memory_mib / theirs.memory_mib:.2f}x",
        f"{ours.peak_memory_mib / theirs.peak_memory_mib:.2f}x",
        f"{ours.ready_s / theirs.ready_s:.2f}x",
        f"{ours.ready_cpu_s / theirs.ready_cpu_s:.2f}x",
    )
    return table


def _best(costs: Sequence[Cost], name: str) -> Cost:
    """Return the least of each figure: what else ran on the machine only ever adds."""
    own = [each for each in costs if each.bot == name]
    return Cost(
        name,
        min(each.ready_s for each in own),
        min(each.ready_cpu_s for each in own),
        min(each.memory_mib for each in own),
        min(each.peak_memory_mib for each in own),
        min(each.cpu_ms for each in own),
    )


def main(arguments: Sequence[str]) -> int:
    """Measure, print the table, write the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.idle", description=__doc__)
    parser.add_argument("--guilds", type=int, default=1000)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path, default=Path("data/benchmarks/idle.json"))
    chosen = parser.parse_args(arguments)
    size = Size(guilds=chosen.guilds)
    costs = asyncio.run(compare(size, chosen.messages, chosen.rounds))
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table_of(costs))
    chosen.json.parent.mkdir(parents=True, exist_ok=True)
    chosen.json.write_text(json.dumps([asdict(each) for each in costs], indent=1))
    console.print(f"All figures: {chosen.json}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
