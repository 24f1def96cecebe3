"""The bot under mixed load for a long time: ``make soak``. What it holds at the start and at the end is
told; exit code 1 when anything grew.

Memory may grow by a twentieth after a warm-up; tasks, open files and connections only by the few that a
pool may still take. The least of a third of the time is compared with the least of the last third, so
that what is under way just then does not count.
"""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import typer

from tests.fakes.deeds import Deeds
from tests.fakes.postgres import Postgres
from tests.fakes.stormy import Stormy, stormy
from tests.fakes.weather import Weather

MEMORY = 1.05  #: times as much as after the warm-up
FEW = 4  #: of all else so many more: pools of connections fill when many come at once, up to their size
WARM_UP = 0.2  #: the part of the time in which all is loaded and compiled for the first time
DEEDS, TOGETHER = 40, 20  #: in a round, and at a time

Weighed = Mapping[str, int]


async def weighed(one: Stormy, seconds: float, deeds: int = DEEDS) -> AsyncIterator[Weighed]:
    """After each round of mixed load: memory (KiB), tasks, files and connections, when nothing is to do."""
    people, ends = Deeds(one, random.Random(1)), time.monotonic() + seconds  # noqa: S311 a load
    while time.monotonic() < ends:
        await people.round(deeds, TOGETHER)
        people.forgets()
        yield await one.weigh()
    assert not people.wrong, people.wrong


def grown(found: Sequence[Weighed]) -> dict[str, tuple[int, int]]:
    """Of each figure what it was after the warm-up, and what it is in the end, where that is too much."""
    return {
        what: (start, end)
        for what, (start, end) in figures(found).items()
        if end > (start * MEMORY if what == "memory" else start + FEW)
    }


def figures(found: Sequence[Weighed]) -> dict[str, tuple[int, int]]:
    """The least of each in the third after the warm-up, and in the last."""
    after = found[int(len(found) * WARM_UP) :]
    third = max(len(after) // 3, 1)
    first, last = after[:third], after[-third:]
    return {w: (min(one[w] for one in first), min(one[w] for one in last)) for w in found[0]}


async def main(minutes: float) -> int:
    server = Postgres()
    try:
        with tempfile.TemporaryDirectory() as folder:
            how = {"begin": subprocess.Popen, "calm": True}
            async with stormy(server, Path(folder), Weather(1), **how) as one:
                found = []
                async for told in weighed(one, minutes * 60):
                    found.append(told)
                    typer.echo(f"{len(found) * DEEDS} deeds: {told}", err=True)
                assert await one.stop() == 0
                assert one.bugs() == []
    finally:
        server.end()
    typer.echo(f"{minutes:g} minutes, {len(found)} rounds of {DEEDS} deeds")
    too_much = grown(found)
    for what, (start, end) in figures(found).items():
        typer.echo(f"{what:<12} {start:>8} {end:>8}  {'grows' if what in too_much else 'holds'}")
    return 1 if too_much else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(float(os.environ.get("MINUTES", "10")))))
