"""Cases: what reps handle. A case is what was filed and the entries said since; all else follows.

entries.py      what can be said or done, by whom
case.py         the case, and who may read it
views.py        how it stands for each side: state, promise, dates
escalation.py   through whose hands it climbs, with every edge of it in one table
"""

from bot.domain.cases.case import NUMBER_ALPHABET, NUMBER_LENGTH, Case, Names
from bot.domain.cases.entries import INTERNAL, Entry, Kind, Why
from bot.domain.cases.views import (
    ANSWER_WITHIN,
    KEPT_AFTER_LAST_MOVE,
    State,
    View,
    for_reporter,
    for_staff,
    is_for,
    never_shown,
    shredded_on,
)

__all__ = [
    "ANSWER_WITHIN",
    "INTERNAL",
    "KEPT_AFTER_LAST_MOVE",
    "NUMBER_ALPHABET",
    "NUMBER_LENGTH",
    "Case",
    "Entry",
    "Kind",
    "Names",
    "State",
    "View",
    "Why",
    "for_reporter",
    "for_staff",
    "is_for",
    "never_shown",
    "shredded_on",
]
