"""When a case is released: at a slot, with others, never the moment it was typed.

Everything crosses at a slot, both ways (privacy rule 3): minutes of jitter leave one candidate
in the platform's log, a slot leaves all who wrote since the last one. Urgent cases cross at once,
by the reporter's own choice. The community's cap never refuses; it puts off (privacy rule 11).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.communities import Slots, StaffId

CAP_AN_HOUR = 10  #: grievances a community takes before more are put off to later slots
CAUGHT_UP = 10  #: how many that were put off come with each later slot, repeats last


@dataclass(frozen=True, slots=True)
class InLine:
    """How a waiting case stands in line. ``over``: it came beyond the cap. ``repeat``: its
    account had filed one that day already. ``put_off``: its told slot has passed once."""

    id: str
    over: bool = False
    repeat: bool = False
    put_off: bool = False


def crossing(slots: Slots, now: datetime, *, urgent: bool = False) -> datetime:
    """The moment from which the other side sees what is said now.

    Of an urgent case: the full hour before, which has come already, so that even there no row
    tells the minute.
    """
    if urgent:
        return now.replace(minute=0, second=0, microsecond=0)
    return slots.after(now)


def line_of(readers: Iterable[StaffId]) -> str:
    """The line a case waits in: its own for each choice of readers.

    The cap counts each line for itself. Else the cases that hide from someone would put off those
    that do not, and that person could count them (privacy rule 9).
    """
    return ",".join(sorted(readers))


def released(line: list[InLine]) -> set[str]:
    """Who of those due at a slot are released now; the others are put off to the next.

    ``line`` must come shuffled: within a rank, its order is chance and decides. As many as came
    within the cap are released, an account's second and third giving way to anybody's first;
    beside them ``CAUGHT_UP`` of those put off before, so that each slot clears some of them and
    newcomers are served all the same.
    """
    fresh = [one for one in line if not one.put_off]
    waited = [one for one in line if one.put_off]
    room = sum(not one.over for one in fresh)
    served = sorted(fresh, key=_rank)[:room] + sorted(waited, key=_rank)[:CAUGHT_UP]
    return {one.id for one in served}


def _rank(one: InLine) -> bool:
    return one.repeat
