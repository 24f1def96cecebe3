"""Slots: the fixed moments at which everything crosses between reporters and staff."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Slots:
    """The community's calendar of crossings: weekdays (0 is Monday) at one hour of its zone.

    One moment a day at most, so slots are at least 23 hours apart, 24 but for summer time.
    """

    zone: str = "UTC"
    weekdays: tuple[int, ...] = (0, 2, 4)
    at: time = time(9)

    def __post_init__(self) -> None:
        if not self.weekdays or not set(self.weekdays) <= set(range(7)):
            raise ValueError("slots need at least one weekday, each from 0 (Monday) to 6")
        ZoneInfo(self.zone)  # raises for a zone that does not exist

    def after(self, moment: datetime) -> datetime:
        """The first slot strictly after ``moment`` (both in UTC)."""
        return next(self._forward(moment))

    def upto(self, moment: datetime) -> datetime:
        """The last slot at or before ``moment``: what has crossed, crossed by then."""
        return next(self._backward(moment))

    def not_before(self, moment: datetime) -> datetime:
        """The first slot at or after ``moment``: expiries are rounded up to it."""
        last = self.upto(moment)
        return last if last == moment else self.after(moment)

    def opens_week(self, slot: datetime) -> bool:
        """Whether ``slot`` is the first of its week, Monday to Sunday in the community's zone."""
        before = self.upto(slot - timedelta(seconds=1))
        return self._week(before) != self._week(slot)

    def _week(self, moment: datetime) -> tuple[int, int]:
        return moment.astimezone(ZoneInfo(self.zone)).isocalendar()[:2]

    def _forward(self, moment: datetime) -> Iterator[datetime]:
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        while True:
            slot = on_the_wall(day, self.at, self.zone)
            if day.weekday() in self.weekdays and slot > moment:
                yield slot
            day += timedelta(days=1)

    def _backward(self, moment: datetime) -> Iterator[datetime]:
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        while True:
            slot = on_the_wall(day, self.at, self.zone)
            if day.weekday() in self.weekdays and slot <= moment:
                yield slot
            day -= timedelta(days=1)


def on_the_wall(day: date, at: time, zone: str) -> datetime:
    """The moment (UTC) at which the clock on the wall of ``zone`` shows ``at`` on ``day``.

    An hour that summer time skips is read with the offset from before the change, so it comes an
    hour later by that clock and never twice; of an hour that comes twice, the first is meant.
    """
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
