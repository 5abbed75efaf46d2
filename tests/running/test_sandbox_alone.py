"""`python -m sandbox`: the servers alone."""

import re
import signal
from pathlib import Path

import aiohttp

from tests.running.program import ROOT, SANDBOX_ALONE, running

_SETTINGS = {"PYTHONPATH": str(ROOT)}


async def test_it_prints_what_a_bot_needs(tmp_path: Path) -> None:
    """The environment that is printed leads to servers that answer, and pages are kept out."""
    arguments = (*SANDBOX_ALONE, "--port", "0")
    async with running(tmp_path, *arguments, settings=_SETTINGS) as program:
        await program.until("Ctrl-C ends it.")
        found = dict(re.findall(r"^([A-Z0-9_]+)=(\S+)$", program.printed, re.MULTILINE))
        assert set(found) == {"DISCORD_TOKEN", "DISCORD_API_URL", "ALLENAI_BASE_URL"}
        async with aiohttp.ClientSession() as session:
            me = f"{found['DISCORD_API_URL']}/users/@me"
            own = {"Authorization": f"Bot {found['DISCORD_TOKEN']}"}
            async with session.get(me, headers=own) as answer:
                assert answer.status == 200
            for base in (found["DISCORD_API_URL"] + "/gateway", found["ALLENAI_BASE_URL"]):
                foreign_page = {"Origin": "https://page.example"}
                async with session.get(base, headers=foreign_page) as answer:
                    assert answer.status == 403
                async with session.get(base, headers={"Host": "page.example"}) as answer:
                    assert answer.status == 421
        program.process.send_signal(signal.SIGTERM)
        assert await program.end() == 0
        assert "Traceback" not in program.printed
