"""When the program is to stop, and why: a signal, or a platform that gives up.

Stops nothing itself: the blocks around the wait then close in order, the databases last.
"""

import asyncio
import signal

from bot.starting import CannotStart


class Ending:
    """At Ctrl-C (130), at a service manager's stop (0), or when a platform gives up."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int | CannotStart] = self._loop.create_future()

    def heed_signals(self) -> None:
        """From now on, and before the address is told: somebody may stop us when they read it."""
        self._loop.add_signal_handler(signal.SIGINT, self._end, 130)
        self._loop.add_signal_handler(signal.SIGTERM, self._end, 0)

    def give_up(self, reason: CannotStart) -> None:
        """The first reason is the one that is told."""
        self._end(reason)

    async def code(self) -> int:
        """The exit code, once it comes. Raises CannotStart: a platform gave up."""
        ended = await self._ended
        if isinstance(ended, CannotStart):
            raise ended
        return ended

    def _end(self, how: int | CannotStart) -> None:
        if not self._ended.done():
            self._ended.set_result(how)
