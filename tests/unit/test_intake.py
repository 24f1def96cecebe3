"""People's words arrive as they were typed or not at all; whom they leave out never reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.communities import Community, Policy, Role, Staff, StaffId, Step, Target, Trust
from bot.domain.errors import Invalid
from bot.domain.grievances.intake import (
    can_leave_out,
    checked_text,
    left_out,
    readers_of,
)
from tests.unit.harbour import GRETA, INES, KARIM, OSKAR, RUTH, community, person

NEUTRAL, EMPLOYER = Trust.NEUTRAL, Trust.EMPLOYER_OWNED


def refused(text: str, shortest: int = 1) -> Invalid:
    with pytest.raises(Invalid) as raised:
        checked_text("story", text, shortest)
    assert raised.value.field == "story"
    return raised.value


# Words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "x" * 3000,
        "two\nlines\tand a tab",
        "העבודה בלילה לא נגמרת אף פעם",
        "نعمل كل ليلة ولا أحد يجيب \u200fأبدا",
        "夜間の呼び出しが止まりません",
        "👩🏽‍💻 and 🏳️‍🌈 and 👍",
        "Zalgo: Z\u0351\u0343\u036b",
        "<b>bold</b> & *stars* `code` {/about} {story} %s \\n",
        "'; DROP TABLE cases; --",
        "😀" * 3000,
    ],
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert checked_text("story", text) == text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  around  ", "around"),
        ("\n\nabove and below\n\n", "above and below"),
        ("one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour"),
        ("\r\n" + "x" * 3000 + "\r\n", "x" * 3000),
    ],
)
def test_only_edges_and_line_ends_are_made_even(typed: str, kept: str) -> None:
    assert checked_text("story", typed) == kept


@pytest.mark.parametrize("text", ["", " ", "\n\t \r\n", "\u00a0\u3000\u2003"])
def test_nothing_is_told_from_too_little(text: str) -> None:
    assert refused(text, 20).reason == "invalid.empty"


def test_too_little_says_how_much_is_wanted() -> None:
    invalid = refused("x" * 19, 20)
    assert (invalid.reason, invalid.facts) == ("invalid.too_short", {"least": 20})
    assert checked_text("story", "x" * 20, 20) == "x" * 20
    assert refused(" " * 40 + "x" * 19, 20).reason == "invalid.too_short"


@pytest.mark.parametrize("length", [3001, 2**20])
def test_too_much_says_how_much_it_is(length: int) -> None:
    invalid = refused("x" * length)
    assert (invalid.reason, invalid.facts) == ("invalid.too_long", {"most": 3000, "now": length})


CONTROLS = [*range(0x00, 0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)]


@pytest.mark.parametrize("code", CONTROLS, ids=hex)
def test_control_characters_are_refused_wherever_they_stand(code: int) -> None:
    for text in (f"in the {chr(code)} middle", f"at the end{chr(code)}", f"{chr(code)}in front"):
        assert refused(text).reason == "invalid.control_characters"


@pytest.mark.parametrize("half", [0xD800, 0xD83D, 0xDE00, 0xDFFF], ids=hex)
def test_halves_of_a_broken_pair_are_refused(half: int) -> None:
    assert refused(f"a smile {chr(half)} cut in two").reason == "invalid.control_characters"


@given(some.text(max_size=200))
def test_whatever_is_taken_can_be_written_down_and_taken_again(text: str) -> None:
    try:
        words = checked_text("story", text)
    except Invalid:
        return
    assert words.encode("utf-8").decode("utf-8") == words
    assert checked_text("story", words) == words
    assert words in text.replace("\r\n", "\n").replace("\r", "\n")


# Whom to leave out ------------------------------------------------------------------------------

ALL_READERS = (GRETA, INES, KARIM, RUTH)  #: the reps, and the organiser whom a step reaches
REPS_ALONE = Policy((Step(Target.ON_DUTY), Step(Target.ALL_REPS)))


def test_elsewhere_everyone_who_could_read_is_offered_by_name() -> None:
    offered = can_leave_out(community(), NEUTRAL)
    assert offered == tuple((one.id, one.name) for one in ALL_READERS)
    assert can_leave_out(community(), Trust.WORKER_OWNED) == offered


def test_an_employer_owned_space_names_only_those_who_agreed() -> None:
    assert can_leave_out(community(), EMPLOYER) == (
        (INES.id, "Ines"),
        (KARIM.id, "Karim"),
        ("rep", Role.REP),
        ("organiser", Role.ORGANISER),
    )


def test_a_role_that_everyone_agreed_to_be_named_in_has_no_entry() -> None:
    offered = can_leave_out(community(INES, KARIM), EMPLOYER)
    assert offered == ((INES.id, "Ines"), (KARIM.id, "Karim"))


def test_where_nobody_may_be_named_only_roles_are_offered() -> None:
    unnamed = person("Ada", Role.REP, named=False)
    assert can_leave_out(community(unnamed), EMPLOYER) == (("rep", Role.REP),)
    assert can_leave_out(community(OSKAR), NEUTRAL) == ()


def test_leaving_out_by_name_leaves_out_that_person_alone() -> None:
    assert left_out(community(), [GRETA.id]) == {GRETA.id}
    assert left_out(community(), [INES.id, GRETA.id]) == {INES.id, GRETA.id}


def test_the_entry_of_a_role_leaves_out_all_of_it_who_are_not_named_there() -> None:
    """As its label says: "All reps who are not named here"."""
    assert left_out(community(), ["rep"]) == {GRETA.id}
    assert left_out(community(), ["rep", INES.id]) == {GRETA.id, INES.id}
    two = (GRETA, person("Hal", Role.REP, named=False), INES)
    assert left_out(community(*two), ["rep"]) == {one.id for one in two if not one.named}


def test_whoever_holds_both_roles_goes_with_either() -> None:
    both = person("Bo", Role.REP, Role.ORGANISER, named=False)
    for role in ("rep", "organiser"):
        assert both.id in left_out(community(both, INES), [role])


@pytest.mark.parametrize(
    "chosen",
    [[], ["nobody"], ["moderator"], ["worker"], [OSKAR.id], [""]],
)
def test_what_names_no_reader_leaves_nobody_out(chosen: list[str]) -> None:
    assert left_out(community(), chosen) == frozenset()


def test_readers_are_those_whom_a_step_can_reach_less_those_left_out() -> None:
    assert readers_of(community(), frozenset()) == ALL_READERS
    assert readers_of(community(), frozenset({INES.id, RUTH.id})) == (GRETA, KARIM)
    assert readers_of(community(), frozenset({GRETA.id, KARIM.id})) == (INES, RUTH)
    assert readers_of(community(), frozenset(one.id for one in ALL_READERS)) == ()
    assert OSKAR not in readers_of(community(), frozenset())


def test_an_organiser_is_no_reader_until_a_step_reaches_them() -> None:
    alone = community(policy=REPS_ALONE)
    assert alone.readers() == (GRETA, INES, KARIM)
    assert RUTH.id not in {value for value, _ in can_leave_out(alone, NEUTRAL)}
    assert left_out(alone, ["organiser", RUTH.id]) == frozenset()
    named = Step(Target.ORGANISERS, people=(person("Else", Role.ORGANISER).id,))
    elsewhere = community(policy=Policy((*REPS_ALONE.steps, named)))
    assert RUTH not in elsewhere.readers()
    assert community().readers() == ALL_READERS


def test_more_reps_than_fit_one_dialog_are_refused() -> None:
    reps = [person(f"P{n}", Role.REP) for n in range(26)]
    organisers = [person(f"O{n}", Role.ORGANISER) for n in range(10)]
    full = community(*reps[:25], *organisers, policy=REPS_ALONE)
    assert len(full.readers()) == 25
    for too_many in (reps, [*reps[:25], organisers[0]]):
        with pytest.raises(ValueError, match="at most 25 readers"):
            community(*too_many)


people = some.lists(
    some.builds(
        lambda n, roles, named: person(f"P{n}", *roles, named=named),
        some.integers(0, 10**6),
        some.sets(some.sampled_from(Role)),
        some.booleans(),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@given(people, some.sampled_from(Trust), some.data())
def test_nobody_who_was_chosen_is_ever_a_reader(
    staff: list[Staff], trust: Trust, data: some.DataObject
) -> None:
    harbour: Community = community(*staff) if staff else community(OSKAR)
    offered = can_leave_out(harbour, trust)
    values = [value for value, _ in offered]
    chosen = data.draw(some.lists(some.sampled_from(values))) if values else []
    out = left_out(harbour, chosen)
    readers = {one.id for one in readers_of(harbour, out)}
    assert not readers & out
    assert not readers & {StaffId(value) for value in chosen}
    assert readers | out == {one.id for one in harbour.readers()}
    everyone = left_out(harbour, values)
    assert readers_of(harbour, everyone) == ()  # whoever can read can be left out


@given(people)
def test_no_name_is_offered_where_it_may_not_be_said(staff: list[Staff]) -> None:
    harbour = community(*staff) if staff else community(OSKAR)
    said = {who for _, who in can_leave_out(harbour, EMPLOYER)}
    assert not said & {one.name for one in harbour.staff if not one.named}
