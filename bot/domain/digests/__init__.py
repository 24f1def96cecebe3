"""Digests: the organisers' week in figures that betray nobody.

plan.py      when a digest is due, and which weeks went without one
moved.py     what of a week's cases is counted at all
digest.py    what one digest says, as it is kept
"""

from bot.domain.digests.digest import Digest, Gap
from bot.domain.digests.moved import NOTHING, Figure, Week, weighed
from bot.domain.digests.plan import (
    MOST_ADDRESSES,
    NEVER,
    WEEK,
    Plan,
    Standing,
    read_addresses,
)

__all__ = [
    "MOST_ADDRESSES",
    "NEVER",
    "NOTHING",
    "WEEK",
    "Digest",
    "Figure",
    "Gap",
    "Plan",
    "Standing",
    "Week",
    "read_addresses",
    "weighed",
]
