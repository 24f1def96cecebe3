"""``groundswell`` as it is, with an ear on it: at SIGUSR1 it writes down what it has under way.

Told so it also breaks its own promises (``plants``), by which proofs show that they would notice.
"""

import asyncio
import gc
import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

LATE = 0.5  #: seconds by which the planted commit comes after its answer


def weigh(file: Path) -> None:
    """Tasks of the loop, and open files, to ``file``: whole, or not at all."""
    gc.collect()
    loop = asyncio.get_running_loop()
    told = {"tasks": len(asyncio.all_tasks(loop)), "files": len(os.listdir("/proc/self/fd"))}
    new = file.with_suffix(".new")
    new.write_text(json.dumps(told))
    new.rename(file)


# What is planted -------------------------------------------------------------------------------


def early() -> None:
    """A case is said to be kept before the commit that keeps it."""
    from storage.grievances import SqlGrievances
    from storage.lines import OnLine

    ends, files, later = OnLine.__aexit__, SqlGrievances.file, set[asyncio.Task[None]]()
    filing = set[int]()

    async def file(self: SqlGrievances, *of: Any, **more: Any) -> Any:
        filing.add(id(self._connection))
        return await files(self, *of, **more)

    async def ends_later(self: OnLine, *of: Any) -> None:
        if id(self._line) not in filing:
            return await ends(self, *of)
        filing.discard(id(self._line))

        async def late() -> None:
            await asyncio.sleep(LATE)
            await ends(self, *of)

        task = asyncio.create_task(late())
        later.add(task)
        task.add_done_callback(lambda one: (later.discard(one), one.exception()))
        return None

    async def never(self: SqlGrievances, *of: Any) -> bool:
        return False  # then it is filed in a transaction that ends when it is told to

    SqlGrievances.hold_and_file = never  # type: ignore[method-assign]  # the plant
    SqlGrievances.file = file  # type: ignore[method-assign]  # likewise
    OnLine.__aexit__ = ends_later  # type: ignore[method-assign]  # likewise


def again() -> None:
    """What may have been said on Slack is said again."""
    from adapters.slack.post import SlackPost

    SlackPost.remembers = timedelta.max


def another() -> None:
    """What may have been said on Matrix is said again under another id."""
    from adapters.matrix.sending import Sending

    say, said = Sending.say, list[tuple[str, str]]()

    async def says(self: Sending, room: str, content: Any, txn: str, **how: Any) -> str:
        said.append((room, txn))
        return await say(self, room, content, txn + "x" * (said.count((room, txn)) - 1), **how)

    Sending.say = says  # type: ignore[method-assign]  # the plant


def silent() -> None:
    """The clock comes back to no case."""
    from bot.services.privacy import sealing

    sealing.next_deeds = lambda *_: None


def leaks() -> None:
    """With every round of the postman something stays: a task, an open file, a mebibyte."""
    from bot.postman import Postman

    drain, kept = Postman.drain, list[Any]()

    async def drains(self: Postman) -> None:
        kept.append(asyncio.create_task(asyncio.Event().wait()))
        kept.append(os.open("/dev/null", os.O_RDONLY))
        kept.append(os.urandom(2**20))
        await drain(self)

    Postman.drain = drains  # type: ignore[method-assign]  # the plant


PLANTS: dict[str, Callable[[], None]] = {
    "early": early,
    "again": again,
    "silent": silent,
    "another": another,
    "leaks": leaks,
}


def live(file: str, plants: str, *words: str) -> None:
    from adapters.sandbox import town
    from bot.cli import main

    town.REMEMBERED = 50  # a room of the sandbox is full soon, and stays as full from then on

    for one in plants.split(",") if plants else ():
        PLANTS[one]()
    signal.signal(signal.SIGUSR1, lambda *_: weigh(Path(file)))
    sys.argv = ["groundswell", *words]
    main()


if __name__ == "__main__":
    live(*sys.argv[1:])
