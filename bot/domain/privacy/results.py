"""Results: what goes into ``disclosed`` (counts) and what comes out (shares, a majority, nothing).

Plain values. Only what comes out is ever stored or shown.
"""

from dataclasses import dataclass
from enum import StrEnum


class Shown(StrEnum):
    """How much of one question's answers is shown."""

    SHARES = "shares"
    MAJORITY = "majority"  #: which option nearly all chose, and no more
    WITHHELD = "withheld"  #: too few answers
    SCATTERED = "scattered"  #: enough of them, and yet too few in each cell
    LOST = "lost"  #: they could not be counted: what opens them is gone


@dataclass(frozen=True, slots=True)
class Share:
    """Percent, from ``low`` to ``high``; both the same where it is rounded to five points."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Shares:
    """What is shown of one question.

    ``cells``: a share for each option or group, None where it is not shown. ``groups``: steps in
    three groups: of a scale 1-2, 3 and 4-5, of 0-10 0-6, 7-8 and 9-10. ``majority``: the places of the options
    (or groups) that nearly all chose. ``order``: ranked, the places from the most liked to the
    least, those level together; perhaps only the first. ``score``: 0-10, promoters less
    detractors in points, where shares are rounded.
    """

    shown: Shown
    cells: tuple[Share | None, ...] = ()
    groups: bool = False
    majority: tuple[int, ...] = ()
    order: tuple[tuple[int, ...], ...] = ()
    score: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What is shown of a poll, once, at its close. ``turnout``: withheld (None) whenever one of the
    distributions is. No comments: those go to organisers alone, see ``comments_shown``."""

    turnout: Share | None
    questions: tuple[Shares, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of one question. ``cells``: how many chose each option. ``answers``: by how
    many people. ``groups``: of steps, how many make up each of the groups they may be shown in.
    ``nps``: 0-10. ``order``: ranked, all places in order, those level together; the cells are then
    the first preferences."""

    cells: tuple[int, ...]
    answers: int
    groups: tuple[int, ...] = ()
    nps: bool = False
    order: tuple[tuple[int, ...], ...] = ()
