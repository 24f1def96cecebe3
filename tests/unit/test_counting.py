"""Counts are the same in whatever order the ballots come, and hold nothing but how many."""

from hypothesis import given
from hypothesis import strategies as some

from bot.domain.polls import Answer, Ballot, Question, QuestionKind, counted
from bot.domain.privacy import Counted

FRUIT = ("apples", "pears", "plums")
SINGLE = Question(QuestionKind.SINGLE, "?", FRUIT)
MULTIPLE = Question(QuestionKind.MULTIPLE, "?", FRUIT)
NPS = Question(QuestionKind.NPS, "?")
RANKED = Question(QuestionKind.RANKED, "?", FRUIT)
QUESTIONS = (SINGLE, MULTIPLE, NPS, RANKED)

ballots = some.lists(
    some.builds(
        Ballot,
        some.tuples(
            some.tuples(some.integers(0, 2)),
            some.sets(some.integers(0, 2), min_size=1).map(sorted).map(tuple),
            some.tuples(some.integers(0, 10)),
            some.permutations(range(3)).map(tuple),
        ),
    ),
    max_size=30,
)


def count(question: Question, *answers: Answer) -> Counted:
    (found,) = counted([question], [Ballot((one,)) for one in answers])
    return found


def test_each_cell_says_how_many_chose_it() -> None:
    assert count(SINGLE, (0,), (2,), (0,)) == Counted((2, 0, 1), 3)


def test_of_multiple_every_choice_counts_and_every_person_once() -> None:
    found = count(MULTIPLE, (0, 1), (1,), (0, 1, 2))
    assert found == Counted((2, 3, 1), 3)


def test_ranked_counts_first_preferences_and_orders_by_all() -> None:
    five = [(0, 1, 2), (0, 1, 2), (1, 2, 0), (1, 2, 0), (2, 1, 0)]
    found = count(RANKED, *five * 3)
    assert found.cells == (6, 6, 3)
    assert found.order == ((1,), (2,), (0,))  # three of five like pears, and plums, better
    # Of five it would turn on one vote: so they are level, but for the one that four put higher.
    assert count(RANKED, *five).order == ((0, 1), (2,))


def test_0_to_10_says_that_it_is() -> None:
    assert count(NPS, (10,), (0,)).nps
    assert not count(SINGLE, (0,)).nps


def test_a_question_that_someone_left_out_counts_those_who_answered() -> None:
    found = counted([SINGLE, MULTIPLE], [Ballot(((0,), ())), Ballot(((1,), (1, 2)))])
    assert [one.answers for one in found] == [2, 1]


def test_a_poll_that_nobody_answered_counts_nothing() -> None:
    for found, question in zip(counted(QUESTIONS, []), QUESTIONS, strict=True):
        assert (found.answers, found.cells) == (0, (0,) * question.cells)


@given(ballots, some.randoms(use_true_random=False))
def test_the_order_of_ballots_does_not_matter(given: list[Ballot], chance: object) -> None:
    other = given.copy()
    chance.shuffle(other)  # type: ignore[attr-defined]  # it is a Random
    assert counted(QUESTIONS, other) == counted(QUESTIONS, given)


@given(ballots)
def test_parts_of_a_whole_make_up_the_whole(given: list[Ballot]) -> None:
    for question, found in zip(QUESTIONS, counted(QUESTIONS, given), strict=True):
        assert max(found.cells) <= found.answers == len(given)
        several = question.kind is QuestionKind.MULTIPLE
        assert several or sum(found.cells) == found.answers
