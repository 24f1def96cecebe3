"""A case made by hand, and what was said in it, for the pure tests of cases.

Released on Monday 1 June; what is said crosses on Wednesday where nothing else is said. Says
nothing about who was told.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from hypothesis import strategies as some

from bot.domain.cases import Case, Entry, Kind, Names, View, Why, for_reporter, for_staff
from bot.domain.communities import StaffId
from bot.domain.grievances.intake import Grievance, Impact, Spread
from tests.unit.harbour import (
    DAY,
    FRIDAY,
    GRETA,
    HOUR,
    INES,
    KARIM,
    MONDAY,
    RUTH,
    WEDNESDAY,
    community,
)

HARBOUR = community()
STORY = "We have not been paid since spring."
REPORTERS = frozenset(
    {
        Kind.MESSAGE,
        Kind.LEAVE_OUT,
        Kind.NOT_URGENT,
        Kind.ESCALATE,
        Kind.AGREE,
        Kind.WITHDRAW,
        Kind.DELETE,
    }
)
HIDDEN = frozenset({Kind.NOTE, Kind.BRING_IN, Kind.HAND_OVER, Kind.RECUSE, Kind.MUTE})


def case(**changes: Any) -> Case:
    """A released case that nobody was left out of."""
    made = Case(
        id="a" * 32,
        community=HARBOUR.id,
        names=Names(b"lookup", "k" * 32),
        waiting=Names(b"while it waits", "w" * 32),
        release=MONDAY,
        told=MONDAY,
        grievance=Grievance("pay", Spread.TEAM, Impact.THREE, STORY),
        readers=frozenset({INES.id, KARIM.id, GRETA.id, RUTH.id}),
        number="7CKQ2M",
    )
    return replace(made, **changes)


def entry(
    kind: Kind,
    crosses: datetime = WEDNESDAY,
    *,
    by: StaffId | None = INES.id,
    people: Iterable[StaffId] = (),
    **more: Any,
) -> Entry:
    """One thing said; by Ines, unless it is the reporter's or the clock's."""
    whose = None if kind in REPORTERS or kind is Kind.STEP else by
    known: dict[str, Any] = {"id": "e" * 32, "turn": 1, "text": kind.value, **more}
    return Entry(kind=kind, by=whose, crosses=crosses, people=frozenset(people), **known)


def step(number: int, at: datetime, due: datetime | None, why: Why, crosses: datetime) -> Entry:
    """The clock's entry: from ``at`` on the case stands at that step."""
    return entry(Kind.STEP, crosses, at=at, step=number, due=due, why=why)


def with_entries(of: Case, *entries: Entry) -> Case:
    """The case after these, in their turn."""
    first = of.next_turn()
    new = (replace(e, id=f"{turn:032}", turn=turn) for turn, e in enumerate(entries, first))
    return replace(of, entries=(*of.entries, *new))


def said(*what: tuple[Kind, datetime] | Kind, of: Case | None = None) -> Case:
    """A case after these kinds of entries, each with its slot; Wednesday's where none is given."""
    pairs = (one if isinstance(one, tuple) else (one, WEDNESDAY) for one in what)
    return with_entries(of or case(), *(entry(kind, crosses) for kind, crosses in pairs))


def reporter(of: Case, at: datetime) -> View:
    return for_reporter(of, HARBOUR, at)


def staff(of: Case, at: datetime) -> View:
    return for_staff(of, HARBOUR, at)


# Drawn histories --------------------------------------------------------------------------------

SLOTS = [MONDAY, WEDNESDAY, FRIDAY, MONDAY + 7 * DAY, WEDNESDAY + 7 * DAY, FRIDAY + 35 * DAY]
times = some.integers(-48, 24 * 60).map(lambda hours: MONDAY + hours * HOUR)
_drawn = some.lists(
    some.tuples(
        some.sampled_from(Kind),
        some.integers(0, len(SLOTS) - 1),
        some.sampled_from([INES.id, KARIM.id]),
        some.integers(0, 3),
        some.sampled_from(Why),
    ),
    max_size=12,
)


def _history(drawn: list[tuple[Kind, int, StaffId, int, Why]]) -> Case:
    """Entries as they come in life: each side's slots never go back."""
    latest, entries = MONDAY, []
    for kind, place, who, number, why in drawn:
        latest = max(latest, SLOTS[place])
        if kind is Kind.STEP:
            due = None if number == 3 else latest + 24 * HOUR
            entries.append(step(number, latest, due, why, latest))
        else:
            entries.append(entry(kind, latest, by=who, people=[GRETA.id]))
    return with_entries(case(), *entries)


histories = _drawn.map(_history)
