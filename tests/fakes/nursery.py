"""The real program, many times: each is forked from one process that has loaded all of it.

What a start costs is mostly loading; from there on it is ``groundswell`` with its own words, folder
and environment. They are there to be killed, and those that are left die with the nursery.
"""

import gc
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from tests.fakes.installed import free_port

ROOT = Path(__file__).parents[2]
STARTS_WITHIN = 60.0
#: What a program imports on its way to being ready: once, before any is born.
LOADED = (
    *(f"adapters.{one}" for one in ("clock", "logs", "scheduler", "web", "matrix.app")),
    "adapters.sandbox.time",
    "bot.cli",
    "bot.running",
    "storage.schema",
)


@dataclass(frozen=True)
class Born:
    """One of them. ``said``: the file of what it says."""

    pid: int
    said: Path

    def address(self) -> str:
        """The first line that it says."""
        until = time.monotonic() + STARTS_WITHIN
        while not (said := self.said.read_text()).endswith("\n"):
            assert time.monotonic() < until, "it does not start"
            time.sleep(0.02)
        return said.splitlines()[0]

    def kill(self) -> None:
        """Gives once it is gone, with all that it held."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
            while True:
                os.kill(self.pid, 0)
                time.sleep(0.001)


class Nursery:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def bear(self, config: Path, *, hasty: bool = False) -> Born:
        """``groundswell run`` on these settings. ``hasty``: a worse one, as a control."""
        said = config.parent / f"said-{time.monotonic_ns()}"
        said.touch()
        life = {"config": str(config), "said": str(said), "port": free_port(), "hasty": hasty}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(life) + "\n")
        self._process.stdin.flush()
        return Born(int(self._process.stdout.readline()), said)


@contextmanager
def nursery() -> Iterator[Nursery]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.nursery"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Nursery(process)
    finally:
        process.communicate()


def _bear_each() -> None:
    for one in LOADED:
        import_module(one)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    born = []
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _live(**json.loads(line))
        born.append(child)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
    for child in born:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _live(config: str, said: str, port: int, hasty: bool) -> NoReturn:
    from bot import cli

    if hasty:
        _remember_before_it_is_handled()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.close(0)  # the nursery's own lines end with the nursery
    os.dup2(os.open(said, os.O_WRONLY), 1)
    os.chdir(Path(config).parent)
    os.environ["GROUNDSWELL_OPS__PORT"] = str(port)
    sys.argv = ["groundswell", "run", "--config", config]
    try:
        cli.main()
    except BaseException:  # noqa: BLE001 nobody lives on in the nursery's place
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(0)


def _remember_before_it_is_handled() -> None:
    """How far the homeserver was read is remembered at once, as stock clients do."""
    from adapters.matrix.queues import Queues

    put = Queues.put

    async def hastily(self: Any, token: str, parts: Any) -> None:
        await self._done(token)
        await put(self, token, parts)

    Queues.put = hastily  # type: ignore[method-assign]  # the control, in a process of its own


if __name__ == "__main__":
    _bear_each()
