"""When the first pulse may begin, what keeps it, and what it is once it has begun."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.communities import FirstPulse, RoomKind, Slots, Space, Trust
from bot.domain.communities.findings import Finding, found, pulse_lacks, pulse_may_begin
from bot.domain.polls import Every, PulseId
from bot.domain.polls.pulses import first_of, longest_open
from bot.domain.privacy import LEAST_ELIGIBLE
from tests.unit.harbour import DAY, HOUR, MONDAY, community

FIRST = FirstPulse(("stay", "workload"), "weekly", 3, comment=True)
HOME = Space("h" * 32, "sandbox", "home", "Home", Trust.NEUTRAL, {RoomKind.BULLETIN: "general"})
OFFICE = Space("o" * 32, "slack", "T1", "Office", Trust.EMPLOYER_OWNED, {})
OPEN = community(opened=MONDAY - DAY, members=30, spaces=(HOME, OFFICE), first_pulse=FIRST)
MEMBERS, ROOM = Finding.PULSE_MEMBERS, Finding.PULSE_ROOM


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({}, ()),
        ({"members": 10}, ()),
        ({"members": 9}, (MEMBERS,)),
        ({"members": 0}, (MEMBERS,)),
        ({"spaces": (OFFICE,)}, (ROOM,)),
        ({"spaces": (replace(HOME, gone=MONDAY), OFFICE)}, (ROOM,)),
        ({"spaces": (replace(HOME, rooms={RoomKind.STAFF: "reps"}),)}, (ROOM,)),
        ({"spaces": (), "members": 0}, (MEMBERS, ROOM)),
        ({"spaces": (), "members": 0, "first_pulse": None}, ()),
    ],
)
def test_what_keeps_it_is_told_and_nothing_else(
    changes: dict[str, object], lacks: tuple[Finding, ...]
) -> None:
    it = replace(OPEN, **changes)
    assert pulse_lacks(it, LEAST_ELIGIBLE) == lacks
    told = [one for one in found(it, MONDAY, LEAST_ELIGIBLE) if one in (MEMBERS, ROOM)]
    assert tuple(told) == lacks
    assert pulse_may_begin(it, LEAST_ELIGIBLE) is (not lacks and it.first_pulse is not None)


def test_nothing_is_told_twice() -> None:
    """What the finding of the first pulse says, the one it is a case of need not say, too."""
    for lacking, plain in (({"members": 9}, Finding.MEMBERS), ({"spaces": ()}, Finding.BULLETIN)):
        it = replace(OPEN, **({"spaces": (HOME,)} | lacking))
        bare = replace(it, spaces=it.spaces or (OFFICE,))
        assert plain not in found(bare, MONDAY, LEAST_ELIGIBLE)
        assert plain in found(replace(bare, first_pulse=None), MONDAY, LEAST_ELIGIBLE)
    assert Finding.BULLETIN in found(OPEN, MONDAY, LEAST_ELIGIBLE), "of the other place"


def test_it_begins_in_no_community_that_is_set_up_still() -> None:
    assert not pulse_may_begin(replace(OPEN, opened=None), LEAST_ELIGIBLE)
    assert pulse_may_begin(OPEN, LEAST_ELIGIBLE)


def test_an_employers_place_is_a_place_to_be_asked_in() -> None:
    office = replace(OFFICE, rooms={RoomKind.BULLETIN: "C1"})
    assert pulse_may_begin(replace(OPEN, spaces=(office,)), LEAST_ELIGIBLE)


@given(
    some.sampled_from(list(Every)),
    some.integers(0, 60 * 24 * 30).map(lambda n: MONDAY + n * timedelta(minutes=1)),
    some.data(),
)
def test_it_is_a_pulse_like_any_other_whose_first_wave_is_due(
    every: Every, now: datetime, data: some.DataObject
) -> None:
    days = data.draw(some.integers(1, longest_open(every)))
    chosen = FirstPulse(("stay",), every.value, days, comment=False)
    pulse = first_of(chosen, PulseId("p" * 32), OPEN.id, Slots("Europe/Oslo"), now)
    assert now - HOUR < pulse.first <= now
    assert pulse.latest(now) == (1, pulse.first)
    assert pulse.wave_ends(1) > now
    assert (pulse.bank, pulse.every, pulse.days, pulse.zone) == (
        ("stay",),
        every,
        days,
        "Europe/Oslo",
    )
