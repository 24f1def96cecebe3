"""Disclosure: the one pure function that everything shown to more than one reader passes.

Results, trends, exports and digests show what ``disclosed`` gives and nothing else (privacy
rule 6). Counts go in; shares in bands come out, or "clear majority", or nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

from bot.domain.privacy.results import Counted, Result, Share, Shares, Shown

PRIVACY_FLOOR = 5  #: the fewest answers that are ever shown; a community may only raise it
LEAST_ELIGIBLE = 10  #: how many must be able to answer: of fewer, who did not is soon guessed
FEW = 2  #: so few in a cell, or outside of one, know of each other by the figure
ROUNDED_FROM = 20  #: answers; from here one answer weighs five points or less
STEPS_FROM = 50  #: answers, below which eleven steps of 0-10 would hold a person or two each
FEWEST_COMMENTS, COMMENTS_FROM = 5, 10  #: comments, in so many answers: style points to people


def disclosed(counted: Sequence[Counted], *, floor: int, eligible: int) -> Result:
    """All that may ever be shown of a poll's counts.

    ===========================================  ================================================
    of a question with                           is shown
    ===========================================  ================================================
    fewer answers than ``floor``                 nothing: withheld
    an option that all chose but two, or fewer   "clear majority" and which (of multiple: each such)
    fewer than 20 answers                        each share as a quarter; ranked: the first place
    20 answers or more                           each share rounded to five points; ranked: the order
    ... a cell of two answers or fewer, or none  not that cell
    ... one such cell, or such that hold two     not the next smallest either, until what is not
    answers or fewer together                    shown is two cells or more, of three answers or
                                                 more: else 100 less the rest would tell it
    ... no cell but such                         nothing: scattered
    a scale, 20 answers or more and a step of    three groups, judged as above, instead of five
    two answers or fewer                         steps
    0-10, fewer than 50 answers or a step of     three groups, judged as above, instead of eleven
    two answers or fewer                         steps; from 20 answers the score
    any question not in shares, or of fewer      no turnout (with it, quarters would often tell
    than 20 answers                              exact counts); else it is shown as a quarter
    ===========================================  ================================================

    Raises ValueError for a floor below five: no setting may bring that about.
    """
    if floor < PRIVACY_FLOOR:
        raise ValueError("the privacy floor was lowered")
    questions = tuple(_shown(one, floor) for one in counted)
    few = any(one.answers < ROUNDED_FROM for one in counted)
    if not questions or few or any(one.shown is not Shown.SHARES for one in questions):
        return Result(None, questions)
    answers = min(max(one.answers for one in counted), eligible)
    return Result(_quarter(answers, eligible), questions)


def comments_shown(
    comments: Sequence[str], answers: int, *, floor: int = PRIVACY_FLOOR
) -> tuple[str, ...]:
    """The comments that organisers may read: from 5 in at least 10 answers, else none.

    ``comments``: in an order that says nothing; empty ones are none.
    """
    said = tuple(one for one in comments if one.strip())
    enough = len(said) >= FEWEST_COMMENTS and answers >= max(COMMENTS_FROM, floor)
    return said if enough else ()


def _shown(one: Counted, floor: int) -> Shares:
    if one.answers < floor:
        return Shares(Shown.WITHHELD)
    if one.nps:
        return _nps(one)
    if one.answers < ROUNDED_FROM:
        return _cells(one, one.order[:1])
    shares = _cells(one, one.order)
    return _grouped(one) if one.groups and None in shares.cells else shares


def _grouped(one: Counted) -> Shares:
    ends = list(accumulate(one.groups))
    begins = [end - size for end, size in zip(ends, one.groups, strict=True)]
    sums = (sum(one.cells[begin:end]) for begin, end in zip(begins, ends, strict=True))
    return replace(_cells(replace(one, cells=tuple(sums))), groups=True)


def _nps(one: Counted) -> Shares:
    """Majority and score are always judged on the groups, so that they do not depend on whether
    the steps are shown."""
    groups = _grouped(one)
    if one.answers < ROUNDED_FROM or groups.shown is not Shown.SHARES:
        return groups
    against, _, promoting = groups.cells
    score = promoting.low - against.low if promoting and against else None
    if one.answers < STEPS_FROM or min(one.cells) <= FEW:
        return replace(groups, score=score)
    return replace(_cells(one), score=score)


def _cells(one: Counted, order: tuple[tuple[int, ...], ...] = ()) -> Shares:
    """Of a question with enough answers."""
    nearly_all = tuple(at for at, n in enumerate(one.cells) if one.answers - n <= FEW)
    if nearly_all:
        return Shares(Shown.MAJORITY, majority=nearly_all)
    if one.answers < ROUNDED_FROM:
        return Shares(Shown.SHARES, tuple(_quarter(n, one.answers) for n in one.cells), order=order)
    hidden = _hidden(one)
    if len(hidden) == len(one.cells):
        return Shares(Shown.SCATTERED)
    cells = (None if at in hidden else _rounded(n, one.answers) for at, n in enumerate(one.cells))
    return Shares(Shown.SHARES, tuple(cells), order=order)


def _hidden(one: Counted) -> set[int]:
    """The places of the cells that are too small to show; of equal ones the first goes along."""
    by_size = sorted(range(len(one.cells)), key=lambda at: (one.cells[at], at))
    hidden = [at for at in by_size if one.cells[at] <= FEW]
    while hidden and len(hidden) < len(by_size):
        if len(hidden) > 1 and sum(one.cells[at] for at in hidden) > FEW:
            break
        hidden.append(by_size[len(hidden)])
    return set(hidden)


def _quarter(part: int, whole: int) -> Share:
    """0-25, 25-50, 50-75 or 75-100: a boundary belongs to the higher one, 100 to the last."""
    low = min(part * 4 // whole, 3) * 25
    return Share(low, low + 25)


def _rounded(part: int, whole: int) -> Share:
    points = (part * 40 + whole) // (whole * 2) * 5
    return Share(points, points)
