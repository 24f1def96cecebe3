"""Ballots: one person's answers as bytes, all of one poll the same length.

What is sealed from here tells nothing by its size: not how many options were chosen, and not
whether there is a comment. Never holds who answered, nor when.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.domain.grievances.intake import LONGEST_TEXT
from bot.domain.polls.questions import Answer, Question, QuestionKind

_LENGTH = 2  #: bytes in front of a comment that say how long it is
_COMMENT = LONGEST_TEXT * 4  #: bytes; a character takes four at most in UTF-8


@dataclass(frozen=True, slots=True)
class Ballot:
    """``answers``: one for each of the poll's questions, empty where none was given."""

    answers: tuple[Answer, ...] = field(repr=False)
    comment: str = field(default="", repr=False)


def ballot_size(questions: Sequence[Question], comment: bool) -> int:
    """Bytes of every ballot of a poll: those of the longest one possible."""
    return sum(_width(one) for one in questions) + (_LENGTH + _COMMENT if comment else 0)


def encoded(ballot: Ballot, questions: Sequence[Question], comment: bool) -> bytes:
    """A byte for each place (from 1; 0 for none), then the comment's length and words, then zeros.

    Raises ValueError for a ballot that is not of this poll.
    """
    framed = b"".join(
        _fitted(bytes(place + 1 for place in answer), _width(question))
        for question, answer in zip(questions, ballot.answers, strict=True)
    )
    words = ballot.comment.encode()
    if not comment:
        return framed + _fitted(words, 0)
    return framed + len(words).to_bytes(_LENGTH, "big") + _fitted(words, _COMMENT)


def decoded(framed: bytes, questions: Sequence[Question]) -> Ballot:
    """The ballot that was encoded. Raises ValueError for bytes of another length."""
    size = ballot_size(questions, comment=False)
    if len(framed) not in (size, ballot_size(questions, comment=True)):
        raise ValueError("not a ballot of these questions")
    answers, at = [], 0
    for question in questions:
        places = framed[at : at + _width(question)]
        answers.append(tuple(place - 1 for place in places if place))
        at += _width(question)
    length = int.from_bytes(framed[at : at + _LENGTH], "big")
    return Ballot(tuple(answers), framed[at + _LENGTH :][:length].decode())


def _width(question: Question) -> int:
    """How many places an answer has at most."""
    match question.kind:
        case QuestionKind.RANKED:
            return question.cells
        case QuestionKind.MULTIPLE:
            return question.most or question.cells
        case _:
            return 1


def _fitted(content: bytes, size: int) -> bytes:
    if len(content) > size:
        raise ValueError("a ballot holds more than its poll asks")
    return content.ljust(size, b"\0")
