"""The ticker: APScheduler with one interval trigger and no stored jobs.

It only asks, again and again, what is due; being asked twice is harmless, since every effect is
claimed in the ledger (reliability: its own job store fired twice and dropped what came late).
"""

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.ports import Tick


class Ticker:
    def __init__(self, tick: Tick, seconds: float) -> None:
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._scheduler.add_job(
            tick,
            IntervalTrigger(seconds=seconds, timezone="UTC"),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        """Also before it was started: the start of something else may have failed."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
