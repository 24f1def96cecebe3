"""Rounds: configurations measured side by side, in short slices in shuffled order.

What a shared machine does meanwhile hits all of them alike; the median of the ratios within each
round is what is told. Rates alone are not told: they would not be the same tomorrow.
"""

import secrets
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

ROUNDS = 12


async def _ready() -> None:
    """Nothing to prepare."""


@dataclass(frozen=True)
class Slice:
    """``run`` does some operations and says how many; ``prepare`` goes before, untimed."""

    run: Callable[[], Awaitable[int]]
    prepare: Callable[[], Awaitable[None]] = _ready


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and of this process's CPU, for each operation."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Figure:
    """One line of the report. ``reached`` was decided by a goal set before anything was measured."""

    name: str
    value: str
    goal: str
    reached: bool

    def __str__(self) -> str:
        return f"{self.name}: {self.value} (goal {self.goal}): {'reached' if self.reached else 'short'}"


async def measured(slices: Mapping[str, Slice], rounds: int = ROUNDS) -> dict[str, list[Cost]]:
    """What each slice cost in each round."""
    found: dict[str, list[Cost]] = {name: [] for name in slices}
    for _ in range(rounds):
        order = list(slices)
        secrets.SystemRandom().shuffle(order)
        for name in order:
            found[name].append(await _timed(slices[name]))
    return found


def ratio(above: list[Cost], below: list[Cost]) -> float:
    """The median of the rounds' ratios, by the clock."""
    return statistics.median(a.wall / b.wall for a, b in zip(above, below, strict=True))


def micro(costs: list[Cost]) -> str:
    """The median CPU of one operation, in microseconds."""
    return f"{statistics.median(one.cpu for one in costs) * 1e6:.0f} us"


async def _timed(one: Slice) -> Cost:
    await one.prepare()
    wall, cpu = time.perf_counter(), time.process_time()
    done = await one.run()
    return Cost((time.perf_counter() - wall) / done, (time.process_time() - cpu) / done)
