"""All figures in one run: ``make bench``. Prints a line each; exit code 1 when one falls short."""

import asyncio
import platform
import sys
import tempfile
from pathlib import Path

import typer

from tests.benchmarks import ticks
from tests.fakes.postgres import Postgres

#: The disk is waited for, as where it matters.
CAREFUL = ("fsync = on", "synchronous_commit = on", "max_connections = 50")


async def main() -> int:
    server, short = Postgres(CAREFUL), 0
    typer.echo(
        f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}"
    )
    try:
        with tempfile.TemporaryDirectory() as folder:
            async for figure in ticks.figures(server, Path(folder)):
                typer.echo(figure)
                short += not figure.reached
    finally:
        server.end()
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
