"""What an organiser types makes a poll that can be asked, or is refused beside its field."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.errors import Invalid, NewMember, TenureUnknown, TooFewEligible
from bot.domain.polls import (
    LONGEST_OPEN,
    TENURE,
    Question,
    QuestionKind,
    asked,
    check_tenure,
    closes_at,
    may_open,
    read_days,
)
from bot.domain.polls.questions import LONGEST_OPTION, LONGEST_QUESTION
from tests.unit.harbour import moments

SINGLE, MULTIPLE, RANKED = QuestionKind.SINGLE, QuestionKind.MULTIPLE, QuestionKind.RANKED
SCALE, NPS, YES_NO = QuestionKind.SCALE, QuestionKind.NPS, QuestionKind.YES_NO
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def lines(n: int) -> str:
    return "\n".join(f"option {one}" for one in range(n))


def wrong(kind: QuestionKind, options: str, question: str = "What?") -> tuple[str, str]:
    with pytest.raises(Invalid) as refused:
        asked(question, kind, options)
    return refused.value.field, refused.value.reason


# The question -----------------------------------------------------------------------------------


def test_a_question_is_asked_as_it_was_typed_on_one_line() -> None:
    assert asked("  What\n now?  ", YES_NO, "") == Question(YES_NO, "What now?")


@pytest.mark.parametrize("question", ["", "   ", "\n\n"])
def test_a_question_needs_words(question: str) -> None:
    assert wrong(YES_NO, "", question) == ("question", "invalid.empty")


def test_a_question_fits_every_platform() -> None:
    assert asked("w" * LONGEST_QUESTION, YES_NO, "").text == "w" * LONGEST_QUESTION
    assert wrong(YES_NO, "", "w" * (LONGEST_QUESTION + 1)) == ("question", "invalid.too_long")


def test_invisible_characters_are_refused_in_the_field_they_are_in() -> None:
    assert wrong(YES_NO, "", "What\x00?") == ("question", "invalid.control_characters")
    assert wrong(SINGLE, "a\nb\x1b") == ("options", "invalid.control_characters")


# The options ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [SINGLE, MULTIPLE, RANKED])
def test_options_stand_one_a_line_whatever_ends_the_line(kind: QuestionKind) -> None:
    assert asked("?", kind, "\n a \r\n\r\nb  c\rd\n\n").options == ("a", "b c", "d")


@pytest.mark.parametrize("kind", [SINGLE, MULTIPLE, RANKED])
@pytest.mark.parametrize("options", ["", " \n ", "only one"])
def test_fewer_than_two_options_are_no_choice(kind: QuestionKind, options: str) -> None:
    assert wrong(kind, options) == ("options", "invalid.too_few_options")


@pytest.mark.parametrize(("kind", "most"), [(SINGLE, 20), (MULTIPLE, 20), (RANKED, 9)])
def test_so_many_options_and_no_more(kind: QuestionKind, most: int) -> None:
    assert len(asked("?", kind, lines(most)).options) == most
    assert wrong(kind, lines(most + 1)) == ("options", "invalid.too_many_options")
    assert wrong(kind, lines(60)) == ("options", "invalid.too_many_options")


@pytest.mark.parametrize("options", ["a\nb\na", "Yes please\nyes  PLEASE", "Straße\nSTRASSE"])
def test_two_options_that_read_the_same_are_refused(options: str) -> None:
    assert wrong(SINGLE, options) == ("options", "invalid.option_twice")


def test_an_option_fits_a_dialog_and_the_refusal_says_which_does_not() -> None:
    assert asked("?", SINGLE, "a\n" + "w" * LONGEST_OPTION).options[1] == "w" * LONGEST_OPTION
    with pytest.raises(Invalid) as refused:
        asked("?", SINGLE, "a\n" + "w" * (LONGEST_OPTION + 1))
    assert refused.value.reason == "invalid.option_too_long"
    assert refused.value.facts == {"line": 2, "most": LONGEST_OPTION, "now": LONGEST_OPTION + 1}


def test_of_multiple_a_last_line_that_is_a_number_is_the_limit() -> None:
    assert asked("?", MULTIPLE, "a\nb\nc\n2") == Question(MULTIPLE, "?", ("a", "b", "c"), most=2)
    assert asked("?", MULTIPLE, "a\nb\nc").most is None
    assert asked("?", MULTIPLE, "a\nb\nc\n3").most == 3
    assert len(asked("?", MULTIPLE, lines(20) + "\n5").options) == 20


def test_of_multiple_a_number_on_another_line_is_an_option() -> None:
    assert asked("?", MULTIPLE, "2025\n2026\nlater").options == ("2025", "2026", "later")
    assert asked("?", MULTIPLE, "a\nb\n2 or more").options == ("a", "b", "2 or more")


@pytest.mark.parametrize("kind", [SINGLE, RANKED])
def test_of_other_kinds_a_number_is_an_option_like_any(kind: QuestionKind) -> None:
    assert asked("?", kind, "1\n2\n3") == Question(kind, "?", ("1", "2", "3"))


@pytest.mark.parametrize("limit", ["0", "-1", "4", "2027", "9" * 2000])
def test_a_limit_lets_one_be_chosen_and_no_more_than_there_are(limit: str) -> None:
    assert wrong(MULTIPLE, f"a\nb\nc\n{limit}") == ("options", "invalid.limit")


def test_a_limit_is_no_option() -> None:
    assert wrong(MULTIPLE, "a\n1") == ("options", "invalid.too_few_options")
    assert wrong(MULTIPLE, "1") == ("options", "invalid.too_few_options")


def test_a_scale_has_words_for_both_ends_or_for_none() -> None:
    assert asked("?", SCALE, "never\nalways") == Question(SCALE, "?", ("never", "always"))
    assert asked("?", SCALE, " \n").options == ()
    for options in ("never", "never\nsometimes\nalways"):
        assert wrong(SCALE, options) == ("options", "invalid.scale_words")
    assert wrong(SCALE, "good\nGood") == ("options", "invalid.option_twice")
    assert wrong(SCALE, "a\n" + "w" * 76) == ("options", "invalid.option_too_long")


@pytest.mark.parametrize("kind", [NPS, YES_NO])
def test_kinds_that_bring_their_own_answers_take_no_others(kind: QuestionKind) -> None:
    assert asked("?", kind, " \r\n ") == Question(kind, "?")
    assert wrong(kind, "yes\nno") == ("options", "invalid.options_not_empty")


@given(
    some.text(), some.sampled_from(QuestionKind), some.text(some.sampled_from("ab1 \n\t\r2é\x00"))
)
def test_whatever_is_typed_makes_a_question_that_can_be_shown_or_is_refused(
    question: str, kind: QuestionKind, options: str
) -> None:
    with suppress(Invalid):
        made = asked(question, kind, options)
        assert 1 <= len(made.text) <= LONGEST_QUESTION
        assert all(1 <= len(one) <= LONGEST_OPTION for one in made.options)
        assert len({one.casefold() for one in made.options}) == len(made.options)
        assert 2 <= made.cells <= 20
        assert made.most is None or 1 <= made.most <= made.cells


# How long, and who ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "closes"),
    [
        ("12:00:00", "2026-06-08T12:00"),
        ("12:00:01", "2026-06-08T13:00"),
        ("23:59:59", "2026-06-09T00:00"),
    ],
)
def test_a_poll_closes_at_a_full_hour(now: str, closes: str) -> None:
    moment = datetime.fromisoformat(f"2026-06-01T{now}+00:00")
    assert closes_at(moment, 7).isoformat().startswith(closes)


@given(moments, some.integers(1, 60))
def test_a_poll_is_open_as_long_as_was_said_and_less_than_an_hour_more(
    now: datetime, days: int
) -> None:
    closes = closes_at(now, days)
    assert (closes.minute, closes.second, closes.microsecond) == (0, 0, 0)
    assert timedelta(days=days) <= closes - now < timedelta(days=days, hours=1)


@pytest.mark.parametrize(("typed", "days"), [("1", 1), (" 7 ", 7), ("60", 60), ("014", 14)])
def test_days_are_read_as_a_number(typed: str, days: int) -> None:
    assert read_days(typed) == days


@pytest.mark.parametrize("typed", ["", "0", "61", "-3", "1.5", "a week", "9" * 3000, "1e1"])
def test_other_days_are_refused_with_what_is_possible(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_days(typed)
    assert (refused.value.field, refused.value.reason) == ("days", "invalid.days")
    assert refused.value.facts == {"least": 1, "most": LONGEST_OPEN}


def test_how_long_depends_on_what_it_is_for() -> None:
    assert read_days("28", most=28) == 28
    with pytest.raises(Invalid) as refused:
        read_days("29", most=28)
    assert refused.value.facts == {"least": 1, "most": 28}


def test_a_poll_of_nine_is_not_opened() -> None:
    may_open(10)
    with pytest.raises(TooFewEligible) as refused:
        may_open(9)
    assert refused.value.facts == {"n": 10}


def test_votes_count_from_fourteen_days_on() -> None:
    assert timedelta(days=14) == TENURE
    check_tenure(NOON - TENURE, NOON, told=True)
    with pytest.raises(NewMember) as refused:
        check_tenure(NOON - TENURE + timedelta(seconds=1), NOON, told=True)
    assert refused.value.facts == {"n": 14}


def test_where_the_platform_cannot_tell_they_count() -> None:
    check_tenure(None, NOON, told=False)


def test_where_it_can_and_did_not_they_are_refused() -> None:
    with pytest.raises(TenureUnknown):
        check_tenure(None, NOON, told=True)
