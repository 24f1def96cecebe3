"""What of a week's cases is counted: how many came, were taken, climbed, ended, and about what.

A case from which anybody was left out counts toward nothing: a digest is passed on, and whoever was
left out may read it. Each case counts once in a figure, in the week it happened there first.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.cases import Case, Kind, Why, for_staff, never_shown
from bot.domain.communities import Community


class Figure(StrEnum):
    """What a digest counts."""

    CAME = "came"
    TAKEN = "taken"
    CLIMBED = "climbed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Week:
    """``late``: a case was not answered in time. ``moved``: how often each figure and category came
    to more; as it is, for nobody to see (``flowed``)."""

    late: bool
    moved: Counter[str]
    about: Counter[str]

    def __add__(self, other: "Week") -> "Week":
        late = self.late or other.late
        return Week(late, self.moved + other.moved, self.about + other.about)


NOTHING = Week(False, Counter(), Counter())

_HOUR = timedelta(hours=1)
_FIRST = {
    Figure.TAKEN: (Kind.ACKNOWLEDGE, Kind.REPLY, Kind.ASK, Kind.RESOLVE, Kind.CLOSE),
    Figure.ENDED: (Kind.RESOLVE, Kind.CLOSE),
}


def weighed(cases: Iterable[Case], community: Community, since: datetime, upto: datetime) -> Week:
    """What happened in these cases after ``since`` and not after ``upto``."""
    found = NOTHING
    for case in cases:
        if _counts(case):
            found += _of(case, community, since, upto)
    return found


def _counts(case: Case) -> bool:
    left_out = case.grievance.left_out or any(e.kind is Kind.LEAVE_OUT for e in case.entries)
    return not left_out and not never_shown(case)


def _of(case: Case, community: Community, since: datetime, upto: datetime) -> Week:
    def new(moment: datetime | None) -> bool:
        return moment is not None and since < moment <= upto

    def done(moment: datetime | None) -> bool:
        """Of an act: its second is kept, and one in the second of the digest came after it."""
        return moment is not None and since <= moment < upto

    acts = {figure: _first(case, kinds) for figure, kinds in _FIRST.items()}
    missed = [e.moment for e in case.entries if e.why is Why.NOBODY_TOOK_IT]
    came = _came(case)
    brought = {Figure.CLIMBED: min(missed, default=None), Figure.CAME: came}
    moved = Counter(figure.value for figure, moment in brought.items() if new(moment))
    moved.update(figure.value for figure, moment in acts.items() if done(moment))
    about = Counter([case.grievance.category] if new(came) else [])
    return Week(any(map(new, missed)) or _still_late(case, community, upto), moved, about)


def _came(case: Case) -> datetime:
    """Its release; of an urgent case, of which the full hour before it came is kept, the end of that
    hour: a digest of the same hour may have been counted before it came, and it is in the next."""
    return case.release + _HOUR if case.urgent else case.release


def _first(case: Case, kinds: tuple[Kind, ...]) -> datetime | None:
    return min((e.moment for e in case.entries if e.kind in kinds), default=None)


def _still_late(case: Case, community: Community, upto: datetime) -> bool:
    """Nobody took it in time, and nobody had by then; also where it is counted hours later."""
    if case.release > upto:
        return False
    by_then = tuple(one for one in case.entries if one.moment <= upto)
    return for_staff(replace(case, entries=by_then), community, upto).late
