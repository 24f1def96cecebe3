"""All figures in one run: ``make bench``. ``ONLY="slack sqlite"`` measures these alone, ``TRY=1`` in
two rounds, to see that everything runs.

Prints a line each as it is found, and in the end what was reached, what fell short and why, with a
table for the README. Exit code 1 when one falls short or could not be measured.
"""

import asyncio
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer

from tests.benchmarks import (
    ballots,
    digests,
    discord,
    matrix,
    memory,
    slack,
    sqlite,
    starting,
    ticks,
)
from tests.benchmarks.rounds import TRYING, Figure
from tests.fakes.postgres import Postgres

#: The disk is waited for, as where it matters.
CAREFUL = ("fsync = on", "synchronous_commit = on", "max_connections = 100")
PARTS = {
    "ticks": ticks,
    "ballots": ballots,
    "digests": digests,
    "slack": slack,
    "discord": discord,
    "matrix": matrix,
    "sqlite": sqlite,
    "starting": starting,
    "memory": memory,
}
NUMBERS = range(1, 11)
SPREAD = 2.0  #: between the adapters of figure 2


async def main(names: Sequence[str]) -> int:
    began, found, failed = time.monotonic(), list[Figure](), list[str]()
    with tempfile.TemporaryDirectory() as folder:
        where = f"{_machine()}; {_disk(Path(folder))}"
        typer.echo(where)
        for name in names:
            (Path(folder) / name).mkdir()
            try:
                await _measure(name, Path(folder) / name, found)
            except (AssertionError, LookupError, OSError, ValueError) as wrong:
                failed.append(f"{name}: {type(wrong).__name__} {str(wrong)[:500]}")
                typer.echo(f"NOT MEASURED {failed[-1]}")
    if len(apart := [one.beyond for one in found if one.beyond]) > 2:
        found.append(_spread(apart))
        typer.echo(found[-1])
    _sum_up(found, failed, where, time.monotonic() - began)
    return 0 if all(one.reached for one in found) and not failed else 1


async def _measure(name: str, folder: Path, found: list[Figure]) -> None:
    """With a database server of its own: what one has left does not slow the next one down."""
    server = Postgres(CAREFUL)
    try:
        async for figure in PARTS[name].figures(server, folder):
            typer.echo(figure)
            found.append(figure)
    finally:
        server.end()


def _spread(apart: list[float]) -> Figure:
    times = max(apart) / min(apart)
    return Figure(
        "2 CPU of a send beyond the platform's library: the dearest adapter, against the cheapest",
        f"{times:.2f} times ({min(apart):.0f} to {max(apart):.0f} us)",
        f"<= {SPREAD:.0f}",
        times <= SPREAD,
    )


def _sum_up(found: list[Figure], failed: list[str], where: str, seconds: float) -> None:
    """Everything in a few words, and the table."""
    short = [one for one in found if not one.reached]
    missing = [str(n) for n in NUMBERS if n not in {one.number for one in found}]
    say = typer.echo
    if TRYING:
        say("\nTRIED ONLY, in two rounds: these are no figures.")
    say(f"\nMeasured in {seconds / 60:.0f} minutes: {len(found)} lines on the ten figures.")
    say(f"{len(found) - len(short)} reached their goal, {len(short)} fell short.")
    for one in short:
        say(
            f"Short: {one.name}: {one.value} (goal {one.goal}). Why: {one.why or 'not profiled yet'}."
        )
    for wrong in failed:
        say(f"Not measured: {wrong}")
    if missing:
        say(f"No line on figure {', '.join(missing)}.")
    say("\nFor README.md:\n")
    say(f"Last run on {where}.\n\n| figure | measured | goal |\n|---|---|---|")
    for one in sorted(found, key=lambda one: one.number):
        say(one.row())


def _machine() -> str:
    """The day, and what it was measured on."""
    today = datetime.now(UTC)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    cores = len(os.sched_getaffinity(0))
    return f"{today.day} {today:%B %Y}, {platform.machine()}, {cores} cores, {python}"


def _disk(folder: Path) -> str:
    """What the databases lie on, beside this folder; what waits for it depends on its flush."""
    asked = ["stat", "-f", "-c", "%T", folder]
    kind = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    if kind in ("tmpfs", "ramfs"):
        return f"databases in memory ({kind}): nothing waits for a disk; set TMPDIR to one"
    with (folder / "flushed").open("wb") as file:
        flushes = statistics.median([_flush(file.fileno()) for _ in range(50)])
    return f"PostgreSQL and SQLite on a disk ({kind}) that flushes in {flushes * 1000:.2f} ms"


def _flush(file: int) -> float:
    os.write(file, bytes(8192))
    before = time.perf_counter()
    os.fdatasync(file)
    return time.perf_counter() - before


if __name__ == "__main__":
    sys.exit(asyncio.run(main(os.environ.get("ONLY", "").split() or list(PARTS))))
