"""Trends: one question of the bank over the waves of a pulse, made of what was shown of them.

Nothing is counted here: a figure that the waves' own cards do not hold is in no trend either.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.polls.poll import Poll
from bot.domain.polls.questions import Question, QuestionKind
from bot.domain.privacy import Share, Shares, Shown


@dataclass(frozen=True, slots=True)
class Point:
    """One wave that asked. ``value``: a scale's "4 or 5" or a yes in percent, 0-10's score in
    points from -100; None where it is not shown."""

    wave: Poll
    value: Share | None


@dataclass(frozen=True, slots=True)
class Trend:
    """``points``: oldest first. ``cut``: whether earlier waves asked it, too, and are left out
    because the spaces were others: other people are no change of mind."""

    name: str
    points: tuple[Point, ...]
    cut: bool = False


def trend(name: str, waves: Sequence[Poll]) -> Trend:
    """How the answers to the bank's question ``name`` went. ``waves``: closed ones of one pulse,
    oldest first, all that may be compared with the last of them."""
    same = _since_change(waves)
    points = tuple(point for wave in same for point in _points(name, wave))
    before = waves[: len(waves) - len(same)]
    return Trend(name, points, cut=any(_points(name, wave) for wave in before))


def _since_change(waves: Sequence[Poll]) -> Sequence[Poll]:
    """The waves since the spaces last changed."""
    for at in range(len(waves) - 1, -1, -1):
        if set(waves[at].spaces) != set(waves[-1].spaces):
            return waves[at + 1 :]
    return waves


def _points(name: str, wave: Poll) -> list[Point]:
    if wave.result is None:
        return []
    shown = zip(wave.questions, wave.result.questions, strict=True)
    return [Point(wave, _value(asked, shares)) for asked, shares in shown if asked.bank == name]


def _value(question: Question, shares: Shares) -> Share | None:
    """Only sums of what is shown: a hidden cell leaves none."""
    if shares.shown is not Shown.SHARES:
        return None
    match question.kind:
        case QuestionKind.NPS:
            return None if shares.score is None else Share(shares.score, shares.score)
        case QuestionKind.SCALE:
            return _sum(shares.cells[2:] if shares.groups else shares.cells[3:])
        case QuestionKind.YES_NO:
            return _sum(shares.cells[:1])
        case _:
            return None


def _sum(cells: Sequence[Share | None]) -> Share | None:
    shown = [one for one in cells if one is not None]
    if len(shown) < len(cells):
        return None
    return Share(min(sum(one.low for one in shown), 100), min(sum(one.high for one in shown), 100))
