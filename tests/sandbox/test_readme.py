"""The promises of the sandbox's own README that a machine can hold it to."""

import asyncio
import re
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_README = _ROOT / "sandbox/README.md"


async def test_the_example_runs_as_it_stands(tmp_path: Path) -> None:
    """The example fails once as it plans to, posts, and counts both requests."""
    example = re.search(r"```python\n(.*?)```", _README.read_text(), re.DOTALL)
    assert example is not None
    program = tmp_path / "example.py"
    program.write_text(example[1])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(program),
        env={"PYTHONPATH": str(_ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert (process.returncode, output.decode()) == (0, "503\n200\nhello 2\n")


def test_every_room_is_on_the_map() -> None:
    """The README's map has a line for each folder and names each file beside them."""
    rooms = _README.read_text().partition("## Rooms")[2]
    beside = (each for each in (_ROOT / "sandbox").iterdir() if not each.name.startswith("_"))
    names = {f"{each.name}/" if each.is_dir() else each.name for each in beside}
    assert {name for name in names - {"README.md"} if f"`{name}`" not in rooms} == set()
