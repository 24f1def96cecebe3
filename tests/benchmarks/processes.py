"""A bot in a process of its own, so that its CPU is its own: started, told lines, and heard.

``lines`` and ``say`` are the process's own side of it.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STARTS_WITHIN = 90  #: seconds, also until it has done what it was told


def resident(pid: int) -> int:
    """Bytes that a process has in memory. On Linux alone."""
    said = Path(f"/proc/{pid}/status").read_text()
    (line,) = (one for one in said.splitlines() if one.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


@dataclass
class Apart:
    """The process."""

    process: asyncio.subprocess.Process

    def cpu(self) -> float:
        """Seconds of CPU that it has used so far. On Linux alone."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(one.read_text().split()[0]) for one in tasks) / 1e9

    async def tell(self, what: Any) -> Any:
        """Its answer, once it is done."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        return await self.heard()

    async def heard(self) -> Any:
        assert self.process.stdout is not None
        async with asyncio.timeout(STARTS_WITHIN):
            return json.loads(await self.process.stdout.readline())


@asynccontextmanager
async def apart(module: str, name: str, given: Mapping[str, Any]) -> AsyncIterator[Apart]:
    """``tests.benchmarks.MODULE NAME``, given this as JSON; killed in the end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", f"tests.benchmarks.{module}", name, json.dumps(given)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**24,
    )
    try:
        yield Apart(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def lines() -> AsyncIterator[Any]:
    """What we are told, until the end of it."""
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


def say(what: Any) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()
