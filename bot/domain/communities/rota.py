"""The rota: who hears cases, week by week, and what people changed about it.

A week begins at the handover. The order goes round; what was changed since (on, off, away) lies
over it. What nobody covers, all reps hear.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.domain.communities.slots import on_the_wall
from bot.domain.communities.staff import StaffId

WEEK = timedelta(days=7)
FURTHEST = timedelta(days=366)  #: how far ahead, and how long, a change may reach
_FIRST_MONDAY = date(2024, 1, 1)  #: weeks are counted from here, so that the order goes on for ever

Span = tuple[datetime, datetime]  #: from, until before; in UTC


class Lies(StrEnum):
    """How a change lies over the rota."""

    ON = "on"
    OFF = "off"
    AWAY = "away"
    OFFERED = "offered"  #: still theirs, until somebody takes it


@dataclass(frozen=True, slots=True)
class Change:
    """Something a rep changed about their own duty. ``id``: random, carried by an offer's buttons."""

    id: str
    staff: StaffId
    lies: Lies
    begins: datetime
    ends: datetime

    def covers(self, at: datetime) -> bool:
        return self.begins <= at < self.ends


@dataclass(frozen=True, slots=True)
class Rota:
    """``order``: who has the weeks, one after another; each begins on ``weekday`` (0 is Monday) at
    ``at`` by the clock of ``zone``."""

    order: tuple[StaffId, ...] = ()
    weekday: int = 0
    at: time = time(9)
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if self.weekday not in range(7):
            raise ValueError("a handover is on a weekday, from 0 (Monday) to 6")
        ZoneInfo(self.zone)  # raises for a zone that does not exist

    def week(self, moment: datetime) -> Span:
        """The week ``moment`` lies in, from handover to handover."""
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        monday = day - timedelta(days=(day.weekday() - self.weekday) % 7)
        if self._handover(monday) > moment:
            monday -= WEEK
        return self._handover(monday), self._handover(monday + WEEK)

    def handover_after(self, moment: datetime) -> datetime:
        return self.week(moment)[1]

    def whose(self, moment: datetime) -> StaffId | None:
        """Who has this week by the order alone."""
        if not self.order:
            return None
        begins = self.week(moment)[0].astimezone(ZoneInfo(self.zone)).date()
        return self.order[(begins - _FIRST_MONDAY).days // 7 % len(self.order)]

    def on_duty(self, changes: Iterable[Change], at: datetime) -> frozenset[StaffId]:
        """Who is on duty at a moment, whoever they may be."""
        over = [one for one in changes if one.covers(at)]
        whose = self.whose(at)
        there = {one.staff for one in over if one.lies is Lies.ON} | ({whose} if whose else set())
        gone = {one.staff for one in over if one.lies in (Lies.OFF, Lies.AWAY)}
        return frozenset(there - gone)

    def spans(
        self, changes: tuple[Change, ...], who: StaffId, begins: datetime, ends: datetime
    ) -> list[Span]:
        """When between the two moments ``who`` is on duty, in order."""
        found: list[Span] = []
        for start, end in self._pieces(changes, begins, ends):
            if who not in self.on_duty(changes, start):
                continue
            if found and found[-1][1] == start:
                found[-1] = (found[-1][0], end)
            else:
                found.append((start, end))
        return found

    def next_span(self, changes: tuple[Change, ...], who: StaffId, after: datetime) -> Span | None:
        """The first time from ``after`` on that ``who`` is on duty, looked for a year ahead."""
        weeks = max(len(self.order), 1) + 1
        spans = self.spans(changes, who, after, after + WEEK * weeks)
        return spans[0] if spans else None

    def _pieces(
        self, changes: tuple[Change, ...], begins: datetime, ends: datetime
    ) -> Iterator[Span]:
        edges = {begins, ends}
        at = self.handover_after(begins)
        while at < ends:
            edges.add(at)
            at = self.handover_after(at)
        edges |= {e for one in changes for e in (one.begins, one.ends) if begins < e < ends}
        in_order = sorted(edges)
        yield from pairwise(in_order)

    def _handover(self, day: date) -> datetime:
        return on_the_wall(day, self.at, self.zone)
