"""What is kept, how it is hidden in size, and how much one account may do in a day.

Pure rules; the ciphers are behind ``ports.Vault``, the rows behind ``ports.Keys``.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

BLOCK = 512  #: sealed texts are padded to a multiple of this, so that lengths tell little
DRAFT_LASTS = timedelta(minutes=30)


class Act(StrEnum):
    """What may be done only so often (privacy rule 11)."""

    GRIEVANCE = "grievance"
    URGENT = "urgent"
    MESSAGE = "message"
    CODE = "code"
    TEST = "test"


#: A day's allowance, per process: of messages a case's, of all else an account's.
ALLOWED_A_DAY = {Act.GRIEVANCE: 3, Act.URGENT: 1, Act.MESSAGE: 5, Act.CODE: 10, Act.TEST: 3}


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket: ``level`` tokens at ``at``, refilled at a steady rate up to its size."""

    level: float
    at: datetime

    def taken(self, now: datetime, *, size: float, an_hour: float) -> "Bucket | None":
        """The bucket after one more token, None when it has none."""
        level = self._filled(now, size, an_hour)
        return Bucket(level - 1, now) if level >= 1 else None

    def is_full(self, now: datetime, *, size: float, an_hour: float) -> bool:
        """Then it tells nothing that a new one would not."""
        return self._filled(now, size, an_hour) >= size

    def _filled(self, now: datetime, size: float, an_hour: float) -> float:
        hours = max((now - self.at).total_seconds(), 0) / 3600
        return min(size, self.level + hours * an_hour)


def padded(words: bytes) -> bytes:
    """``words`` with their length in front, filled with zeros to whole blocks."""
    framed = len(words).to_bytes(4, "big") + words
    return framed + bytes(-len(framed) % BLOCK)


def unpadded(block: bytes) -> bytes:
    length = int.from_bytes(block[:4], "big")
    return block[4 : 4 + length]


def draft_ends(now: datetime, lasts: timedelta = DRAFT_LASTS) -> datetime:
    """The full half hour after ``now`` plus the life of a draft: no moment is stored."""
    until = now + lasts
    half = timedelta(minutes=30)
    start = until.replace(hour=0, minute=0, second=0, microsecond=0)
    return start + -((start - until) // half) * half
