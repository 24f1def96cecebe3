"""Half a year of cases for the digest proof, and a plain account of what a digest may count of it.

Each ``Life`` is a case's truth, drawn first, with the real ``Case`` made of it. ``Ledger`` is the
oracle: at each digest it puts every case that may be counted by then into a set, figure by figure,
and looks at how large the set is. It knows no window, no remainder, and nothing of ``weighed``.
"""

import random
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.domain.cases import Case, Entry, Kind, Why
from bot.domain.communities import DEFAULT_STEPS, Slots
from tests.unit.harbour import DAY, GRETA, HOUR, MONDAY
from tests.unit.histories import HARBOUR, case, entry, step, with_entries

WEEKS = 26
WEEK = 7 * DAY
HORIZON = MONDAY + WEEKS * WEEK
SLOTS = Slots()
_WITHIN = [one.within for one in DEFAULT_STEPS[:-1]]
_TAKES = (Kind.ACKNOWLEDGE, Kind.ACKNOWLEDGE, Kind.REPLY, Kind.ASK)
_ENDS = (Kind.RESOLVE, Kind.CLOSE)
_CALENDAR = [MONDAY + d * DAY for d in range(400) if (MONDAY + d * DAY).weekday() in (0, 2, 4)]


def slot_after(moment: datetime) -> datetime:
    """The first of the fixed slots (Monday, Wednesday, Friday, 09:00 UTC) behind a moment."""
    return _CALENDAR[bisect_right(_CALENDAR, moment)]


@dataclass
class Life:
    """What is true of one case. ``there``: from when it is a released row. ``happened``: by figure,
    when it first did. ``missed``: promises nobody kept; ``late``: from when until when somebody was
    waited for in vain. ``left_out``: from when somebody is; ``gone``: deleted."""

    category: str
    there: datetime
    came: datetime
    urgent: bool
    left_out: datetime | None = None
    withdrawn: datetime | None = None
    gone: datetime | None = None
    happened: dict[str, datetime] = field(default_factory=dict)
    missed: list[datetime] = field(default_factory=list)
    late: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    said: list[tuple[datetime, Entry]] = field(default_factory=list)
    whole: Case = field(default_factory=case)

    def at(self, now: datetime) -> Case | None:
        """The case as it lies in the database; None before its release and after its deletion."""
        if now < self.there or (self.gone and self.gone <= now):
            return None
        n = sum(written <= now for written, _ in self.said)
        return replace(self.whole, entries=self.whole.entries[:n])

    def lately(self, since: datetime) -> bool:
        """Whether the database gives it at all: what is over since long is not looked at."""
        over = self.happened.get("ended") or self.withdrawn
        return over is None or over > since

    def may_be_counted(self, now: datetime) -> bool:
        """Whether it is there and hides from nobody."""
        never_shown = not self.urgent and self.withdrawn and self.withdrawn <= self.came
        out = self.left_out and self.left_out <= now
        return bool(self.there <= now and not never_shown and not out) and not (
            self.gone and self.gone <= now
        )


def drawn(dice: random.Random, filed: datetime) -> Life:
    """A case filed then, with all that becomes of it."""
    urgent = dice.random() < 0.1
    # An urgent case keeps the hour it came in, not the minute: it is counted when that is over.
    hour = filed.replace(minute=0, second=0, microsecond=0)
    release = hour if urgent else slot_after(filed)
    life = Life(
        dice.choice(HARBOUR.categories),
        filed if urgent else release,
        hour + HOUR if urgent else release,
        urgent,
    )
    whole = replace(
        case(release=release, told=release, urgent=urgent),
        grievance=replace(case().grievance, category=life.category),
    )
    life.happened["came"] = life.came
    _regrets(dice, life, filed)
    if dice.random() < 0.15:
        life.left_out = life.there
        whole = replace(whole, grievance=replace(whole.grievance, left_out=frozenset({GRETA.id})))
    _answers(dice, life, release)
    life.said.sort(key=lambda one: one[0])
    life.whole = with_entries(whole, *(one for _, one in life.said))
    return life


def _regrets(dice: random.Random, life: Life, filed: datetime) -> None:
    """What its reporter does: leaves somebody out later, withdraws, deletes; some do it at once."""

    def crosses() -> datetime:
        when = filed + dice.choice((0.02, 1.0, 1.0)) * dice.uniform(0, 60) * DAY
        if life.urgent:
            return max(when.replace(minute=0, second=0, microsecond=0), life.there)
        return max(slot_after(when), life.there)

    if dice.random() < 0.12:
        life.left_out = crosses()
        life.said.append((life.left_out, entry(Kind.LEAVE_OUT, life.left_out, people=[GRETA.id])))
    if dice.random() < 0.1:
        life.withdrawn = crosses()
        life.said.append((life.withdrawn, entry(Kind.WITHDRAW, life.withdrawn)))
    if dice.random() < 0.1:
        life.gone = crosses()


def _answers(dice: random.Random, life: Life, release: datetime) -> None:
    """What staff and the clock do, until it is withdrawn."""
    until = min(life.withdrawn or HORIZON, HORIZON)
    take = None if dice.random() < 0.15 else life.there + dice.expovariate(1 / 30) * HOUR
    take = None if take and take >= until else take
    _climb(life, release, release + _WITHIN[0], 1, take or until, taken=take or life.withdrawn)
    if take is None:
        return
    kind = dice.choice((*_TAKES, *_ENDS))
    _does(life, kind, take)
    if kind in _ENDS:
        return
    if dice.random() < 0.15:
        again = _comes_back(dice, life, take, until)
        if again is None:
            return
        take = again
    end = take + dice.uniform(0.1, 4.9) * DAY
    if dice.random() < 0.7 and end < until:
        _does(life, dice.choice(_ENDS), end)


def _comes_back(
    dice: random.Random, life: Life, take: datetime, until: datetime
) -> datetime | None:
    """Taken, and then no word for five days: it needs somebody anew, who may be late, too."""
    back, again = take + 5 * DAY, take + 5 * DAY + dice.uniform(1, 60) * HOUR
    if again >= until:
        return None
    life.said.append((back, step(1, back, back + _WITHIN[1], Why.NO_WORD, back)))
    _climb(life, back, back + _WITHIN[1], 2, again, taken=again)
    _does(life, Kind.ACKNOWLEDGE, again)
    return again


def _climb(
    life: Life,
    since: datetime,
    due: datetime,
    number: int,
    until: datetime,
    *,
    taken: datetime | None,
) -> None:
    """Every deadline that passes before somebody takes it."""
    late = None
    while due < until:
        following = due + _WITHIN[number] if number < len(_WITHIN) else None
        life.missed.append(due)
        life.happened["climbed"] = min(life.happened.get("climbed", due), due)
        life.said.append((due, step(number, due, following, Why.NOBODY_TOOK_IT, due)))
        late, number = late or due, number + 1
        if following is None:
            break
        due = following
    if late:
        life.late.append((late, taken))


def _does(life: Life, kind: Kind, at: datetime) -> None:
    life.said.append((at, entry(kind, at, at=at)))
    life.happened.setdefault("taken", at)
    if kind in _ENDS:
        life.happened.setdefault("ended", at)


# The oracle -------------------------------------------------------------------------------------


@dataclass
class Ledger:
    """Which cases have been counted, by figure; ``since``: until when the last digest counted."""

    since: datetime
    counted: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def week(self, lives: Iterable[Life], upto: datetime, now: datetime) -> bool:
        """A digest that counts all until ``upto`` and is made at ``now``: everything that may be
        counted is. Gives whether every case was answered in time."""
        in_time = True
        for n, life in enumerate(lives):
            if not life.may_be_counted(now):
                continue
            for figure, moment in life.happened.items():
                if moment <= upto:
                    self.counted[figure].add(n)
            if life.came <= upto:
                self.counted[f"about.{life.category}"].add(n)
            missed = any(self.since < one <= upto for one in life.missed)
            waits = any(since <= upto and (end is None or upto < end) for since, end in life.late)
            in_time = in_time and not missed and not waits
        self.since = upto
        return in_time


def lives_of(dice: random.Random, a_week: float) -> list[Life]:
    """So many cases a week, at any moment of the half year."""
    found, filed = [], MONDAY - 2 * DAY
    while (filed := filed + timedelta(days=dice.expovariate(a_week / 7))) < HORIZON:
        found.append(drawn(dice, filed))
    return found
