"""Retention: how many days a case is kept once it has ended.

A case is filed with the number that holds then, and keeps it: what its reporter was told is changed
by no later setting. A new number holds from the next slot on, so that all that crosses at one slot
is kept alike, and nobody can tell from it who wrote before the change and who after.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.communities.slots import Slots

MOST_KEPT = 60  #: days (privacy rule 13); so long every case was kept before it was a setting
#: As many as a case waits for its reporter's answer: whoever may be away so long must still be able
#: to read what came of it, and to reopen it.
LEAST_KEPT = 30


@dataclass(frozen=True, slots=True)
class Retention:
    """``days``: the setting. ``before``: what it was until the slot ``since``."""

    days: int = MOST_KEPT
    before: int = MOST_KEPT
    since: datetime | None = None

    def at(self, now: datetime) -> int:
        """For how many days a case that is filed now will be kept after its end."""
        return self.before if self.since is not None and now < self.since else self.days

    def then(self, days: int, slots: Slots, now: datetime) -> "Retention":
        """Another number, from the next slot on."""
        if days == self.days:
            return self
        return Retention(days, self.at(now), slots.after(now))
