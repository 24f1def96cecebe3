"""Where mortal processes are born, killed and heard: their nursery, their sink, their clock.

The sink writes down every call. A platform that honours ids shows each id once, one that does not
shows every call: both are read off the same list.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bot.settings import Where
from tests.fakes.mortals import Life, SharedClock

ROOT = Path(__file__).parents[2]
ANY_MOMENT = "any moment"
IN_BIRTH = 0.2  #: the share of those killed at any moment that may not even have started


@dataclass
class Mortal:
    """One process. ``died_at``: the point at which it killed itself."""

    pid: int
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    heard: bool = False
    died_at: str = ""

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        if not self.heard:  # it died before its line was there, so nobody will hear that cut
            self.ended.set()


class Field:
    def __init__(self, where: Where, root: Path, nursery: "subprocess.Popen[str]") -> None:
        self.where, self.root, self._nursery = where, root, nursery
        self.clock = SharedClock(root / "clock")
        self.calls: list[str] = []  #: ids, as often as each was said
        self.receipts: list[str] = []  #: that somebody has read
        self.kept: list[tuple[str, str]] = []  #: who was told that which answer is kept
        self.bugs: list[str] = []
        self.deaths: Counter[tuple[str, str]] = Counter()
        self.go = asyncio.Event()
        self._mortals: dict[int, Mortal] = {}
        self._bearing = asyncio.Lock()

    async def bear(self, role: str, point: str = "") -> Mortal:
        """A new process."""
        where, sink = self.where, str(self.root / "sink")
        life = Life(role, point, where.database, where.key_store, str(self.root), sink)
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        async with self._bearing:
            self._nursery.stdin.write(json.dumps(asdict(life)) + "\n")
            self._nursery.stdin.flush()
            pid = int(await asyncio.to_thread(self._nursery.stdout.readline))
        return self._mortal(pid)

    async def dies(self, role: str, point: str, dice: float) -> None:
        """A process lives and dies: at its point, or at any moment, from its birth on."""
        mortal = await self.bear(role, "" if point == ANY_MOMENT else point)
        if point == ANY_MOMENT:
            if dice > IN_BIRTH:
                await asyncio.wait_for(mortal.ready.wait(), 60)
            await asyncio.sleep(dice)
            mortal.kill()
        with suppress(TimeoutError):
            await asyncio.wait_for(mortal.ended.wait(), 60)
        assert mortal.ended.is_set(), f"{role} never came to: {point}"
        assert mortal.died_at == ("" if point == ANY_MOMENT else point), (role, point)
        self.deaths[role, point] += 1

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One process, from its birth to its death."""
        mortal = None
        with suppress(ConnectionError):
            while line := await reader.readline():
                told = json.loads(line)
                mortal = self._mortal(told["born"]) if "born" in told else mortal
                assert mortal is not None
                mortal.heard = True
                await self._note(mortal, told, writer)
        if mortal is not None:
            mortal.ended.set()
        writer.close()

    async def _note(
        self, mortal: Mortal, told: dict[str, Any], writer: asyncio.StreamWriter
    ) -> None:
        if "say" in told:
            self.calls.append(told["say"])
            writer.write(b"ok\n")
        if "acknowledged" in told:
            self.receipts.append(told["acknowledged"])
        if "kept" in told:
            self.kept.append(tuple(told["kept"]))
        if "bug" in told:
            self.bugs.append(told["bug"])
        if "ready" in told:
            mortal.ready.set()
        if told.get("ready") == "racer":
            await self.go.wait()
            writer.write(b"ok\n")
        if "done" in told:
            mortal.done.set()
        mortal.died_at = told.get("died", "")

    def _mortal(self, pid: int) -> Mortal:
        """By its id; what it says may be heard before its id is."""
        return self._mortals.setdefault(pid, Mortal(pid))


@asynccontextmanager
async def field_on(where: Where, root: Path) -> AsyncIterator[Field]:
    """A field with nobody on it yet; whoever is left at the end is killed."""
    words = [sys.executable, "-m", "tests.fakes.mortals"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    nursery = subprocess.Popen(words, cwd=ROOT, text=True, **pipes)
    made = Field(where, root, nursery)
    server = await asyncio.start_unix_server(made.hear, root / "sink")
    try:
        yield made
    finally:
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        nursery.stdin.close()
        await asyncio.to_thread(nursery.wait, 20)
        nursery.stdout.close()
        server.close()
