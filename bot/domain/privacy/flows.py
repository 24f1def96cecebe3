"""Flows: what is shown of how much happened, again and again, so that nobody is told by a step.

The disclosure function over time (privacy rule 6): what came is shown in whole fives, each case in
one of them only; the rest is carried to the next time, and never reckoned anew.
"""

from dataclasses import dataclass

FIVE = 5


@dataclass(frozen=True, slots=True)
class Flow:
    """``shown``: a number of new fives, 0 for none, which is said as "fewer than 5, carried on".
    ``carried``: what counts next time, 0 to 4; shown to nobody."""

    shown: int
    carried: int


def flowed(carried: int, came: int) -> Flow:
    """All that may be shown of ``came`` cases that were not counted before, with ``carried`` ones.

    Raises ValueError where less than nothing came: then something would be counted twice.
    """
    if carried < 0 or came < 0:
        raise ValueError("less than nothing came")
    whole = carried + came
    return Flow(whole - whole % FIVE, whole % FIVE)
