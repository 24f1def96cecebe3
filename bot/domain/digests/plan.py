"""The plan of a digest: its day, hour and zone, and from them which week's is due.

=============================================  ====================================================
when                                           then
=============================================  ====================================================
the hour of a week comes                       that week's digest is due, once
an hour that summer time skips or repeats      once: an hour later, or at the first of the two
no process ran for some weeks                  the latest week's alone, which names those before it
it was paused                                  none; the first one after it names the weeks between
the day was moved back past today              this week's is due at once, if it was not sent yet
the day was moved on, or the zone changed      this week's at its new hour; none if it was sent
a backup was brought back                      none before now; the next counts from now on
the zone's own rules changed                   this week's at the later hour, then as reckoned now
=============================================  ====================================================
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.communities import on_the_wall
from bot.domain.errors import Invalid

WEEK = timedelta(weeks=1)
MOST_ADDRESSES = 5
LONGEST_ADDRESS = 254  #: RFC 5321, less the brackets; what stands before the @, 64
_ADDRESS = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """As organisers set it. ``weekday``: 0 is Monday. ``addresses``: where it goes by e-mail."""

    weekday: int = 0
    at: time = time(9)
    zone: str = "UTC"
    language: str = "en"
    addresses: tuple[str, ...] = ()

    def due(self, week: date) -> datetime:
        """When the digest of the week that begins on this Monday is due (UTC)."""
        return on_the_wall(week + timedelta(days=self.weekday), self.at, self.zone)

    def latest(self, now: datetime) -> date:
        """The last week (its Monday) whose digest should be there by now."""
        local = now.astimezone(ZoneInfo(self.zone)).date()
        week = local - timedelta(days=local.weekday())
        return week if self.due(week) <= now else week - WEEK


NEVER = datetime.fromtimestamp(0, UTC)  #: since when a community counts that had no digests yet


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the digests of a community have come.

    ``first``: the week of the first one. ``done``: the last week that needs none any more.
    ``sent``: the week of the last one; ``serial``: its number. ``since``: until when it counted.
    """

    first: date
    done: date
    since: datetime
    sent: date | None = None
    serial: int = 0

    @classmethod
    def begun(cls, plan: Plan, now: datetime) -> "Standing":
        """Of a community that opens: the next time the hour comes is the first."""
        passed = plan.latest(now)
        return cls(passed + WEEK, passed, now)

    def due(self, plan: Plan) -> datetime:
        """When the next one is due."""
        return plan.due(self.done + WEEK)

    def passed(self, plan: Plan, now: datetime) -> "Standing":
        """After a pause: what should have come meanwhile does not come any more."""
        return replace(self, done=max(self.done, plan.latest(now)))

    def anew(self, plan: Plan, now: datetime) -> "Standing":
        """After a backup was brought back, since when others may have come that nobody knows of: they
        count from now on, and nothing that one of those may have counted."""
        return self if self.since == NEVER else replace(self.passed(plan, now), since=now)

    def weeks(self, week: date) -> int:
        """Which week since the opening it is, from 1."""
        return (week - self.first) // WEEK + 1

    def gap(self, week: date) -> tuple[date, date] | None:
        """The first and the last week between the last digest and this one that had none."""
        first = self.sent + WEEK if self.sent else self.first
        return (first, week - WEEK) if first < week else None

    def after(self, week: date, upto: datetime) -> "Standing":
        """When the digest of a week is sent that counted all until ``upto``."""
        return Standing(self.first, week, upto, week, self.serial + 1)


def read_addresses(field: str, typed: str) -> tuple[str, ...]:
    """Addresses with commas, spaces or lines between them, each once. Raises Invalid."""
    words: Sequence[str] = [one for one in re.split(r"[\s,;]+", typed) if one]
    for one in words:
        if len(one) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(one):
            raise Invalid(field, "invalid.address")
    found = tuple(dict.fromkeys(words))
    if len(found) > MOST_ADDRESSES:
        raise Invalid(field, "invalid.addresses", n=MOST_ADDRESSES)
    return found
