"""What mortal processes do in a poll: many answer at once, and one writes anew what came."""

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from bot.domain.polls import PollId
from bot.ports import SealedBallot
from bot.services.polls.batches import Batches
from bot.settings import Where
from bot.wiring import Bot
from storage.engine import open_engine
from storage.polls.casting import _Line
from storage.work import work_on
from tests.fakes.voting import answer_of, is_taken

AT_ONCE = 40  #: accounts whose answers are under way together
POLL = "poll"  #: the file that says which poll it is


class Line(Protocol):
    """To the sink."""

    armed: bool

    def tell(self, **what: Any) -> None: ...


class Mortal(Protocol):
    def die_at(self, point: str) -> None: ...


async def burst(bot: Bot, folder: str, sink: Line) -> None:
    """Many accounts at once, each of which answers and then thinks again. Whoever is told that an
    answer is kept tells the sink. The process may die when half of them have answered, or, every
    other time, when half have thought again."""
    poll, burst = (Path(folder) / POLL).read_text(), os.urandom(4).hex()
    kept, enough = 0, AT_ONCE // 2 if _turn(folder) % 2 else AT_ONCE * 3 // 2

    async def one(who: str) -> None:
        nonlocal kept
        for answer in ("1", "2"):
            if is_taken(await answer_of(bot, who, poll, answer)):
                sink.tell(kept=[who, answer])
                kept += 1
                sink.armed = sink.armed or kept == enough

    await asyncio.gather(*(one(f"voter-{burst}-{n}") for n in range(AT_ONCE)))


def _turn(folder: str) -> int:
    """How many bursts there were, of all processes."""
    with (Path(folder) / "bursts").open("a") as file:
        file.write("burst\n")
    return len((Path(folder) / "bursts").read_text().splitlines())


class Placed(Protocol):
    """A life, as far as it is needed here."""

    @property
    def where(self) -> Where: ...

    folder: str


async def settled(life: Placed) -> None:
    poll = PollId((Path(life.folder) / POLL).read_text())
    engine = open_engine(life.where.database)
    try:
        async with work_on(engine)() as work:
            await work.polls.settle(poll)
    finally:
        await engine.dispose()


def die_around_statements(sink: "Mortal") -> None:
    """Just before, or just after, the one statement with which PostgreSQL keeps a batch: it commits
    by itself."""
    cast = _Line.cast

    async def mortal(self: _Line, given: Sequence[SealedBallot], now: datetime) -> set[PollId]:
        sink.die_at("before commit")
        found = await cast(self, given, now)
        sink.die_at("after commit")
        return found

    _Line.cast = mortal  # type: ignore[method-assign]  # in a process that dies of it


def answer_before_the_commit() -> None:
    """What must not be, in this process: a ballot is said to be kept while it is still on its way."""
    cast, under_way = Batches.cast, set[asyncio.Task[bool]]()

    async def hasty(self: Batches, ballot: SealedBallot) -> bool:
        under_way.add(asyncio.create_task(cast(self, ballot)))
        return True

    Batches.cast = hasty  # type: ignore[method-assign]  # the control, in a process of its own
