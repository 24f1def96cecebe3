"""Pulses: questions of the bank that are asked again and again, wave by wave.

When each wave opens and what it asks follows from the schedule alone; nothing is counted up, so
days off change nothing. Opens and stores nothing.
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import cycle, islice
from zoneinfo import ZoneInfo

from bot.domain.communities import CommunityId, FirstPulse, Slots, on_the_wall
from bot.domain.communities.times import read_start
from bot.domain.errors import Invalid
from bot.domain.polls.bank import BANK
from bot.domain.polls.opening import closes_at, read_days
from bot.domain.polls.poll import PulseId
from bot.domain.polls.questions import MOST_QUESTIONS


class Every(StrEnum):
    """How far apart its waves open."""

    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class Pulse:
    """A schedule. ``bank``: the questions' names in the bank, in the order they are asked; more
    than fit one form take turns. ``first``: when its first wave opens; the later ones open at the
    same hour by the wall clock of ``zone``. ``days``: how long a wave is open."""

    id: PulseId
    community: CommunityId
    bank: tuple[str, ...]
    every: Every
    days: int
    comment: bool
    first: datetime
    zone: str

    def wave_at(self, n: int) -> datetime:
        """When the ``n``-th wave opens, from 1."""
        if n == 1:
            return self.first
        begun = self.first.astimezone(ZoneInfo(self.zone))
        return on_the_wall(self._day(begun.date(), n - 1), begun.time().replace(fold=0), self.zone)

    def wave_ends(self, n: int) -> datetime:
        """When the ``n``-th wave closes: at the latest when the next one opens."""
        return min(closes_at(self.wave_at(n), self.days), self.wave_at(n + 1))

    def asked_in(self, n: int) -> tuple[str, ...]:
        """The names of what the ``n``-th wave asks. Whatever does not fit one form goes round, so
        that each comes as often as the others."""
        size = MOST_QUESTIONS - self.comment
        if len(self.bank) <= size:
            return self.bank
        begin = (n - 1) * size % len(self.bank)
        return tuple(islice(cycle(self.bank), begin, begin + size))

    def coming(self, now: datetime) -> tuple[int, datetime]:
        """The first wave that opens now or later: its number, and when."""
        n = max(1, (now - self.first) // _FURTHEST_APART[self.every])  # never beyond it
        while self.wave_at(n) < now:
            n += 1
        return n, self.wave_at(n)

    def latest(self, now: datetime) -> tuple[int, datetime] | None:
        """The last wave that should have opened by now, while it lasts: after days off this one is
        opened late, and those before it never are."""
        n, opens = self.coming(now)
        if opens > now:
            n -= 1
        return (n, self.wave_at(n)) if n and now < self.wave_ends(n) else None

    def _day(self, first: date, waves: int) -> date:
        """So many waves after the first; the last day of a month that is too short for it."""
        if self.every is not Every.MONTHLY:
            return first + waves * _FURTHEST_APART[self.every]
        years, month = divmod(first.month - 1 + waves, 12)
        year = first.year + years
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(first.day, last))


_FURTHEST_APART = {
    Every.WEEKLY: timedelta(days=7),
    Every.FORTNIGHTLY: timedelta(days=14),
    Every.MONTHLY: timedelta(days=31),
}


def longest_open(every: Every) -> int:
    """Days that a wave may be open: until the next one, which may come after a short month."""
    return {Every.WEEKLY: 7, Every.FORTNIGHTLY: 14, Every.MONTHLY: 28}[every]


def read_pulse(
    id: PulseId,
    community: CommunityId,
    *,
    bank: Sequence[str],
    every: Every,
    days: str,
    start: str,
    comment: bool,
    slots: Slots,
    now: datetime,
) -> Pulse:
    """The pulse of the form ``pulse_new``. Raises Invalid.

    Questions are asked in the bank's order. A start on a day alone is at the hour of ``slots``, an
    empty one at once: at the full hour that has begun.
    """
    if not bank:
        raise Invalid("bank", "invalid.choose_one")
    if not set(bank) <= set(BANK):
        raise Invalid("bank", "invalid.not_an_option")
    return Pulse(
        id=id,
        community=community,
        bank=tuple(name for name in BANK if name in bank),
        every=every,
        days=read_days(days, most=longest_open(every)),
        comment=comment,
        first=read_start(start, slots.zone, now, at=slots.at, soon=_begun_hour(now)),
        zone=slots.zone,
    )


def first_of(
    chosen: FirstPulse, id: PulseId, community: CommunityId, slots: Slots, now: datetime
) -> Pulse:
    """The pulse that moderators chose while they set a community up: it begins at once, as one that
    organisers plan without a start."""
    return Pulse(
        id=id,
        community=community,
        bank=chosen.bank,
        every=Every(chosen.every),
        days=chosen.days,
        comment=chosen.comment,
        first=_begun_hour(now),
        zone=slots.zone,
    )


def _begun_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
