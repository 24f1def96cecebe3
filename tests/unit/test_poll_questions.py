"""What a form brings becomes an answer, or a sentence that says what is wrong with it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.errors import Invalid
from bot.domain.polls import Question, QuestionKind, option_values, read_answer

FRUIT = ("apples", "pears", "plums", "quinces")
SINGLE = Question(QuestionKind.SINGLE, "Which?", FRUIT)
MULTIPLE = Question(QuestionKind.MULTIPLE, "Which?", FRUIT)
TWO_OF_FOUR = Question(QuestionKind.MULTIPLE, "Which two?", FRUIT, most=2)
SCALE = Question(QuestionKind.SCALE, "How much?", ("not at all", "very much"))
NPS = Question(QuestionKind.NPS, "How likely?")
YES_NO = Question(QuestionKind.YES_NO, "Yes?")
RANKED = Question(QuestionKind.RANKED, "In which order?", FRUIT[:3])
EVERY_KIND = (SINGLE, MULTIPLE, TWO_OF_FOUR, SCALE, NPS, YES_NO, RANKED)


def wrong(question: Question, given: str | tuple[str, ...]) -> tuple[str, str, dict[str, object]]:
    """The field, the sentence's key and its facts."""
    with pytest.raises(Invalid) as refused:
        read_answer(question, given, "q3")
    return refused.value.field, refused.value.reason, dict(refused.value.facts)


@pytest.mark.parametrize(
    ("question", "values"),
    [
        (SINGLE, ("1", "2", "3", "4")),
        (MULTIPLE, ("1", "2", "3", "4")),
        (SCALE, ("1", "2", "3", "4", "5")),
        (NPS, ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10")),
        (YES_NO, ("yes", "no")),
        (RANKED, ("1", "2", "3")),
    ],
)
def test_a_form_carries_numbers_as_people_count_and_yes_and_no(
    question: Question, values: tuple[str, ...]
) -> None:
    assert option_values(question) == values


@pytest.mark.parametrize("question", EVERY_KIND)
def test_every_kind_has_a_value_for_each_of_its_cells(question: Question) -> None:
    assert len(option_values(question)) == question.cells


@pytest.mark.parametrize("question", [SINGLE, MULTIPLE, TWO_OF_FOUR, SCALE, NPS, YES_NO])
def test_each_value_means_its_own_place(question: Question) -> None:
    for place, value in enumerate(option_values(question)):
        assert read_answer(question, value, "q1") == (place,)
        assert read_answer(question, (value,), "q1") == (place,)


def test_several_chosen_come_in_the_question_s_order_whichever_came_first() -> None:
    assert read_answer(MULTIPLE, ("4", "1", "3"), "q1") == (0, 2, 3)


def test_what_is_chosen_twice_is_chosen_once() -> None:
    assert read_answer(TWO_OF_FOUR, ("2", "2", "1"), "q1") == (0, 1)


@pytest.mark.parametrize("question", [SINGLE, MULTIPLE, TWO_OF_FOUR, SCALE, NPS, YES_NO])
@pytest.mark.parametrize("given", ["", (), ("",)])
def test_no_choice_is_refused(question: Question, given: str | tuple[str, ...]) -> None:
    assert wrong(question, given) == ("q3", "invalid.choose_one", {})


@pytest.mark.parametrize(
    ("question", "given"),
    [
        (SINGLE, "0"),
        (SINGLE, "5"),
        (SINGLE, "apples"),
        (SINGLE, "-1"),
        (SCALE, "0"),
        (SCALE, "6"),
        (NPS, "11"),
        (NPS, "-1"),
        (YES_NO, "maybe"),
        (YES_NO, "1"),
        (MULTIPLE, ("1", "5")),
    ],
)
def test_a_value_that_was_not_offered_is_refused(
    question: Question, given: str | tuple[str, ...]
) -> None:
    assert wrong(question, given) == ("q3", "invalid.not_an_option", {})


def test_more_than_may_be_chosen_are_refused_with_how_many_may() -> None:
    assert wrong(TWO_OF_FOUR, ("1", "2", "3")) == ("q3", "invalid.too_many_chosen", {"most": 2})
    assert read_answer(MULTIPLE, ("1", "2", "3", "4"), "q1") == (0, 1, 2, 3)


@pytest.mark.parametrize("question", [SINGLE, SCALE, NPS, YES_NO])
def test_where_one_is_asked_for_two_are_refused(question: Question) -> None:
    two = option_values(question)[:2]
    assert wrong(question, two) == ("q3", "invalid.too_many_chosen", {"most": 1})


@pytest.mark.parametrize("given", ["3 1 2", "3,1,2", " 3, 1,  2 ", "3\n1\n2\n", "3\t1 ,2"])
def test_a_ranking_is_numbers_with_spaces_or_commas_between(given: str) -> None:
    assert read_answer(RANKED, given, "q1") == (2, 0, 1)


@pytest.mark.parametrize("given", ["", "   ", ",", "1", "3 1"])
def test_a_ranking_names_every_option(given: str) -> None:
    assert wrong(RANKED, given) == ("q3", "invalid.rank_all", {"n": 3})


@pytest.mark.parametrize(("given", "twice"), [("1 1 2", "1"), ("1 2 3 3", "3"), ("2 2", "2")])
def test_a_ranking_names_no_option_twice(given: str, twice: str) -> None:
    assert wrong(RANKED, given) == ("q3", "invalid.rank_twice", {"option": twice})


@pytest.mark.parametrize("given", ["0 1 2", "1 2 4", "plums", "3-1-2", "312", "1.5 2 3"])
def test_a_ranking_is_of_numbers_that_stand_for_options(given: str) -> None:
    assert wrong(RANKED, given) == ("q3", "invalid.rank_numbers", {"n": 3})


def test_a_ranking_is_text() -> None:
    assert wrong(RANKED, ("1", "2", "3")) == ("q3", "invalid.not_text", {})


@given(some.integers(2, 9).flatmap(lambda n: some.permutations(range(n))))
def test_every_order_of_liking_can_be_said(order: list[int]) -> None:
    question = Question(QuestionKind.RANKED, "?", tuple(f"option {n}" for n in order))
    assert read_answer(question, " ".join(str(place + 1) for place in order), "q1") == tuple(order)


@given(some.sampled_from(EVERY_KIND), some.one_of(some.text(), some.tuples(some.text())))
def test_whatever_comes_is_an_answer_of_that_question_or_refused(
    question: Question, given: str | tuple[str, ...]
) -> None:
    with suppress(Invalid):
        answer = read_answer(question, given, "q1")
        assert answer
        assert set(answer) <= set(range(question.cells))
        assert len(set(answer)) == len(answer)
