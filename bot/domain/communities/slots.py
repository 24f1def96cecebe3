"""Slots: the fixed moments at which everything crosses between reporters and staff."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

APART = timedelta(hours=23)  #: a day, but for summer time


@dataclass(frozen=True, slots=True)
class Slots:
    """The community's calendar of crossings: weekdays (0 is Monday) at one hour of its zone.

    One moment a day at most, so slots are at least 23 hours apart, 24 but for summer time.

    ``bridge``: of the calendar before this one its last slot that came, and the next, which people
    were told: it still comes, nothing comes in between, and this calendar begins a day behind it.
    So no date that anybody was told gets later, and nobody crosses alone at two slots in a row.
    """

    zone: str = "UTC"
    weekdays: tuple[int, ...] = (0, 2, 4)
    at: time = time(9)
    bridge: tuple[datetime, datetime] | None = None

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

    def since(self, before: "Slots", now: datetime) -> "Slots":
        """This calendar, as it follows another from ``now`` on."""
        if self.same_as(before):
            return before
        return replace(self, bridge=(before.upto(now), before.after(now)))

    def same_as(self, other: "Slots") -> bool:
        """Whether both have the same days, hour and zone, whatever was before."""
        return replace(self, bridge=None) == replace(other, bridge=None)

    def _forward(self, moment: datetime) -> Iterator[datetime]:
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        bridge = [slot for slot in self.bridge or () if slot > moment]
        while True:
            slot = on_the_wall(day, self.at, self.zone)
            while bridge and bridge[0] <= slot:
                yield bridge.pop(0)
            if day.weekday() in self.weekdays and slot > moment and self._comes(slot):
                yield slot
            day += timedelta(days=1)

    def _backward(self, moment: datetime) -> Iterator[datetime]:
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        bridge = [slot for slot in self.bridge or () if slot <= moment]
        while True:
            slot = on_the_wall(day, self.at, self.zone)
            while bridge and bridge[-1] >= slot:
                yield bridge.pop()
            if day.weekday() in self.weekdays and slot <= moment and self._comes(slot):
                yield slot
            day -= timedelta(days=1)

    def _comes(self, slot: datetime) -> bool:
        """Whether a moment of this calendar is a slot of its own."""
        return self.bridge is None or slot < self.bridge[0] or slot >= self.bridge[1] + APART


def on_the_wall(day: date, at: time, zone: str) -> datetime:
    """The moment (UTC) at which the clock on the wall of ``zone`` shows ``at`` on ``day``.

    An hour that summer time skips is read with the offset from before the change, so it comes an
    hour later by that clock and never twice; of an hour that comes twice, the first is meant.
    """
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
