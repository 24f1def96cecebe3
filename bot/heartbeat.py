"""The table of what is asked when. Due work is a question to our own tables, never a stored job.

Each beat may be asked by any number of processes at any time: what it does it claims in the
ledger, in the transaction of its effect.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.ports import Log, Noted


@dataclass(frozen=True, slots=True)
class Beat:
    """Something to be asked at every tick, under a name for the log."""

    name: str
    ask: Callable[[], Awaitable[None]]


class Heartbeat:
    def __init__(self, beats: Sequence[Beat], log: Log) -> None:
        self._beats, self._log = beats, log

    async def tick(self) -> None:
        """Ask every beat in order. One that fails does not stop the others."""
        for beat in self._beats:
            try:
                await beat.ask()
            except Exception as bug:
                self._log.note(Noted.BUG, kind=type(bug).__name__, place=beat.name)
