"""The poll: what is asked of whom until when, frozen at its opening, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from bot.domain.communities import CommunityId
from bot.domain.polls.questions import Question
from bot.domain.privacy import Result

PollId = NewType("PollId", str)  #: 32 hex digits, random
PulseId = NewType("PulseId", str)  #: 32 hex digits, random


class ToldBy(StrEnum):
    """Who says how many may answer."""

    DECLARED = "declared"  #: a moderator
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class Poll:
    """One poll, or one wave of a pulse. Nothing of it changes while it is open.

    ``eligible``: about how many may answer. ``floor``: the fewest answers that are shown.
    ``spaces``: the ids of the spaces it is asked in. ``public_key``: what ballots are sealed to.
    ``wave``: of a pulse, from 1. ``result``: None while it is open.
    """

    id: PollId
    community: CommunityId
    questions: tuple[Question, ...]
    comment: bool
    opens: datetime
    closes: datetime
    floor: int
    eligible: int
    told_by: ToldBy
    spaces: tuple[str, ...]
    public_key: bytes
    pulse: PulseId | None = None
    wave: int | None = None
    closed: datetime | None = None
    result: Result | None = None
    outcome: str = ""

    def is_open(self, now: datetime) -> bool:
        return self.result is None and now < self.closes
