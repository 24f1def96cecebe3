"""The whole bot as a process of its own that tells what it has in memory, with a clock that is moved.

Told so by a line on its input it lets time pass, or writes down everything that any living object of
Python's holds, or every page of its memory. It is told no word that is looked for. What goes over a
platform goes there by the town of whoever started it.
"""

import asyncio
import ctypes
import gc
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from adapters.chance import SystemChance
from adapters.discord.app import DiscordPlatform
from adapters.sandbox import people
from adapters.slack.app import SlackPlatform
from adapters.vault import make_key_files
from bot import ports
from bot.chat import Caller
from bot.dispatch import Door
from bot.domain.communities import Space, Trust
from bot.platforms import Platform
from bot.settings import Discord, Http, Slack
from bot.wiring import groundswell
from tests.fakes.world import CODE, US, HandClock, KeptLog, KeptPost, folders

ROOT = Path(__file__).parents[2]
WITHIN = 300.0  #: seconds for each answer: whoever looks through a whole memory takes its time
PR_SET_DUMPABLE = 4
PIECE = 2**16

Json = dict[str, Any]


# From outside -----------------------------------------------------------------------------------


@dataclass
class Remembering:
    """That process. ``address``: where it listens, over HTTP."""

    process: asyncio.subprocess.Process
    address: str = ""

    async def lives(self, **by: float) -> None:
        """Time passes there (``minutes=16``), and whatever is due or timed happens."""
        await self.asks({"lives": by})

    async def keeps(self, whoever: bool) -> None:
        """From now on it keeps, or does so no more, whoever comes to the door: each in another place."""
        await self.asks({"keeps": whoever})

    async def living(self, to: Path) -> bytes:
        """Every word, byte string and number that any living object holds."""
        await self.asks({"living": str(to)})
        return to.read_bytes()

    async def pages(self, to: Path) -> bytes:
        """All of its memory that can be written to, as it is, freed or not."""
        await self.asks({"pages": str(to)})
        return to.read_bytes()

    async def asks(self, what: Json) -> Json:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        return await self.hears()

    async def hears(self) -> Json:
        assert self.process.stdout is not None
        async with asyncio.timeout(WITHIN):
            heard: Json = json.loads(await self.process.stdout.readline())
            return heard


@asynccontextmanager
async def remembering(
    folder: Path, platform: str, known: Json, place: str, **environ: str
) -> AsyncIterator[Remembering]:
    """``known``: the settings of the platform; ``place``: the community's there; ``environ``: of the
    process, besides its own."""
    words = json.dumps([str(folder), platform, known, place])
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.remembering", words),
        cwd=ROOT,
        env={**os.environ, **environ},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    one = Remembering(process)
    try:
        one.address = (await one.hears())["address"]
        yield one
    finally:
        process.kill()
        await process.wait()


# What it is -------------------------------------------------------------------------------------


class Keeping:
    """The door of a program that keeps whoever comes, while it is told to."""

    def __init__(self, door: Door) -> None:
        self._door, self._count, self.on = door, 0, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._door, name)

    async def begin(self, name: str, caller: Caller, *of: Any, **more: Any) -> Any:
        if self.on:
            PLACES[self._count % len(PLACES)](caller.account)
            self._count += 1
        return await self._door.begin(name, caller, *of, **more)


KEPT: dict[str, Any] = {}
WAITING: set[asyncio.Task[None]] = set()


def _in_a_module(account: str) -> None:
    KEPT[account] = 1


def _as_a_number(account: str) -> None:
    KEPT["number"] = (int(account) if account.isdecimal() else account.encode(),)


def _where_something_waits(account: str) -> None:
    async def waits(whom: str) -> None:
        await asyncio.Event().wait()
        _say({"never": whom})

    WAITING.add(asyncio.create_task(waits(account)))


@lru_cache
def _in_a_cache(account: str) -> int:
    return len(account)


def _in_a_timer(account: str) -> None:
    asyncio.get_running_loop().call_later(10**6, bytearray(account.encode()).clear)


PLACES: tuple[Callable[[str], Any], ...] = (
    _in_a_module,
    _as_a_number,
    _where_something_waits,
    _in_a_cache,
    _in_a_timer,
)


async def _lives(folder: str, platform: str, known: Json, place: str) -> None:
    where, clock, chance = folders(Path(folder)), HandClock(), SystemChance()
    where.data.mkdir(parents=True)
    make_key_files(where.keys, chance)
    made: list[Platform] = []

    def beside(open_work: ports.OpenWork, vault: ports.Vault) -> dict[str, ports.Post]:
        if platform == "discord":
            of = (US, clock, chance, open_work)
            made.append(DiscordPlatform(Discord(**known), *of, between=0.0, after=0.0))
        else:
            sealed = (Http(port=0), US, vault, clock, chance, open_work)
            made.append(SlackPlatform(Slack(**known), *sealed, between=0.0))
        return {platform: made[0].post}

    posts = {people.PLATFORM: KeptPost()}
    async with groundswell(where, US, posts, clock, chance, KeptLog(), beside=beside) as bot:
        seeded = people.community(lambda: chance.bytes(16).hex(), CODE, clock.now())
        there = Space("there", platform, place, "Harbour", Trust.NEUTRAL, rooms={})
        await bot.communities.found(replace(seeded, spaces=(*seeded.spaces, there)))
        door: Any = Keeping(bot.door)
        async with made[0].serve(door, _give_up):
            while not made[0].post.connected():
                await asyncio.sleep(0.01)
            _say({"address": getattr(made[0], "address", "")})
            async for asked in _lines():
                if by := asked.get("lives"):
                    clock.move(timedelta(**by))
                    with _hurried(timedelta(**by).total_seconds()):
                        await asyncio.sleep(0.2)  # whatever was timed until then comes now
                    await bot.tick()
                elif "keeps" in asked:
                    door.on = asked["keeps"]
                elif to := asked.get("living"):
                    _write(Path(to), _living())
                elif to := asked.get("pages"):
                    _write(Path(to), _pages())
                _say({})


@contextmanager
def _hurried(seconds: float) -> Iterator[None]:
    """The loop's own time goes on at once: it never goes back."""
    loop: Any = asyncio.get_running_loop()
    before = loop.time
    loop.time = lambda: before() + seconds
    yield


def _write(to: Path, pieces: Iterator[bytes]) -> None:
    with to.open("wb", buffering=0) as file:
        for one in pieces:
            file.write(one)


def _living() -> Iterator[bytes]:
    """From all that the collector knows, and what runs just now, through whatever that refers to; what
    was set aside at the start is no exception."""
    gc.unfreeze()
    gc.collect()
    seen, waiting = set[int](), [*gc.get_objects(), *sys._current_frames().values()]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or one is seen or one is waiting:
            continue
        seen.add(id(one))
        if isinstance(one, str):
            yield one.encode("utf-8", "surrogatepass") + b"\0"
        elif isinstance(one, bytes | bytearray):
            yield bytes(one) + b"\0"
        elif isinstance(one, memoryview):
            waiting.append(one.obj)
        elif isinstance(one, int):
            yield str(one).encode() + b"\0" if one.bit_length() < 1000 else b""
        else:
            waiting += gc.get_referents(one)
            waiting += (
                dict.keys(one) if isinstance(one, dict) else ()
            )  # texts are left out of those


def _pages() -> Iterator[bytes]:
    """Our own program closes this to all, itself included."""
    gc.collect()
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", buffering=0) as memory:
        for line in list(maps):
            span, rights, *_ = line.split()
            start, end = (int(one, 16) for one in span.split("-"))
            if not rights.startswith("rw") or "[v" in line:
                continue
            memory.seek(start)
            for at in range(start, end, PIECE):
                piece = memory.read(min(PIECE, end - at))
                if piece.count(piece[0]) < len(piece):  # nothing is in what is all the same
                    yield piece


def _give_up(why: Exception) -> None:
    raise SystemExit(str(why))


async def _lines() -> AsyncIterator[Any]:
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


def _say(what: Json) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_lives(*json.loads(sys.argv[1])))
