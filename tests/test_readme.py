"""The README's promises that a machine can hold it to."""

import asyncio
import re
import sys
from pathlib import Path

from sandbox.demo.model import demo_answerer
from sandbox.models.playground.server import PlaygroundServer
from sandbox.models.script import Script

_ROOT = Path(__file__).parent.parent
_PUBLIC_ADDRESS = "https://olmo-api.allen.ai"


async def test_the_library_example_runs_as_it_stands(tmp_path: Path) -> None:
    """The README's example, run as a program, goes on with the conversation's state."""
    readme = (_ROOT / "README.md").read_text()
    example = re.search(r"```python\n(.*?)```", readme, re.DOTALL)
    assert example is not None
    async with PlaygroundServer(Script(default=demo_answerer(paced=False))) as server:
        program = tmp_path / "example.py"
        program.write_text(example[1].replace(_PUBLIC_ADDRESS, server.base_url))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(program),
            cwd=_ROOT,
            env={"PYTHONPATH": str(_ROOT)},
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
        posts = [request for request in server.requests if request.method == "POST"]
    assert process.returncode == 0
    assert len(output.decode().strip().splitlines()) >= 2
    assert posts[0].value("parent") is None
    assert posts[1].value("parent") is not None


def test_every_pinned_requirement_has_its_reason() -> None:
    """The README says of each package that the bot runs on why it is there."""
    lines = (_ROOT / "requirements.txt").read_text().splitlines()
    names = {re.split(r"[=\[]", line)[0] for line in lines if line and not line.startswith("#")}
    table = (_ROOT / "README.md").read_text().partition("## What it stands on")[2]
    assert {name for name in names if name.lower() not in table.lower()} == set()
