"""All figures in one run: ``make bench``. Prints a line each; exit code 1 when one falls short."""

import asyncio
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import typer

from tests.benchmarks import ballots, digests, discord, matrix, slack, starting, ticks
from tests.fakes.postgres import Postgres

#: The disk is waited for, as where it matters.
CAREFUL = ("fsync = on", "synchronous_commit = on", "max_connections = 100")


async def main() -> int:
    server, short = Postgres(CAREFUL), 0
    typer.echo(
        f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}"
    )
    try:
        with tempfile.TemporaryDirectory() as folder:
            typer.echo(_disk(Path(folder)))
            for one in (ticks, ballots, digests, slack, discord, matrix, starting):
                async for figure in one.figures(server, Path(folder)):
                    typer.echo(figure)
                    short += not figure.reached
    finally:
        server.end()
    return 1 if short else 0


def _disk(folder: Path) -> str:
    """What the databases lie on, beside this folder; what waits for it depends on its flush."""
    asked = ["stat", "-f", "-c", "%T", folder]
    kind = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    if kind in ("tmpfs", "ramfs"):
        return f"{folder.parent} is memory ({kind}): nothing waits for a disk; set TMPDIR to one"
    with (folder / "flushed").open("wb") as file:
        flushes = statistics.median([_flush(file.fileno()) for _ in range(50)])
    return f"{folder.parent} is a disk ({kind}) that flushes in {flushes * 1000:.2f} ms"


def _flush(file: int) -> float:
    os.write(file, bytes(8192))
    before = time.perf_counter()
    os.fdatasync(file)
    return time.perf_counter() - before


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
