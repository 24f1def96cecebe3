"""The calendar and the stopwatch of this machine: the only place that asks what time it is."""

import time
from datetime import UTC, datetime

from bot import ports


class SystemClock(ports.Clock):
    def now(self) -> datetime:
        return datetime.now(UTC)

    def elapsed(self) -> float:
        return time.monotonic()
