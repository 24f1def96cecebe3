"""The sandbox's clock stops wherever something is due, and tells people of four kinds alone."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from adapters.sandbox.time import MovedClock, SandboxTime
from bot.ports import Due
from tests.fakes.world import MONDAY, HandClock

HOUR = timedelta(hours=1)


@dataclass
class Calendar:
    """What is to come; a failed notice is tried again half a minute later."""

    clock: MovedClock
    dues: list[Due]
    stops: list[datetime] = field(default_factory=list)
    fails: int = 0
    asked: list[str] = field(default_factory=list)
    hold: asyncio.Event | None = None

    async def coming(self) -> list[Due]:
        return [one for one in self.dues if one.at > self.clock.now()]

    async def tick(self) -> None:
        self.stops.append(self.clock.now())
        self.asked.append("tick")

    async def deliver(self) -> None:
        self.asked.append("deliver")
        if self.hold:
            await self.hold.wait()
        now = self.clock.now()
        if self.fails and any(one.what == "notice" and one.at == now for one in self.dues):
            self.fails -= 1
            self.dues.append(Due(now + timedelta(seconds=30), "notice"))


def calendar(folder: Path, *dues: tuple[int, str]) -> tuple[SandboxTime, Calendar]:
    clock = MovedClock(HandClock(), folder / "clock.json")
    made = Calendar(clock, [Due(MONDAY + hours * HOUR, what) for hours, what in dues])
    return SandboxTime(clock, made.tick, made.deliver, made.coming), made


async def test_it_stops_where_something_may_be_said_and_nobody_is_told_so(tmp_path: Path) -> None:
    """Quiet hours end in the middle of the way: the notice comes then, not at the end."""
    time, seen = calendar(tmp_path, (1, "notice"), (2, "slot"), (3, "duty"), (4, "look"))
    assert [due.what for due in await time.due()] == ["slot"]
    await time.advance(5 * HOUR)
    assert seen.stops == [MONDAY + n * HOUR for n in (1, 2, 3, 4, 5)]


async def test_what_fails_on_the_way_is_tried_again_on_the_way(tmp_path: Path) -> None:
    time, seen = calendar(tmp_path, (1, "notice"))
    seen.fails = 2
    await time.advance(2 * HOUR)
    half = timedelta(seconds=30)
    assert seen.stops == [MONDAY + HOUR + n * half for n in (0, 1, 2)] + [MONDAY + 2 * HOUR]


async def test_what_nobody_is_told_of_cannot_be_asked_for(tmp_path: Path) -> None:
    time, seen = calendar(tmp_path, (1, "notice"), (3, "slot"))
    await time.until("slot")
    assert dict.fromkeys(seen.stops) == dict.fromkeys([MONDAY + HOUR, MONDAY + 3 * HOUR])
    assert seen.clock.now() == MONDAY + 3 * HOUR


async def test_what_is_being_said_for_long_does_not_stop_the_clocks_work(tmp_path: Path) -> None:
    """A platform hangs: slots happen all the same."""
    time, seen = calendar(tmp_path, (1, "slot"))
    seen.hold = asyncio.Event()
    saying = asyncio.create_task(time.deliver())
    await asyncio.sleep(0)
    await time.beat()
    await time.deliver()  # somebody is at it
    await time.beat()
    assert seen.asked == ["deliver", "tick", "tick"]
    seen.hold.set()
    await saying
    await time.deliver()
    assert seen.asked == ["deliver", "tick", "tick", "deliver"]


async def test_whoever_moves_the_clock_waits_for_what_is_being_said_and_asks_both_in_turn(
    tmp_path: Path,
) -> None:
    time, seen = calendar(tmp_path, (1, "slot"))
    seen.hold = asyncio.Event()
    saying = asyncio.create_task(time.deliver())
    await asyncio.sleep(0)
    moving = asyncio.create_task(time.until("slot"))
    await asyncio.sleep(0.02)
    assert seen.asked == ["deliver"]
    seen.hold.set()
    await asyncio.gather(saying, moving)
    assert seen.asked == ["deliver", *("tick", "deliver") * (len(seen.asked) // 2)]
    assert seen.clock.now() == MONDAY + HOUR
