"""The rota: who hears cases, week by week, and what people changed about it.

A week begins at the handover. The order goes round; what was changed since (on, off, away) lies
over it. What nobody covers, all reps hear.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.domain.communities.slots import on_the_wall
from bot.domain.communities.staff import StaffId

WEEK = timedelta(days=7)
FURTHEST = timedelta(days=366)  #: how far ahead a change may reach
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

    def meets(self, span: Span) -> bool:
        """Whether they have a moment in common."""
        return self.begins < span[1] and span[0] < self.ends


Changes = tuple[Change, ...]


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
        first = self._first_day(moment)
        return self._handover(first), self._handover(first + WEEK)

    def handover_after(self, moment: datetime) -> datetime:
        return self.week(moment)[1]

    def whose(self, moment: datetime) -> StaffId | None:
        """Who has this week by the order alone."""
        return self.order[self._number(moment) % len(self.order)] if self.order else None

    def without(self, who: StaffId, at: datetime) -> "Rota":
        """The rota when somebody leaves it: the others go on as they would have, and the next one
        steps into a week that was theirs."""
        if who not in self.order:
            return self
        number = self._number(at) % len(self.order)
        going = self.order[number:] + self.order[:number]  # from this week on
        left = tuple(one for one in going if one != who)
        turn = -self._number(at) % len(left) if left else 0
        return replace(self, order=left[turn:] + left[:turn])

    def on_duty(self, changes: Iterable[Change], at: datetime) -> frozenset[StaffId]:
        """Who is on duty at a moment, whoever they may be."""
        over = [one for one in changes if one.covers(at)]
        whose = self.whose(at)
        there = {one.staff for one in over if one.lies is Lies.ON} | ({whose} if whose else set())
        gone = {one.staff for one in over if one.lies in (Lies.OFF, Lies.AWAY)}
        return frozenset(there - gone)

    def spans(self, changes: Changes, who: StaffId, begins: datetime, ends: datetime) -> list[Span]:
        """When between the two moments ``who`` is on duty, in order, weeks on end as one."""
        pieces = self.pieces(changes, begins, ends)
        return joined(span for span in pieces if who in self.on_duty(changes, span[0]))

    def shift(self, changes: Changes, who: StaffId, at: datetime) -> Span | None:
        """The shift ``who`` has at a moment: within its week, since they came on. None: no duty."""
        begins, ends = self.week(at)
        mine = self.spans(changes, who, begins, ends)
        return next((span for span in mine if span[0] <= at < span[1]), None)

    def next_shift(self, changes: Changes, who: StaffId, after: datetime) -> Span | None:
        """The first shift that begins after a moment, looked for a year ahead; one week at most."""
        begins, ends = self.week(after)
        while begins < after + FURTHEST:
            for span in self.spans(changes, who, begins, ends):
                if span[0] > after:
                    return span
            begins, ends = self.week(ends)
        return None

    def pieces(self, changes: Changes, begins: datetime, ends: datetime) -> Iterator[Span]:
        """The time between, cut wherever who is on duty could change."""
        edges = {begins, ends}
        at = self.handover_after(begins)
        while at < ends:
            edges.add(at)
            at = self.handover_after(at)
        edges |= {e for one in changes for e in (one.begins, one.ends) if begins < e < ends}
        yield from pairwise(sorted(edges))

    def _number(self, moment: datetime) -> int:
        """Which week this is, counted without end."""
        return (self._first_day(moment) - _FIRST_MONDAY).days // 7

    def _first_day(self, moment: datetime) -> date:
        """The day whose handover began the week, by the clock on the wall."""
        day = moment.astimezone(ZoneInfo(self.zone)).date()
        first = day - timedelta(days=(day.weekday() - self.weekday) % 7)
        return first - WEEK if self._handover(first) > moment else first

    def _handover(self, day: date) -> datetime:
        return on_the_wall(day, self.at, self.zone)


def days_off(changes: Iterable[Change], who: StaffId) -> tuple[Span, ...]:
    """When somebody is away."""
    mine = (one for one in changes if one.staff == who and one.lies is Lies.AWAY)
    return tuple(sorted((one.begins, one.ends) for one in mine))


def joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch as one."""
    found: list[Span] = []
    for begins, ends in spans:
        if found and found[-1][1] == begins:
            found[-1] = (found[-1][0], ends)
        else:
            found.append((begins, ends))
    return found
