"""Opening: what makes a poll, read from what an organiser typed, and who may answer it.

Each wrong line is refused beside its field with what to do about it. Opens and stores nothing.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.errors import Invalid, NewMember, TenureUnknown, TooFewEligible
from bot.domain.grievances.intake import checked_text
from bot.domain.polls.questions import (
    FEWEST_OPTIONS,
    LONGEST_OPTION,
    LONGEST_QUESTION,
    MOST_OPTIONS,
    MOST_RANKED,
    Question,
    QuestionKind,
)
from bot.domain.privacy import LEAST_ELIGIBLE

LONGEST_OPEN = 60  #: days
TENURE = timedelta(days=14)  #: in the space, so that accounts made for one poll do not count

_HOUR = timedelta(hours=1)
_NUMBER = re.compile(r"[+-]?\d+")


def asked(question: str, kind: QuestionKind, options: str) -> Question:
    """The question of the form ``poll_new``. ``options``: one a line; for multiple perhaps a last
    line with how many may be chosen; for a scale the words for 1 and for 5. Raises Invalid."""
    text = _one_line(checked_text("question", question))
    if len(text) > LONGEST_QUESTION:
        raise Invalid("question", "invalid.too_long", most=LONGEST_QUESTION, now=len(text))
    typed = [_one_line(one) for one in checked_text("options", options, shortest=0).split("\n")]
    lines = [one for one in typed if one]
    match kind:
        case QuestionKind.NPS | QuestionKind.YES_NO:
            if lines:
                raise Invalid("options", "invalid.options_not_empty")
            return Question(kind, text)
        case QuestionKind.SCALE:
            if len(lines) not in (0, 2):
                raise Invalid("options", "invalid.scale_words")
            return Question(kind, text, _checked(lines))
        case QuestionKind.MULTIPLE if lines and _NUMBER.fullmatch(lines[-1]):
            several = _several(lines[:-1], MOST_OPTIONS)
            return Question(kind, text, several, most=_limit(int(lines[-1]), len(several)))
    most = MOST_RANKED if kind is QuestionKind.RANKED else MOST_OPTIONS
    return Question(kind, text, _several(lines, most))


def full_hour(moment: datetime) -> datetime:
    """This full hour or the next: what begins and ends with a poll tells no minute."""
    return moment + (datetime.min.replace(tzinfo=moment.tzinfo) - moment) % _HOUR


def closes_at(now: datetime, days: int) -> datetime:
    return full_hour(now + timedelta(days=days))


def read_days(text: str, *, most: int = LONGEST_OPEN) -> int:
    """For how many days something is open. Raises Invalid."""
    typed = text.strip()
    if not re.fullmatch(r"\d{1,4}", typed) or not 1 <= int(typed) <= most:
        raise Invalid("days", "invalid.days", least=1, most=most)
    return int(typed)


def may_open(eligible: int) -> None:
    """Raises TooFewEligible."""
    if eligible < LEAST_ELIGIBLE:
        raise TooFewEligible(n=LEAST_ELIGIBLE)


def check_tenure(member_since: datetime | None, now: datetime, *, told: bool) -> None:
    """Whether an account is old enough here to answer. ``told``: the platform can tell; where it
    cannot every account may, and the poll's card says so (privacy rule 7). Raises TenureUnknown,
    NewMember."""
    if not told:
        return
    if member_since is None:
        raise TenureUnknown
    if now - member_since < TENURE:
        raise NewMember(n=TENURE.days)


def _one_line(words: str) -> str:
    return " ".join(words.split())


def _several(lines: Sequence[str], most: int) -> tuple[str, ...]:
    if len(lines) < FEWEST_OPTIONS:
        raise Invalid("options", "invalid.too_few_options", least=FEWEST_OPTIONS)
    if len(lines) > most:
        raise Invalid("options", "invalid.too_many_options", most=most, now=len(lines))
    return _checked(lines)


def _checked(lines: Sequence[str]) -> tuple[str, ...]:
    known = set()
    for number, one in enumerate(lines, 1):
        if len(one) > LONGEST_OPTION:
            raise Invalid(
                "options", "invalid.option_too_long", line=number, most=LONGEST_OPTION, now=len(one)
            )
        if one.casefold() in known:
            raise Invalid("options", "invalid.option_twice", option=one)
        known.add(one.casefold())
    return tuple(lines)


def _limit(most: int, options: int) -> int:
    if not 1 <= most <= options:
        raise Invalid("options", "invalid.limit", most=options)
    return most
