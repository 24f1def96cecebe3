"""The ticker: APScheduler with one interval trigger and no stored jobs.

It only asks, again and again, what is due; being asked twice is harmless, since every effect is
claimed in the ledger (reliability: its own job store fired twice and dropped what came late).
"""

import asyncio

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.ports import Tick


class Ticker:
    def __init__(self, tick: Tick, seconds: float) -> None:
        self._tick, self._at_work = tick, asyncio.Lock()
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._scheduler.add_job(
            self._once,
            IntervalTrigger(seconds=seconds, timezone="UTC"),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    def start(self) -> None:
        self._scheduler.start()

    async def stop(self) -> None:
        """Let a tick that is under way finish. Also before the start, when something else failed."""
        if self._scheduler.running:
            self._scheduler.pause()
            async with self._at_work:
                self._scheduler.shutdown(wait=False)

    async def _once(self) -> None:
        async with self._at_work:
            await self._tick()
