"""What a rep may do about their own duty, and what is refused: every line of the domain's table."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from bot.domain.communities import Change, Lies, Rota, StaffId
from bot.domain.communities.duty import Desk, Edit
from bot.domain.communities.rota import WEEK
from bot.domain.errors import (
    AwayThen,
    Invalid,
    NothingToGive,
    NotOnDuty,
    OfferGone,
    OnDutyThen,
    Refused,
    SwapWithSelf,
    TheyCannot,
)
from tests.unit.harbour import DAY, HOUR, MONDAY

A, B, C = (StaffId(name * 32) for name in "abc")
ROTA = Rota((A, B, C))
#: From here on A has this week, B the next, C the one after.
NOW = next(MONDAY + n * WEEK + DAY for n in range(3) if ROTA.whose(MONDAY + n * WEEK + DAY) == A)
ENDS = ROTA.handover_after(NOW)
BS_WEEK = (ENDS, ENDS + WEEK)

_numbers = count(1)


def new_id() -> str:
    return f"{next(_numbers):032x}"


def desk(who: StaffId, changes: tuple[Change, ...] = (), now: datetime = NOW) -> Desk:
    return Desk(ROTA, changes, who, now, new_id)


def change(who: StaffId, lies: Lies, span: tuple[datetime, datetime]) -> Change:
    return Change(new_id(), who, lies, *span)


def on_duty(changes: tuple[Change, ...], at: datetime) -> frozenset[StaffId]:
    return ROTA.on_duty(changes, at)


# On and off -------------------------------------------------------------------------------------


def test_whoever_comes_on_is_on_duty_until_the_handover() -> None:
    changes = desk(B).come_on().on(())
    assert on_duty(changes, NOW) == {A, B}
    assert on_duty(changes, ENDS - timedelta(seconds=1)) == {A, B}
    assert ROTA.shift(changes, B, NOW) == (NOW, ENDS)
    assert on_duty(changes, NOW - HOUR) == {A}


def test_coming_on_while_on_duty_changes_nothing() -> None:
    assert desk(A).come_on() == Edit()


@pytest.mark.parametrize("lies", [Lies.OFF, Lies.AWAY])
def test_coming_on_ends_what_lay_over_this_week_and_leaves_the_rest(lies: Lies) -> None:
    gone = change(A, lies, (NOW - DAY, ENDS + 3 * WEEK))
    changes = desk(A, (gone,)).come_on().on((gone,))
    assert on_duty(changes, NOW) == {A}
    assert on_duty(changes, NOW - HOUR) == frozenset()
    assert on_duty(changes, ENDS + 2 * WEEK + DAY) == frozenset()  # their next week, away still


def test_going_off_ends_the_shift_and_no_other() -> None:
    changes = desk(A).go_off().on(())
    assert on_duty(changes, NOW) == frozenset()
    assert on_duty(changes, ENDS + 2 * WEEK + DAY) == {A}


def test_who_is_not_on_duty_cannot_go_off() -> None:
    with pytest.raises(NotOnDuty):
        desk(B).go_off()
    off = change(A, Lies.OFF, (NOW, ENDS))
    with pytest.raises(NotOnDuty):
        desk(A, (off,)).go_off()


def test_on_and_off_again_and_again_leave_one_change_at_most() -> None:
    changes: tuple[Change, ...] = ()
    for n in range(6):
        now = NOW + n * HOUR
        who = desk(B, changes, now)
        edit = who.go_off() if n % 2 else who.come_on()
        changes = edit.on(changes)
        assert (B in on_duty(changes, now)) is (n % 2 == 0)
    assert len([one for one in changes if one.covers(NOW + 6 * HOUR)]) <= 1


# Away -------------------------------------------------------------------------------------------


def test_who_is_away_is_not_on_duty_then() -> None:
    span = (NOW + HOUR, NOW + DAY)
    changes = desk(A).be_away(span).on(())
    assert [A in on_duty(changes, at) for at in (NOW, span[0], span[1])] == [True, False, True]


def test_days_away_do_not_overlap_and_may_touch() -> None:
    first = change(A, Lies.AWAY, (NOW, NOW + DAY))
    with pytest.raises(Invalid) as refused:
        desk(A, (first,)).be_away((NOW + DAY - HOUR, NOW + 2 * DAY))
    assert (refused.value.field, refused.value.reason) == ("from", "invalid.away_then")
    assert desk(A, (first,)).be_away((NOW + DAY, NOW + 2 * DAY)).adds


def test_days_away_can_be_taken_back_by_their_own_person_alone() -> None:
    away = change(A, Lies.AWAY, (NOW, NOW + DAY))
    assert desk(A, (away,)).back(away.id).on((away,)) == ()
    with pytest.raises(OfferGone):
        desk(B, (away,)).back(away.id)
    offered = change(A, Lies.OFFERED, (NOW, ENDS))
    with pytest.raises(OfferGone):
        desk(A, (offered,)).back(offered.id)


# Offers -----------------------------------------------------------------------------------------


def test_an_offer_stays_ones_own_until_somebody_takes_it() -> None:
    changes = desk(B).offer(BS_WEEK).on(())
    assert on_duty(changes, ENDS + DAY) == {B}
    (offer,) = changes
    taken = desk(C, changes).take(offer.id).on(changes)
    assert on_duty(taken, ENDS + DAY) == {C}
    assert offer not in taken


@pytest.mark.parametrize(
    "span",
    [
        (ENDS + HOUR, ENDS + WEEK + HOUR),  # an hour of it is C's
        (NOW, ENDS),
        (ENDS - HOUR, ENDS + HOUR),
    ],
)
def test_what_is_not_ones_own_cannot_be_offered(span: tuple[datetime, datetime]) -> None:
    with pytest.raises(Invalid) as refused:
        desk(B).offer(span)
    assert refused.value.reason == "invalid.not_your_duty"


def test_hours_cannot_be_offered_twice() -> None:
    changes = desk(B).offer(BS_WEEK).on(())
    with pytest.raises(Invalid) as refused:
        desk(B, changes).offer((ENDS + DAY, ENDS + 2 * DAY))
    assert refused.value.reason == "invalid.offered_then"


def test_who_is_away_may_offer_the_shift_all_the_same() -> None:
    away = change(B, Lies.AWAY, BS_WEEK)
    changes = desk(B, (away,)).offer(BS_WEEK).on((away,))
    offer = next(one for one in changes if one.lies is Lies.OFFERED)
    assert on_duty(desk(C, changes).take(offer.id).on(changes), ENDS + DAY) == {C}


@pytest.fixture
def offer() -> Change:
    return change(B, Lies.OFFERED, BS_WEEK)


def asks(who: StaffId, *changes: Change, now: datetime = NOW) -> list[Callable[[str], Edit]]:
    one = desk(who, changes, now)
    return [one.take, one.swap]


def test_an_offer_that_is_taken_or_over_is_gone(offer: Change) -> None:
    taken = desk(C, (offer,)).take(offer.id).on((offer,))
    for ask in (*asks(A, *taken), *asks(C, offer, now=offer.ends), *asks(C)):
        with pytest.raises(OfferGone):
            ask(offer.id)


def test_what_is_no_offer_cannot_be_taken() -> None:
    away = change(B, Lies.AWAY, BS_WEEK)
    for ask in asks(C, away):
        with pytest.raises(OfferGone):
            ask(away.id)


def test_who_is_on_duty_then_can_neither_take_nor_swap(offer: Change) -> None:
    beside = change(C, Lies.ON, (ENDS + DAY, ENDS + DAY + HOUR))
    for ask in asks(C, offer, beside):
        with pytest.raises(OnDutyThen):
            ask(offer.id)


def test_who_is_away_then_can_neither_take_nor_swap(offer: Change) -> None:
    away = change(C, Lies.AWAY, (ENDS + DAY, ENDS + 2 * DAY))
    for ask in asks(C, offer, away):
        with pytest.raises(AwayThen):
            ask(offer.id)


def test_ones_own_offer_is_taken_back_and_not_swapped(offer: Change) -> None:
    assert desk(B, (offer,)).take(offer.id).on((offer,)) == ()
    with pytest.raises(SwapWithSelf):
        desk(B, (offer,)).swap(offer.id)


def test_of_an_offer_that_runs_the_rest_is_taken() -> None:
    offer = change(A, Lies.OFFERED, (NOW - DAY, ENDS))
    changes = desk(B, (offer,)).take(offer.id).on((offer,))
    assert on_duty(changes, NOW) == {B}
    assert on_duty(changes, NOW - HOUR) == {A}


# Swaps ------------------------------------------------------------------------------------------


def test_a_swap_gives_ones_own_next_shift_in_return(offer: Change) -> None:
    changes = desk(C, (offer,)).swap(offer.id).on((offer,))
    assert on_duty(changes, ENDS + DAY) == {C}
    assert on_duty(changes, ENDS + WEEK + DAY) == {B}
    assert on_duty(changes, NOW) == {A}
    assert on_duty(changes, ENDS + 2 * WEEK + DAY) == {A}


def test_a_shift_that_runs_is_not_given_but_the_next_one(offer: Change) -> None:
    changes = desk(A, (offer,)).swap(offer.id).on((offer,))
    assert on_duty(changes, NOW) == {A}
    assert on_duty(changes, ENDS + DAY) == {A}
    assert on_duty(changes, ENDS + 2 * WEEK + DAY) == {B}


def test_who_has_no_shift_ahead_can_take_and_not_swap(offer: Change) -> None:
    stranger = StaffId("d" * 32)
    with pytest.raises(NothingToGive):
        desk(stranger, (offer,)).swap(offer.id)
    assert on_duty(desk(stranger, (offer,)).take(offer.id).on((offer,)), ENDS + DAY) == {stranger}


@pytest.mark.parametrize("lies", [Lies.ON, Lies.AWAY])
def test_a_shift_is_not_given_to_somebody_who_cannot_have_it(offer: Change, lies: Lies) -> None:
    busy = change(B, lies, (ENDS + WEEK + DAY, ENDS + WEEK + 2 * DAY))
    with pytest.raises(TheyCannot):
        desk(C, (offer, busy)).swap(offer.id)


def test_an_offer_of_the_shift_that_was_given_goes_with_it(offer: Change) -> None:
    given = change(C, Lies.OFFERED, (ENDS + WEEK, ENDS + 2 * WEEK))
    changes = desk(C, (offer, given)).swap(offer.id).on((offer, given))
    assert [one for one in changes if one.lies is Lies.OFFERED] == []


# Whatever people do -----------------------------------------------------------------------------

people = some.sampled_from([A, B, C])
acts = some.lists(
    some.tuples(some.sampled_from(["on", "off", "offer", "take", "swap"]), people), max_size=14
)


def _done(act: str, one: Desk) -> Edit:
    """One act: offered is one's own next shift, taken or swapped the first offer of another."""
    if act == "offer":
        return one.offer(one.next_shift() or BS_WEEK)
    others = (c.id for c in one.changes if c.lies is Lies.OFFERED and c.staff != one.who)
    if act in ("take", "swap"):
        first = next(others, "none")
        return one.take(first) if act == "take" else one.swap(first)
    return one.come_on() if act == "on" else one.go_off()


def _counted(changes: tuple[Change, ...]) -> list[int]:
    return [len(on_duty(changes, NOW + n * 3 * HOUR)) for n in range(8 * 60)]


@given(acts)
@settings(max_examples=150, deadline=None)
def test_offers_and_swaps_leave_as_many_on_duty_at_every_moment(
    asked: list[tuple[str, StaffId]],
) -> None:
    changes: tuple[Change, ...] = ()
    for n, (act, who) in enumerate([*asked, ("offer", A), ("swap", B), ("offer", B), ("take", C)]):
        one = desk(who, changes, NOW + n * HOUR)
        try:
            after = _done(act, one).on(changes)
        except Refused:
            continue
        assert len({c.id for c in after}) == len(after)
        if act not in ("on", "off"):
            assert _counted(after) == _counted(changes), act
        changes = after


def test_a_swap_after_an_offer_does_happen_in_such_histories() -> None:
    """So that the property above is about something."""
    changes = _done("offer", desk(A)).on(())
    swapped = _done("swap", desk(B, changes)).on(changes)
    assert swapped != changes
    assert _counted(swapped) == _counted(()) == [1] * 480


@given(some.lists(people, max_size=6))
@settings(max_examples=100, deadline=None)
def test_whoever_comes_on_again_and_again_has_no_two_changes_for_one_moment(
    asked: list[StaffId],
) -> None:
    changes: tuple[Change, ...] = ()
    for n, who in enumerate(asked):
        one = desk(who, changes, NOW + n * DAY)
        changes = one.come_on().on(changes)
    for who in (A, B, C):
        mine = sorted((c.begins, c.ends) for c in changes if c.staff == who)
        assert all(a[1] <= b[0] for a, b in pairwise(mine))
