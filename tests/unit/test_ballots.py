"""All ballots of one poll are as long as each other, and come back whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bot.domain.grievances.intake import LONGEST_TEXT
from bot.domain.polls import Answer, Ballot, Question, QuestionKind, ballot_size, decoded, encoded

FRUIT = tuple(f"fruit {n}" for n in range(6))
QUESTIONS = (
    Question(QuestionKind.SINGLE, "?", FRUIT),
    Question(QuestionKind.MULTIPLE, "?", FRUIT, most=3),
    Question(QuestionKind.SCALE, "?"),
    Question(QuestionKind.RANKED, "?", FRUIT),
)
words = some.text(some.characters(exclude_categories=["Cs"]), max_size=300)


@some.composite
def questions(draw: some.DrawFn) -> tuple[Question, ...]:
    """One to five, of any kinds and sizes."""
    made = []
    for kind in draw(some.lists(some.sampled_from(QuestionKind), min_size=1, max_size=5)):
        most = 9 if kind is QuestionKind.RANKED else 20
        options = tuple(f"option {n}" for n in range(draw(some.integers(2, most))))
        free = kind in (QuestionKind.SINGLE, QuestionKind.MULTIPLE, QuestionKind.RANKED)
        limit = draw(some.none() | some.integers(1, len(options)))
        made.append(
            Question(
                kind,
                "?",
                options if free else (),
                limit if kind is QuestionKind.MULTIPLE else None,
            )
        )
    return tuple(made)


@some.composite
def answers(draw: some.DrawFn, question: Question) -> Answer:
    places = some.integers(0, question.cells - 1)
    match question.kind:
        case QuestionKind.RANKED:
            return tuple(draw(some.permutations(range(question.cells))))
        case QuestionKind.MULTIPLE:
            most = question.most or question.cells
            return tuple(sorted(draw(some.sets(places, min_size=1, max_size=most))))
        case _:
            return (draw(places),)


@some.composite
def ballots(draw: some.DrawFn) -> tuple[tuple[Question, ...], bool, Ballot]:
    asked, comment = draw(questions()), draw(some.booleans())
    given = tuple(draw(answers(one) | some.just(())) for one in asked)
    return asked, comment, Ballot(given, draw(words) if comment else "")


@given(ballots())
def test_a_ballot_comes_back_whole(made: tuple[tuple[Question, ...], bool, Ballot]) -> None:
    asked, comment, ballot = made
    assert decoded(encoded(ballot, asked, comment), asked) == ballot


@given(ballots())
def test_every_ballot_of_a_poll_has_its_poll_s_size(
    made: tuple[tuple[Question, ...], bool, Ballot],
) -> None:
    asked, comment, ballot = made
    assert len(encoded(ballot, asked, comment)) == ballot_size(asked, comment)


@pytest.mark.parametrize("letter", ["w", "é", "€", "😀"])
def test_the_longest_comment_fits_in_any_script(letter: str) -> None:
    ballot = Ballot(((0,), (0, 1, 2), (4,), (5, 4, 3, 2, 1, 0)), letter * LONGEST_TEXT)
    framed = encoded(ballot, QUESTIONS, comment=True)
    assert len(framed) == ballot_size(QUESTIONS, comment=True)
    assert decoded(framed, QUESTIONS) == ballot


def test_a_ballot_without_comment_takes_a_byte_for_each_choice_it_could_hold() -> None:
    assert ballot_size(QUESTIONS, comment=False) == 1 + 3 + 1 + 6


def test_a_comment_that_ends_in_zeros_keeps_them() -> None:
    ballot = Ballot(((), (), (), ()), "end\0\0")
    assert decoded(encoded(ballot, QUESTIONS, comment=True), QUESTIONS) == ballot


def test_what_does_not_fit_its_poll_is_a_bug_and_never_cut() -> None:
    short = Ballot(((0,), (0,), (0,)))
    crowded = Ballot(((0, 1), (0,), (0,), ()))
    unasked = Ballot(((0,), (0,), (0,), ()), "a comment")
    endless = Ballot(((0,), (0,), (0,), ()), "w" * (LONGEST_TEXT * 4 + 1))
    for ballot, comment in ((short, True), (crowded, True), (unasked, False), (endless, True)):
        with pytest.raises(ValueError, match=r"shorter|holds more"):
            encoded(ballot, QUESTIONS, comment)


@pytest.mark.parametrize("size", [0, 10, 12, 11 + 12001, 11 + 12003])
def test_bytes_of_another_length_are_no_ballot(size: int) -> None:
    with pytest.raises(ValueError, match="not a ballot"):
        decoded(bytes(size), QUESTIONS)


def test_a_ballot_s_repr_says_nothing_of_it() -> None:
    assert repr(Ballot(((3,),), "words")) == "Ballot()"
