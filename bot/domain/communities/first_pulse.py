"""The first pulse: what everybody is to be asked again and again once a community is open.

Chosen while it is set up. It waits here until it can begin, and is then a pulse like any other, its
organisers' to end. Plans and opens nothing.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FirstPulse:
    """``bank``: its questions' names in the bank. ``every``: how far apart its waves open.
    ``days``: for how long each is open. ``comment``: whether one may be added."""

    bank: tuple[str, ...]
    every: str
    days: int
    comment: bool
