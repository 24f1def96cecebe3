"""The bot's side of a picture: asks one child process, which is started when it is needed.

matplotlib costs a second and 60 MiB at its first import, so the bot never imports it. The child
knows no secret: it gets an empty environment and, for one picture, that picture's words.
"""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import ports
from bot.ports import NotDrawn, Panel

DRAWN_WITHIN = 20.0  #: seconds for one picture, the wait for those before it included
RESTS_AFTER = 60.0  #: seconds without a picture, then the child goes
REMEMBERED = 16  #: pictures: the same results in several spaces are drawn once
LARGEST = 8 * 2**20  #: bytes of an answer
LENGTH = 4  #: bytes before each message, big-endian
PNG = b"\x89PNG\r\n\x1a\n"
CHILD = (sys.executable, "-E", "-s", "-W", "ignore", "-m", "adapters.charts")
ENVIRONMENT = {"MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1"}  #: nothing to reckon
HOME = Path(__file__).resolve().parents[2]


class SubprocessCharts(ports.Charts):
    """Draws one picture at a time. Close it in the end, within the same event loop."""

    def __init__(
        self, child: Sequence[str] = CHILD, within: float = DRAWN_WITHIN, rests: float = RESTS_AFTER
    ) -> None:
        self._command, self._within, self._rests_after = child, within, rests
        self._alone = asyncio.Lock()
        self._child: Process | None = None
        self._resting: asyncio.Task[None] | None = None
        self._folder: TemporaryDirectory[str] | None = None
        self._drawn: OrderedDict[bytes, bytes] = OrderedDict()
        self._closed = False

    async def draw(self, panels: Sequence[Panel]) -> bytes:
        asked = json.dumps([asdict(one) for one in panels]).encode()
        try:
            async with asyncio.timeout(self._within), self._alone:
                if asked not in self._drawn:
                    self._drawn[asked] = await self._ask(asked)
                self._drawn.move_to_end(asked)
                if len(self._drawn) > REMEMBERED:
                    self._drawn.popitem(last=False)
                return self._drawn[asked]
        except (OSError, EOFError) as why:  # a TimeoutError is an OSError
            raise NotDrawn from why

    async def close(self) -> None:
        """End the child, also in the middle of a picture, and what it wrote."""
        self._closed = True
        _kill(self._child)
        async with self._alone:
            await self._end()
            if self._folder is not None:
                self._folder.cleanup()

    async def _ask(self, asked: bytes) -> bytes:
        """One question, one answer. Whatever goes wrong, the next one finds a fresh child."""
        if self._closed:
            raise NotDrawn
        self._stay()
        well = False
        try:
            child = self._child = self._child or await self._started()
            png = await _answer(child, asked)
            well = True
        finally:
            if not well:
                await self._end()
        self._resting = asyncio.create_task(self._rest())
        return png

    async def _started(self) -> Process:
        """``MPLCONFIGDIR``: what matplotlib writes, it writes in a folder that goes with us."""
        self._folder = self._folder or TemporaryDirectory(prefix="groundswell-charts-")
        return await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd=HOME,
            env=ENVIRONMENT | {"MPLCONFIGDIR": self._folder.name},
            start_new_session=True,  # Ctrl-C is for the bot, which ends its child itself
        )

    async def _rest(self) -> None:
        await asyncio.sleep(self._rests_after)
        async with self._alone:
            self._resting = None
            await self._end()

    def _stay(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None

    async def _end(self) -> None:
        """No child, no zombie and no open pipe is left. Only with ``_alone`` in hand."""
        self._stay()
        child, self._child = self._child, None
        if child is not None:
            _kill(child)
            await child.communicate()


async def _answer(child: Process, asked: bytes) -> bytes:
    """Raises NotDrawn where it is no picture, EOFError or OSError where the child has gone."""
    if child.stdin is None or child.stdout is None:
        raise NotDrawn
    child.stdin.write(len(asked).to_bytes(LENGTH) + asked)
    await child.stdin.drain()
    length = int.from_bytes(await child.stdout.readexactly(LENGTH))
    if length > LARGEST:
        raise NotDrawn
    png = await child.stdout.readexactly(length)
    if not png.startswith(PNG):
        raise NotDrawn
    return png


def _kill(child: Process | None) -> None:
    if child is not None and child.returncode is None:
        child.kill()
