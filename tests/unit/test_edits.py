"""Each edit: what it makes of a community, which setting it is about, what it refuses; and that it
is the same again once it was kept."""

import json
from dataclasses import fields, replace
from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.communities import (
    Account,
    Community,
    FirstPulse,
    Grant,
    Role,
    RoomKind,
    Space,
    Staff,
    Target,
    Trust,
    Words,
)
from bot.domain.communities import edits as every
from bot.domain.communities.edits import (
    EDITS,
    Calendar,
    Called,
    Climbed,
    Counted,
    Destined,
    Edit,
    Ended,
    Floored,
    Joined,
    Kept,
    Left,
    Named,
    Offered,
    Outside,
    OwnWords,
    Pulsed,
    Roomed,
    Sorted,
    Spoken,
    Trusted,
    as_kept,
    from_kept,
)
from bot.domain.errors import (
    Invalid,
    LastModerator,
    NoSuchPlace,
    NotAllowed,
    NotAPlace,
    PulseBegun,
    Refused,
    RolesFull,
)
from tests.unit.harbour import (
    DAY,
    GRETA,
    HOUR,
    INES,
    KARIM,
    MONDAY,
    OSKAR,
    RUTH,
    WEDNESDAY,
    community,
    person,
)

ROOMS = {RoomKind.BULLETIN: "general", RoomKind.STAFF: "reps", RoomKind.ORGANISERS: "organisers"}
HOME = Space("h" * 32, "sandbox", "harbour", "Harbour", Trust.NEUTRAL, ROOMS)
WORKS = Space("w" * 32, "slack", "T1", "Works", Trust.EMPLOYER_OWNED, {RoomKind.BULLETIN: "C1"})
HALL = Space("a" * 32, "matrix", "!hall", "Hall", Trust.WORKER_OWNED, {RoomKind.ORGANISERS: "!o"})
NOWHERE = "0" * 32


def granted(one: Staff) -> Staff:
    grants = tuple(Grant(role, MONDAY - DAY, MONDAY + 300 * DAY) for role in sorted(one.roles))
    return replace(one, grants=grants)


STAFF = tuple(map(granted, (INES, KARIM, GRETA, RUTH, OSKAR)))
NEW = community(*STAFF, spaces=(HOME, WORKS, HALL))
#: Open, with a first pulse that has not begun.
FIRST = FirstPulse(("workload",), "monthly", 7, comment=True)
OPEN = replace(NEW, opened=MONDAY - DAY, first_pulse=FIRST)


def named(one: object) -> str:
    """The same in every process: a set has no order."""
    return str(sorted(one) if isinstance(one, set) else one)[:40]


BOTH = pytest.mark.parametrize("before", [NEW, OPEN], ids=["set up", "open"])

STEPS = (("on_duty", 12, 0, ()), ("organisers", 48, 24, ()))
#: An edit of each kind that can be, what of the community it changes, and what it is about.
EACH: list[tuple[Edit, set[str], str]] = [
    (Named("Docks"), {"name"}, "name"),
    (Spoken("de"), {"language"}, "language"),
    (Calendar("Europe/Berlin", (1, 4), 17), {"slots", "rota"}, "slots"),
    (Trusted(WORKS.id, "neutral"), {"spaces"}, f"trust/{WORKS.id}"),
    (Roomed(HOME.id, "staff", "desk"), {"spaces"}, f"room/{HOME.id}/staff"),
    (Roomed(HOME.id, "organisers", "desk"), {"spaces"}, "digest_to"),
    (Destined(HOME.id, "desk", ()), {"spaces"}, "digest_to"),
    (Sorted(("pay", "the crane")), {"categories"}, "categories"),
    (Climbed(STEPS), {"policy"}, "steps"),
    (Outside("The union"), {"policy"}, "outside_body"),
    (Floored(7), {"floor"}, "floor"),
    (Counted(44), {"members"}, "members"),
    (Kept(45), {"retention"}, "kept"),
    (Pulsed(("stay",), "weekly", 3, False), {"first_pulse"}, "first_pulse"),
    (Offered("Ada", "rep", "slack", "U7", "T1"), set(), "new_role/rep/slack/U7"),
    (Ended(INES.id, "rep"), {"staff"}, f"end_role/rep/{INES.id}"),
    (Called(OSKAR.id, "Oskar B."), {"staff"}, f"staff_name/{OSKAR.id}"),
    (OwnWords("Steward", "", ""), {"words"}, "words"),
    (
        Joined("j" * 32, "slack", "T9", "Docks", OSKAR.id),
        {"spaces"},
        "link/slack/T9",
    ),
    (Left(HALL.id), {"spaces"}, f"unlink/{HALL.id}"),
]
HARMLESS = {Spoken, Floored}


def changed(before: Community, after: Community) -> set[str]:
    names = [one.name for one in fields(Community)]
    return {name for name in names if getattr(before, name) != getattr(after, name)}


@BOTH
@pytest.mark.parametrize(("edit", "fields", "aim"), EACH, ids=named)
def test_an_edit_changes_its_own_setting_and_nothing_else(
    edit: Edit, fields: set[str], aim: str, before: Community
) -> None:
    after = edit.applied(before, WEDNESDAY)
    assert changed(before, after) == fields
    assert edit.aim == aim
    assert edit.is_seen is bool(fields) or isinstance(edit, Destined)


def test_every_edit_there_is_is_tried_here() -> None:
    assert {type(edit) for edit, _, _ in EACH} == set(EDITS.values())
    written = {one for one in vars(every).values() if isinstance(one, type)}
    assert {one for one in written if issubclass(one, Edit)} - {Edit} == set(EDITS.values())
    assert {kind: one.kind for kind, one in EDITS.items()} == {kind: kind for kind in EDITS}


@pytest.mark.parametrize("edit", [edit for edit, _, _ in EACH], ids=named)
def test_only_a_language_and_a_higher_floor_are_harmless(edit: Edit) -> None:
    assert edit.harmless(OPEN) is (type(edit) in HARMLESS)


def test_organisers_ask_where_digests_come_and_moderators_everything_else() -> None:
    assert {one for one in EDITS.values() if one.asked_by is not Role.MODERATOR} == {Destined}
    assert Destined.asked_by is Role.ORGANISER


# What they make of it -------------------------------------------------------------------------------


def space(after: Community, id: str) -> Space:
    return next(one for one in after.spaces if one.id == id)


def test_a_calendar_of_an_open_community_follows_the_one_before() -> None:
    edit = Calendar("UTC", (4, 1), 17)
    fresh = edit.applied(NEW, MONDAY + HOUR).slots
    assert (fresh.weekdays, fresh.at, fresh.bridge) == ((1, 4), time(17), None)
    told = OPEN.slots.after(MONDAY + HOUR)
    assert edit.applied(OPEN, MONDAY + HOUR).slots.after(MONDAY + HOUR) == told == WEDNESDAY


@BOTH
def test_the_same_calendar_is_no_change(before: Community) -> None:
    assert Calendar("UTC", (0, 2, 4), 9).applied(before, WEDNESDAY) == before


def test_a_trust_that_is_told_is_answered() -> None:
    unanswered = replace(WORKS, answered=False)
    before = replace(NEW, spaces=(HOME, unanswered))
    after = Trusted(WORKS.id, "employer-owned").applied(before, MONDAY)
    assert (space(after, WORKS.id).answered, space(after, WORKS.id).trust) == (
        True,
        Trust.EMPLOYER_OWNED,
    )


def test_a_room_is_for_one_thing_and_the_other_rooms_stay() -> None:
    after = Roomed(HOME.id, "staff", "organisers").applied(OPEN, MONDAY)
    assert space(after, HOME.id).rooms == {
        RoomKind.BULLETIN: "general",
        RoomKind.STAFF: "organisers",
    }
    assert (space(after, WORKS.id), space(after, HALL.id)) == (WORKS, HALL)


def test_a_digest_comes_to_one_room_of_one_space() -> None:
    after = Destined(HOME.id, "reps", ("ruth@example.org",)).applied(OPEN, MONDAY)
    assert space(after, HOME.id).rooms == ROOMS | {RoomKind.ORGANISERS: "reps"}
    assert space(after, HALL.id).rooms == {}


def test_other_addresses_alone_leave_the_rooms() -> None:
    assert Destined("", "", ("ruth@example.org",)).applied(OPEN, MONDAY) is OPEN


def test_steps_leave_who_stands_outside_to_the_setting_of_that_name() -> None:
    with_step = ("outside", 24, 168, ())
    for steps in (STEPS, (*STEPS, with_step)):
        after = Climbed(steps).applied(OPEN, MONDAY)
        assert [one.target for one in after.policy.steps] == [
            Target.ON_DUTY,
            Target.ORGANISERS,
            Target.OUTSIDE,
        ]
    alone = Outside("").applied(OPEN, MONDAY)
    after = Climbed((*STEPS, with_step)).applied(alone, MONDAY)
    assert Target.OUTSIDE not in {one.target for one in after.policy.steps}


def test_steps_and_outside_body_come_to_the_same_in_either_order() -> None:
    for body in ("", "The union"):
        one, other = Outside(body), Climbed(STEPS)
        there = other.applied(one.applied(OPEN, MONDAY), MONDAY)
        assert one.applied(other.applied(OPEN, MONDAY), MONDAY) == there
        assert any(step.target is Target.OUTSIDE for step in there.policy.steps) is bool(body)


def test_an_ended_role_holds_no_more_and_the_others_stay() -> None:
    both = granted(replace(INES, roles=frozenset({Role.REP, Role.ORGANISER})))
    before = replace(OPEN, staff=(both, *STAFF[1:]))
    after = Ended(INES.id, "rep").applied(before, WEDNESDAY).person(INES.id)
    assert after is not None
    assert after.roles == {Role.ORGANISER}
    assert {one.role: one.ends for one in after.grants}[Role.REP] == WEDNESDAY
    assert {one.role: one.ends for one in after.grants}[Role.ORGANISER] > WEDNESDAY


def test_a_role_that_ended_long_ago_keeps_its_date() -> None:
    old = Grant(Role.MODERATOR, MONDAY - 9 * DAY, MONDAY - 8 * DAY)
    ines = replace(STAFF[0], grants=(*STAFF[0].grants, old))
    after = Ended(INES.id, "rep").applied(replace(OPEN, staff=(ines, *STAFF[1:])), MONDAY)
    found = after.person(INES.id)
    assert found is not None
    assert old in found.grants


def test_own_words_leave_what_workers_are_called() -> None:
    before = replace(OPEN, words=Words(worker="Docker", rep="Delegate"))
    assert OwnWords("", "Crew", "").applied(before, MONDAY).words == Words("Docker", "", "Crew", "")


def test_a_joined_place_is_treated_as_the_employers_until_somebody_says() -> None:
    (new,) = (one for one in EACH[-2][0].applied(OPEN, MONDAY).spaces if one not in OPEN.spaces)
    assert (new.trust, new.answered, new.rooms) == (Trust.EMPLOYER_OWNED, False, {})


def test_of_an_account_in_a_place_that_left_the_worst_is_meant() -> None:
    """Else a workspace of an employer that is let go would hear notices again."""
    union = Space("u" * 32, "slack", "T2", "Union", Trust.NEUTRAL)
    before = replace(OPEN, spaces=(*OPEN.spaces, union))
    accounts = (Account("slack", "U1", "T1"), Account("slack", "U2", "T2"), Account("matrix", "@i"))
    ines = replace(INES, accounts=accounts)
    assert before.told_at(ines) == accounts[1:]
    assert Left(WORKS.id).applied(before, MONDAY).told_at(ines) == accounts[1:]
    assert Left(union.id).applied(before, MONDAY).told_at(ines) == accounts[2:]


def test_no_question_is_no_first_pulse() -> None:
    none = Pulsed((), "weekly", 3, comment=False)
    assert none.applied(OPEN, MONDAY).first_pulse is None
    assert none.applied(NEW, MONDAY) == NEW


def test_a_first_pulse_is_nobodys_setting_once_it_has_begun() -> None:
    begun = replace(OPEN, first_pulse=None)
    for edit in (Pulsed(("stay",), "weekly", 3, False), Pulsed((), "weekly", 3, False)):
        with pytest.raises(PulseBegun):
            edit.applied(begun, MONDAY)


# What they refuse -----------------------------------------------------------------------------------

REFUSED: list[tuple[Edit, type[Refused]]] = [
    (Named(" "), Invalid),
    (Named("N" * 61), Invalid),
    (Named("N\x07"), Invalid),
    (Calendar("UTC", (), 9), Invalid),
    (Calendar("UTC", (7,), 9), Invalid),
    (Calendar("UTC", (0,), 24), Invalid),
    (Calendar("Europe/Atlantis", (0,), 9), Invalid),
    (Trusted(NOWHERE, "neutral"), NoSuchPlace),
    (Roomed(NOWHERE, "staff", "desk"), NoSuchPlace),
    (Roomed(HOME.id, "staff", ""), NotAPlace),
    (Roomed(HOME.id, "bulletin", ""), NotAPlace),
    (Roomed(HOME.id, "everything", "desk"), Invalid),
    (Roomed(HOME.id, "", "desk"), Invalid),
    (Roomed(WORKS.id, "staff", "C2"), Invalid),
    (Roomed(WORKS.id, "organisers", "C2"), Invalid),
    (Destined(WORKS.id, "C2", ()), Invalid),
    (Destined(NOWHERE, "desk", ()), NoSuchPlace),
    (Destined(HOME.id, "", ()), NotAPlace),
    (Sorted(()), Invalid),
    (Sorted((" ", "")), Invalid),
    (Sorted(tuple(f"c{n}" for n in range(26))), Invalid),
    (Sorted(("c" * 61,)), Invalid),
    (Climbed(()), Invalid),
    (Climbed((("organisers", 24, 0, ()),)), Invalid),
    (Climbed((("on_duty", 0, 0, ()),)), Invalid),
    (Climbed((("on_duty", 721, 0, ()),)), Invalid),
    (Climbed((("named_reps", 24, 0, ()),)), Invalid),
    (Climbed((("on_duty", 24, 0, ()), ("named_reps", 24, 0, (OSKAR.id,)))), Invalid),
    (Climbed((("on_duty", 24, 0, ()),) * 8), Invalid),
    (Outside("B" * 201), Invalid),
    (Outside("B\nB"), Invalid),
    (Floored(4), Invalid),
    (Floored(51), Invalid),
    (Counted(-1), Invalid),
    (Counted(1_000_001), Invalid),
    (Kept(29), Invalid),
    (Kept(61), Invalid),
    (Offered("", "rep", "slack", "U7", "T1"), Invalid),
    (Offered("N" * 61, "rep", "slack", "U7", "T1"), Invalid),
    (Offered("Ada", "worker", "slack", "U7", "T1"), Invalid),
    (Offered("Ada", "owner", "slack", "U7", "T1"), Invalid),
    (Ended(NOWHERE, "rep"), Invalid),
    (Ended(INES.id, "organiser"), Invalid),
    (Ended(OSKAR.id, "moderator"), LastModerator),
    (Ended(RUTH.id, "organiser"), Invalid),  # a step would reach nobody
    (Called(NOWHERE, "Ada"), Invalid),
    (Called(OSKAR.id, ""), Invalid),
    (OwnWords("R2", "", ""), Invalid),
    (OwnWords("Steward", "steward", ""), Invalid),
    (Joined("j" * 32, "slack", "T9", "Docks", INES.id), NotAllowed),
    (Joined("j" * 32, "slack", "T9", "Docks", NOWHERE), NotAllowed),
    (Left(NOWHERE), NoSuchPlace),
]


@BOTH
@pytest.mark.parametrize(("edit", "why"), REFUSED, ids=lambda one: str(one)[:50])
def test_what_cannot_be_is_refused(edit: Edit, why: type[Refused], before: Community) -> None:
    with pytest.raises(why):
        edit.applied(before, MONDAY)


@pytest.mark.parametrize("kind", ["staff", "organisers"])
def test_once_it_is_open_no_change_of_another_room_takes_the_bulletin_room_away(kind: str) -> None:
    edit = Roomed(HOME.id, kind, "general")
    assert RoomKind.BULLETIN not in space(edit.applied(NEW, MONDAY), HOME.id).rooms
    with pytest.raises(Invalid) as refused:
        edit.applied(OPEN, MONDAY)
    assert refused.value.reason == "invalid.room_of_bulletins"
    with pytest.raises(Invalid):
        Destined(HOME.id, "general", ()).applied(OPEN, MONDAY)
    moved = Roomed(HOME.id, "bulletin", "square").applied(OPEN, MONDAY)
    assert space(moved, HOME.id).rooms[RoomKind.BULLETIN] == "square"


def test_the_last_place_stays_whatever_waits() -> None:
    two = replace(OPEN, spaces=(HOME, HALL))
    one = Left(HALL.id).applied(two, MONDAY)
    with pytest.raises(Invalid):
        Left(HOME.id).applied(one, MONDAY)


def test_a_floor_only_goes_up_once_it_is_open() -> None:
    high = replace(OPEN, floor=9)
    with pytest.raises(Invalid):
        Floored(8).applied(high, MONDAY)
    assert not Floored(8).harmless(high)
    assert Floored(8).applied(replace(NEW, floor=9), MONDAY).floor == 8


def test_steps_that_would_reach_more_people_than_fit_are_refused_and_no_bug() -> None:
    crowd = tuple(granted(person(f"O{n:02}", Role.ORGANISER)) for n in range(26))
    alone = Climbed((("on_duty", 24, 0, ()),))
    before = alone.applied(OPEN, MONDAY)
    before = replace(before, staff=(*before.staff, *crowd))
    with pytest.raises(RolesFull):
        Climbed(STEPS).applied(before, MONDAY)


# Kept -----------------------------------------------------------------------------------------------

words = some.text(max_size=80)
numbers = some.integers(-(10**7), 10**7)
each_step = some.tuples(words, numbers, numbers, some.lists(words, max_size=3).map(tuple))
BY_TYPE: dict[Any, some.SearchStrategy[Any]] = {
    str: words,
    int: numbers,
    bool: some.booleans(),
    tuple[str, ...]: some.lists(words, max_size=5).map(tuple),
    tuple[int, ...]: some.lists(numbers, max_size=5).map(tuple),
    tuple[tuple[str, int, int, tuple[str, ...]], ...]: some.lists(each_step, max_size=4).map(tuple),
}


def any_of(kind: type[Edit]) -> some.SearchStrategy[Edit]:
    return some.builds(kind, **{one.name: BY_TYPE[one.type] for one in fields(kind)})


@given(some.one_of([any_of(one) for one in EDITS.values()]))
def test_an_edit_is_the_same_again_once_it_was_kept(edit: Edit) -> None:
    again = from_kept(json.loads(json.dumps(as_kept(edit))))
    assert again == edit
    assert again.aim == edit.aim
    assert hash(again) == hash(edit)


@given(some.one_of([any_of(one) for one in EDITS.values()]), some.booleans())
def test_whatever_an_edit_holds_it_is_refused_or_fits_and_never_a_bug(
    edit: Edit, opened: bool
) -> None:
    """What waits is applied by the clock: a bug there would hold up all that waits behind it."""
    before = OPEN if opened else NEW
    if isinstance(edit, Trusted):
        edit = replace(edit, trust="neutral")  # of the form's own values
    if isinstance(edit, Climbed):
        steps = tuple(("on_duty", *one[1:]) for one in edit.steps)
        edit = replace(edit, steps=steps)
    if isinstance(edit, Ended):
        edit = replace(edit, role="rep")
    try:
        after = edit.applied(before, WEDNESDAY)
    except Refused:
        return
    assert after.id == before.id
    assert after.spaces
    assert timedelta(0) < after.policy.first_answer
