"""How fast we may speak in one place: about once a second in each channel, and not at all for as long
as Slack said. In memory alone; another process that is too fast is told so by Slack.
"""

from collections.abc import Callable
from datetime import timedelta

from bot.ports import Undelivered

BETWEEN = (
    1.0  #: seconds between two messages in one channel (docs.slack.dev/apis/web-api/rate-limits)
)
MOST_KEPT = 10_000


class Pace:
    """``elapsed``: seconds since some fixed moment."""

    def __init__(self, elapsed: Callable[[], float], between: float = BETWEEN) -> None:
        self._elapsed, self._between = elapsed, between
        self._free: dict[str, float] = {}

    def takes(self, channel: str) -> float:
        """One more is said there: seconds until its turn. Raises Undelivered where that is long."""
        now = self._elapsed()
        free = max(self._free.get(channel, 0.0), now)
        if free - now > 5 * self._between:
            raise Undelivered(timedelta(seconds=free - now))
        self._keep(channel, free + self._between)
        return free - now

    def holds(self, channel: str, wait: timedelta) -> None:
        """Slack wants silence there for so long."""
        self._keep(channel, self._elapsed() + wait.total_seconds())

    def _keep(self, channel: str, free: float) -> None:
        if len(self._free) >= MOST_KEPT:
            now = self._elapsed()
            self._free = {one: at for one, at in self._free.items() if at > now}
        self._free[channel] = free
