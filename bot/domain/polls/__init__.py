"""Polls: what is asked of everyone, how it is answered and counted.

    questions.py   kinds of question, and what counts as an answer
    bank.py        the question bank
    ballots.py     one person's answers as sealed bytes, all of one poll the same length
    counting.py    from ballots to counts
    ranking.py     ranked ballots: Schulze's method
    poll.py        the poll, frozen at its opening
    pulses.py      the schedule of waves
    opening.py     what makes a poll, read from what an organiser typed, and who may answer
    trends.py      a question over the waves

What of the counts may be shown is decided in ``bot/domain/privacy``, and nowhere else.
"""

from bot.domain.polls.ballots import Ballot, ballot_size, decoded, encoded
from bot.domain.polls.bank import BANK
from bot.domain.polls.counting import counted
from bot.domain.polls.opening import (
    LONGEST_OPEN,
    TENURE,
    asked,
    check_tenure,
    closes_at,
    may_open,
    read_days,
)
from bot.domain.polls.poll import Poll, PollId, PulseId, ToldBy
from bot.domain.polls.pulses import Every, Pulse, longest_open, read_pulse
from bot.domain.polls.questions import Answer, Question, QuestionKind, option_values, read_answer
from bot.domain.polls.trends import Trend, trend

__all__ = [
    "BANK",
    "LONGEST_OPEN",
    "TENURE",
    "Answer",
    "Ballot",
    "Every",
    "Poll",
    "PollId",
    "Pulse",
    "PulseId",
    "Question",
    "QuestionKind",
    "ToldBy",
    "Trend",
    "asked",
    "ballot_size",
    "check_tenure",
    "closes_at",
    "counted",
    "decoded",
    "encoded",
    "longest_open",
    "may_open",
    "option_values",
    "read_answer",
    "read_days",
    "read_pulse",
    "trend",
]
