"""Runs a program unchanged, and measures how late its event loop is.

`python -m benchmarks.probed RESULT.json PROGRAM.py` runs the program as `python PROGRAM.py` would;
a timer of 20 ms in its own event loop notes by how much it fires late. With `PROFILE` in the
environment the profile of the run (cProfile) is written to the file named there: that costs so
much that nothing else of such a run means anything.
"""

import asyncio
import cProfile
import json
import os
import runpy
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

_EVERY_S = 0.02
_Result = TypeVar("_Result")


class _Probe:
    """Notes the delays of one event loop."""

    def __init__(self) -> None:
        self._delays_s: list[float] = []

    async def run(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due_at = loop.time() + _EVERY_S
            await asyncio.sleep(_EVERY_S)
            self._delays_s.append(loop.time() - due_at)

    def write(self, path: Path) -> None:
        """Write what was measured, in milliseconds."""
        delays = sorted(self._delays_s)
        if not delays:
            return
        path.write_text(
            json.dumps(
                {
                    "mean_ms": 1000 * sum(delays) / len(delays),
                    "p99_ms": 1000 * delays[int(0.99 * (len(delays) - 1))],
                    "max_ms": 1000 * delays[-1],
                }
            )
        )


def _watch_event_loops(probe: _Probe) -> None:
    """Let every event loop that `asyncio.Runner` runs carry the probe."""
    run = asyncio.Runner.run

    def run_probed(
        self: asyncio.Runner, coro: Coroutine[Any, Any, _Result], **options: Any
    ) -> _Result:
        async def probed() -> _Result:
            measuring = asyncio.create_task(probe.run(), name="probe")
            try:
                return await coro
            finally:
                measuring.cancel()

        return run(self, probed(), **options)

    asyncio.Runner.run = run_probed


def main() -> None:
    """Run the program named on the command line."""
    result, program, *arguments = sys.argv[1:]
    sys.argv = [program, *arguments]
    probe = _Probe()
    _watch_event_loops(probe)
    profile_file = os.environ.get("PROFILE")
    profile = cProfile.Profile() if profile_file else None
    if profile is not None:
        profile.enable()
    try:
        runpy.run_path(program, run_name="__main__")
    finally:
        if profile is not None and profile_file:
            profile.disable()
            profile.dump_stats(profile_file)
        probe.write(Path(result))


if __name__ == "__main__":
    main()
