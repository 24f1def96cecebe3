"""Counting: from ballots to counts, which nobody may see before ``disclosed`` has had them.

The order in which ballots come does not matter, and nothing of a single one is left in the counts.
"""

from collections import Counter
from collections.abc import Sequence

from bot.domain.polls.ballots import Ballot
from bot.domain.polls.questions import Answer, Question, QuestionKind
from bot.domain.polls.ranking import schulze
from bot.domain.privacy import FEW, Counted

#: How many steps make up each group: 1-2, 3 and 4-5; detractors, between and promoters.
_GROUPS = {QuestionKind.SCALE: (2, 1, 2), QuestionKind.NPS: (7, 2, 2)}


def counted(questions: Sequence[Question], ballots: Sequence[Ballot]) -> tuple[Counted, ...]:
    """The counts of each question, of those who answered it."""
    return tuple(
        _counted(question, [one.answers[at] for one in ballots if one.answers[at]])
        for at, question in enumerate(questions)
    )


def _counted(question: Question, answers: Sequence[Answer]) -> Counted:
    """Ranked: the cells are the first preferences, the order takes all of them into account."""
    ranked = question.kind is QuestionKind.RANKED
    chosen = Counter(place for one in answers for place in (one[:1] if ranked else one))
    return Counted(
        cells=tuple(chosen[place] for place in range(question.cells)),
        answers=len(answers),
        groups=_GROUPS.get(question.kind, ()),
        nps=question.kind is QuestionKind.NPS,
        order=schulze(answers, question.cells, closer_than=FEW) if ranked else (),
    )
