"""The sandbox's clock, moved by hand: forward, through every due moment on the way.

It tells which moments came, by time and kind alone, the same to whoever moves it: never how much
happened at one, nor to whom.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

from bot import ports
from bot.ports import Due, Tick

CLOCK = "clock.json"  #: in the data folder: how far the clock was moved
FURTHEST = timedelta(days=800)
#: Moments due together happen in this order. Other kinds are stopped at on the way.
ORDER = ("close", "slot", "deadline", "digest")
#: Which kinds are told of once they came; what a case is looked at for, or whom a notice reaches,
#: is nobody's to know.
TOLD = (*ORDER, "duty")

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


class BadMove(Exception):
    """The clock cannot be moved like that; says why."""


def duration(text: str) -> timedelta:
    """An ISO 8601 duration of weeks, days and time: ``PT1H``, ``P1D``, ``P7D``."""
    found = _DURATION.fullmatch(text)
    parts = {unit: int(n) for unit, n in found.groupdict().items() if n} if found else {}
    if not parts or max(parts.values()) > 10_000_000:
        raise BadMove("advance takes an ISO 8601 duration like PT1H, P1D or P7D.")
    if timedelta(**parts) > FURTHEST:
        raise BadMove(f"The clock moves at most {FURTHEST.days} days at once.")
    return timedelta(**parts)


class MovedClock(ports.Clock):
    """Runs as the machine's does, some way off it; the way is kept in a file.

    While the clock is being moved through what is due it stands still, so that each moment is
    exactly the one that was promised.
    """

    def __init__(self, real: ports.Clock, kept: Path) -> None:
        self._real, self._kept = real, kept
        self._offset = timedelta(0)
        self._held: datetime | None = None
        if kept.exists():
            self._offset = timedelta(seconds=json.loads(kept.read_text())["offset_seconds"])

    def now(self) -> datetime:
        return self._held or self._real.now() + self._offset

    def elapsed(self) -> float:
        return self._real.elapsed()

    def real(self) -> datetime:
        """The machine's own time."""
        return self._real.now()

    def hold(self, at: datetime) -> None:
        """Stand still at ``at``."""
        self._held = at

    def run_from(self, at: datetime) -> None:
        """Go on from ``at``, and remember how far that is from the machine's time."""
        self._held = None
        self._offset = at - self._real.now()
        written = self._kept.with_suffix(".new")
        written.write_text(json.dumps({"offset_seconds": self._offset.total_seconds()}) + "\n")
        written.replace(self._kept)


class SandboxTime:
    """Two tickers ask it: what the clock does never waits for what is being said. Whoever moves
    the clock has both to themselves, one after the other at each moment."""

    def __init__(
        self,
        clock: MovedClock,
        beat: Tick,
        deliver: Tick,
        coming: Callable[[], Awaitable[list[Due]]],
    ) -> None:
        self._clock, self._beat, self._deliver, self._coming = clock, beat, deliver, coming
        self._moving, self._delivering = asyncio.Lock(), asyncio.Lock()

    async def due(self) -> list[Due]:
        """What comes next, of each kind that can be moved to, soonest first."""
        dues = [due for due in await self._coming() if due.what in ORDER]
        return sorted(dues, key=lambda due: (due.at, ORDER.index(due.what)))

    async def beat(self) -> None:
        """What the clock brings, unless it is being moved: then the mover asks."""
        if not self._moving.locked():
            async with self._moving:
                await self._beat()

    async def deliver(self) -> None:
        """What is to be said, unless somebody is saying it, or the clock is being moved."""
        if not self._delivering.locked():
            async with self._delivering:
                await self._deliver()

    async def advance(self, by: timedelta) -> list[Due]:
        """Moves on by so much; gives what came on the way."""
        async with self._moving, self._delivering:
            return await self._move_to(self._clock.now() + by)

    async def forward_to(self, moment: datetime) -> None:
        """To that moment, if it lies ahead."""
        async with self._moving, self._delivering:
            if self._clock.now() < moment:
                await self._move_to(moment)

    async def to_the_present(self) -> None:
        """To the machine's own time, if that lies ahead: a story cut short ends now, too."""
        await self.forward_to(self._clock.real())

    async def until(self, what: str) -> list[Due]:
        """To the next moment of a kind; stays where it is when there is none. Gives what came."""
        if what not in ORDER:
            raise BadMove(f"until takes one of {', '.join(ORDER)}.")
        async with self._moving, self._delivering:
            for due in await self.due():
                if due.what == what:
                    return await self._move_to(due.at)
        return []

    async def _move_to(self, target: datetime) -> list[Due]:
        at, came = self._clock.now(), list[Due]()
        try:
            while found := await self._next(at, target):
                at, came = found[0].at, came + found
                await self._stop_at(at)
            at = target
            await self._stop_at(target)
        finally:
            self._clock.run_from(at)
        told = [due for due in came if due.what in TOLD]
        return sorted(told, key=lambda due: (due.at, TOLD.index(due.what)))

    async def _stop_at(self, moment: datetime) -> None:
        self._clock.hold(moment)
        await self._beat()
        await self._deliver()

    async def _next(self, after: datetime, target: datetime) -> list[Due]:
        """All that is due at the first moment behind ``after``, up to the target."""
        dues = [due for due in await self._coming() if after < due.at <= target]
        first = min((due.at for due in dues), default=target)
        return [due for due in dues if due.at == first]
