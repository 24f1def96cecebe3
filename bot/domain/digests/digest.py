"""One digest: what it says, and nothing that it may not say. Knows no words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from bot.domain.polls import PollId


@dataclass(frozen=True, slots=True)
class Gap:
    """Weeks without a digest, by their Mondays: from the first to the last."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Digest:
    """What was found for a week. ``due``: its moment; ``since``: the last one's.

    ``serial`` of ``weeks``: its number, and which week since the opening it is; more weeks than
    digests are weeks that had none. ``in_time``: whether every case was
    answered in time. ``moved`` and ``about``: new fives by figure and by category. ``polls``: those
    that closed. ``head``: of the audit chain. Of a preview, what is counted when it is due is None.
    """

    week: date
    due: datetime
    since: datetime
    serial: int
    weeks: int
    gap: Gap | None
    in_time: bool | None
    moved: Mapping[str, int] | None
    about: Mapping[str, int] | None
    polls: tuple[PollId, ...]
    head: str
