"""The bot under mixed load for a long time: ``make soak``. What it holds at the start and at the end is
told; exit code 1 when anything grew.

The load stays what it is: as many cases are deleted as are filed, for a list of what is open takes what
it takes to open that. Memory may grow by a twentieth after a warm-up; tasks, open files and connections only by the few that a
pool may still take. The least of the first third is compared with the least of the last, so that what is
under way just then does not count. To warm up takes long: each connection keeps its own statements.
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
from tests.fakes.stormy import stormy
from tests.fakes.weather import Weather

MEMORY = 1.05  #: times as much as after the warm-up
FEW = 4  #: of all else so many more: pools of connections fill when many come at once, up to their size
WARM_UP = 0.4  #: the part of the time in which every connection learns its statements
MANY, AT_ONCE = 200, 80  #: deeds in a round, and at a time: while it warms up
DEEDS, TOGETHER = 40, 20  #: and later

Weighed = Mapping[str, int]


async def warm_up(people: Deeds, seconds: float) -> None:
    """So many at a time that all connections are opened and used."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        await people.round(MANY, AT_ONCE)
        await people.tidies()


async def weighed(people: Deeds, seconds: float, deeds: int = DEEDS) -> AsyncIterator[Weighed]:
    """After each round of mixed load: memory (KiB), tasks, files and connections, when nothing is to do."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        await people.round(deeds, TOGETHER)
        await people.tidies()
        yield await people.one.weigh()
    assert not people.wrong, people.wrong


def grown(found: Sequence[Weighed]) -> dict[str, tuple[int, int]]:
    """Of each figure what it was at first, and what it is in the end, where that is too much."""
    return {
        what: (start, end)
        for what, (start, end) in figures(found).items()
        if end > (start * MEMORY if what == "memory" else start + FEW)
    }


def figures(found: Sequence[Weighed]) -> dict[str, tuple[int, int]]:
    """The least of each in the first third, and in the last."""
    third = max(len(found) // 3, 1)
    first, last = found[:third], found[-third:]
    return {w: (min(one[w] for one in first), min(one[w] for one in last)) for w in found[0]}


async def main(minutes: float) -> int:
    server = Postgres()
    try:
        with tempfile.TemporaryDirectory() as folder:
            how = {"begin": subprocess.Popen, "calm": True}
            async with stormy(server, Path(folder), Weather(1), **how) as one:
                people, found = Deeds(one, random.Random(1)), list[Weighed]()  # noqa: S311 a load
                await warm_up(people, minutes * 60 * WARM_UP)
                warm = people.done.total()
                async for told in weighed(people, minutes * 60 * (1 - WARM_UP)):
                    found.append(told)
                    typer.echo(f"{people.done.total()} deeds: {told}", err=True)
                assert await one.stop() == 0
                assert one.bugs() == []
    finally:
        server.end()
    typer.echo(f"{minutes:g} minutes: {warm} deeds to warm up, and {people.done.total() - warm}")
    too_much = grown(found)
    for what, (start, end) in figures(found).items():
        typer.echo(f"{what:<12} {start:>8} {end:>8}  {'grows' if what in too_much else 'holds'}")
    return 1 if too_much else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(float(os.environ.get("MINUTES", "10")))))
