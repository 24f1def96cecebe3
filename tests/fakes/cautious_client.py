"""A client that neither hears nor answers a device without a signature: not ours, and not nio's.

matrix-js-sdk with its Rust crypto from npm, as ``cautious/package-lock.json`` has it to the byte; run
by the node that comes with Playwright. Where it cannot be fetched the tests that need it are skipped
with a loud sentence; with ``CI=true`` that is a failure.
"""

import asyncio
import fcntl
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import playwright
import pytest

from tests.fakes.postgres import missing
from tests.fakes.synapse import PASSWORD, Synapse

HERE = Path(__file__).parent / "cautious"
CACHE = Path(__file__).parents[2] / ".cache" / "cautious"
NODE = Path(playwright.__file__).parent / "driver" / "node"
WAITS = 60.0  #: seconds, for what is certain to come


class Cautious:
    """Somebody whose client it is, in a room with the bot. ``room``: its id."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process, self.room = process, ""

    async def tells(self) -> dict[str, Any]:
        """The next thing it has to tell."""
        assert self._process.stdout
        async with asyncio.timeout(WAITS):
            line = await self._process.stdout.readline()
        assert line, "it ended, and said why on stderr"
        told: dict[str, Any] = json.loads(line)
        return told

    async def says(self, words: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{words}\n".encode())
        await self._process.stdin.drain()
        assert await self.tells() == {"said": words}


@asynccontextmanager
async def cautious_on(
    synapse: Synapse, user: str, bot: str, config: pytest.Config
) -> AsyncIterator[Cautious]:
    """The client of ``user``, once the bot is in their room."""
    folder = _fetched(config)
    process = await asyncio.create_subprocess_exec(
        NODE,
        "--no-warnings",
        "client.mjs",
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdin
        known = {"url": synapse.url, "user": user, "password": PASSWORD, "bot": bot}
        process.stdin.write(json.dumps(known).encode() + b"\n")
        client = Cautious(process)
        client.room = (await client.tells())["room"]
        yield client
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def _fetched(config: pytest.Config) -> Path:
    """A folder with the client and all it needs."""
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with (CACHE.parent / "cautious.lock").open("w") as turn:  # one fetches it, others wait
        fcntl.flock(turn, fcntl.LOCK_EX)
        if any(
            not (CACHE / one.name).is_file() or (CACHE / one.name).read_bytes() != one.read_bytes()
            for one in HERE.iterdir()
        ):
            _fetch(config)
    return CACHE


def _fetch(config: pytest.Config) -> None:
    if shutil.which("npm") is None:
        missing("There is no npm to fetch matrix-js-sdk with", config)
    with TemporaryDirectory(dir=CACHE.parent) as beside:
        folder = Path(beside) / "cautious"
        shutil.copytree(HERE, folder)
        done = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            missing(f"npm could not fetch matrix-js-sdk: {done.stderr[-300:]}", config)
        shutil.rmtree(CACHE, ignore_errors=True)
        folder.rename(CACHE)
