"""Questions: their kinds, what can be answered, and what counts as an answer.

An answer is always a tuple of places: the options chosen (the first is 0), a scale's or 0-10's
step, or, ranked, the options in order of liking. Knows no ballots and no counts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain.errors import Invalid

Answer = tuple[int, ...]

LONGEST_QUESTION = 200  #: characters
LONGEST_OPTION = 75  #: what one option of a dialog holds on every platform
FEWEST_OPTIONS, MOST_OPTIONS = 2, 20
MOST_RANKED = 9
MOST_QUESTIONS = 5  #: of one form; four with a comment


class QuestionKind(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"
    SCALE = "scale"
    NPS = "nps"
    YES_NO = "yes_no"
    RANKED = "ranked"


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it is asked.

    ``options``: of single, multiple and ranked the options, of a scale the words for 1 and for 5
    (or none). ``most``: how many of a multiple's options may be chosen. ``bank``: its name in the
    question bank, whose words are in ``bot/texts``; then ``text`` and ``options`` are empty.
    """

    kind: QuestionKind
    text: str = ""
    options: tuple[str, ...] = ()
    most: int | None = None
    bank: str = ""

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Question":
        """As it was written down, in a row or in a draft."""
        kind, options = QuestionKind(kept["kind"]), tuple(kept["options"])
        return cls(kind, kept["text"], options, kept["most"], kept["bank"])

    @property
    def cells(self) -> int:
        """How many different single answers there are: options, steps, or yes and no (in this
        order)."""
        steps = {QuestionKind.SCALE: 5, QuestionKind.NPS: 11, QuestionKind.YES_NO: 2}
        return steps.get(self.kind) or len(self.options)


def option_values(question: Question) -> tuple[str, ...]:
    """What a form carries for each place: the steps of a scale or 0-10, "yes" and "no", else the
    options' numbers from 1."""
    match question.kind:
        case QuestionKind.YES_NO:
            return ("yes", "no")
        case QuestionKind.NPS:
            return tuple(str(step) for step in range(question.cells))
        case _:
            return tuple(str(number + 1) for number in range(question.cells))


def read_answer(question: Question, given: str | tuple[str, ...], field: str) -> Answer:
    """What was given in a form's ``field``: a value, several, or for ranked a text like "3 1 2".

    The places of several come in the question's order, whichever was chosen first. Raises Invalid.
    """
    if question.kind is QuestionKind.RANKED:
        return _ranking(question, given, field)
    values = option_values(question)
    chosen = {one for one in ((given,) if isinstance(given, str) else given) if one}
    if not chosen:
        raise Invalid(field, "invalid.choose_one")
    if not chosen <= set(values):
        raise Invalid(field, "invalid.not_an_option")
    most = (question.most or len(values)) if question.kind is QuestionKind.MULTIPLE else 1
    if len(chosen) > most:
        raise Invalid(field, "invalid.too_many_chosen", most=most)
    return tuple(place for place, value in enumerate(values) if value in chosen)


def _ranking(question: Question, given: str | tuple[str, ...], field: str) -> Answer:
    """The best first. Every option must be there, once: a ranking with gaps cannot be counted."""
    if not isinstance(given, str):
        raise Invalid(field, "invalid.not_text")
    values = option_values(question)
    named = [one for one in re.split(r"[\s,]+", given) if one]
    for one in named:
        if one not in values:
            raise Invalid(field, "invalid.rank_numbers", n=len(values))
        if named.count(one) > 1:
            raise Invalid(field, "invalid.rank_twice", option=one)
    if len(named) < len(values):
        raise Invalid(field, "invalid.rank_all", n=len(values))
    return tuple(values.index(one) for one in named)
