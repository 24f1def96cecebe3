"""Rounds: configurations measured side by side, in short slices in shuffled order.

What a shared machine does meanwhile hits all of them alike; the median of the ratios within each
round is what is told. Rates alone are not told: they would not be the same tomorrow.
"""

import os
import secrets
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

#: Whether it is only tried that everything runs: the figures mean nothing then.
TRYING = bool(os.environ.get("TRY"))
ROUNDS = 2 if TRYING else 12
LESS = 100 if TRYING else 1  #: so many times less is stored


async def _ready() -> None:
    """Nothing to prepare."""


def _nobody() -> float:
    """No other process works for it."""
    return 0.0


@dataclass(frozen=True)
class Slice:
    """``run`` does some operations and says how many; ``prepare`` goes before, untimed."""

    run: Callable[[], Awaitable[int]]
    prepare: Callable[[], Awaitable[None]] = _ready


@dataclass(frozen=True)
class Cost:
    """Seconds for each operation: by the clock, of this process's CPU, and of that of others who
    worked for it, which is a database server."""

    wall: float
    cpu: float
    others: float


@dataclass(frozen=True)
class Figure:
    """One line of the report: ``name`` begins with its number. ``reached`` was decided by a goal set
    before anything was measured. ``why``: what a profile found that takes it, should it fall short;
    ``beyond``: of a send through an adapter, microseconds of CPU without what its library takes."""

    name: str
    value: str
    goal: str
    reached: bool
    why: str = ""
    beyond: float | None = None

    def __str__(self) -> str:
        return f"{self.name}: {self.value} (goal {self.goal}): {'reached' if self.reached else 'short'}"

    @property
    def number(self) -> int:
        """As the goals are numbered."""
        return int(self.name.split()[0])

    def row(self) -> str:
        """The same in a table of Markdown."""
        short = "" if self.reached else f". **Short**: {self.why or 'no profile tells why yet'}"
        return f"| {self.name} | {self.value}{short} | {self.goal} |"


async def measured(
    slices: Mapping[str, Slice], others: Callable[[], float] = _nobody, rounds: int = ROUNDS
) -> dict[str, list[Cost]]:
    """What each slice cost in each round. ``others``: the CPU that others have used so far."""
    found: dict[str, list[Cost]] = {name: [] for name in slices}
    for _ in range(rounds):
        order = list(slices)
        secrets.SystemRandom().shuffle(order)
        for name in order:
            found[name].append(await _timed(slices[name], others))
    return found


def ratio(above: list[Cost], below: list[Cost]) -> float:
    """The median of the rounds' ratios, by the clock."""
    return statistics.median(a.wall / b.wall for a, b in zip(above, below, strict=True))


def cpu_ratio(above: list[Cost], below: list[Cost]) -> float:
    """The same of CPU, all processes together: it does not see who waits for the disk."""
    pairs = zip(above, below, strict=True)
    return statistics.median((a.cpu + a.others) / (b.cpu + b.others) for a, b in pairs)


def beyond(above: list[Cost], below: list[Cost]) -> float:
    """The median of what the one takes more of others' CPU than the other, in microseconds."""
    pairs = zip(above, below, strict=True)
    return statistics.median(a.others - b.others for a, b in pairs) * 1e6


def micro(costs: list[Cost]) -> str:
    """The median CPU of one operation, ours and, where it was looked at, that of others, in
    microseconds."""
    own, others = ([getattr(one, name) * 1e6 for one in costs] for name in ("cpu", "others"))
    beside = f" + {statistics.median(others):.0f}" if any(others) else ""
    return f"{statistics.median(own):.0f}{beside} us"


async def _timed(one: Slice, others: Callable[[], float]) -> Cost:
    await one.prepare()
    beside = others()
    wall, cpu = time.perf_counter(), time.process_time()
    done = await one.run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Cost(wall / done, cpu / done, (others() - beside) / done)
