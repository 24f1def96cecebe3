"""Entries: all that is said or done in a case, by its reporter, by staff, or by the clock."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.communities import StaffId


class Kind(StrEnum):
    """What can be said or done in a case."""

    # by the reporter
    MESSAGE = "message"
    LEAVE_OUT = "leave_out"
    NOT_URGENT = "not_urgent"
    ESCALATE = "escalate"
    AGREE = "agree"
    WITHDRAW = "withdraw"
    DELETE = "delete"
    # by staff
    OPENED = "opened"
    ACKNOWLEDGE = "acknowledge"
    REPLY = "reply"
    ASK = "ask"
    NOTE = "note"
    BRING_IN = "bring_in"
    ASK_CONSENT = "ask_consent"
    HAND_OVER = "hand_over"
    RECUSE = "recuse"
    MUTE = "mute"
    RESOLVE = "resolve"
    CLOSE = "close"
    # by the clock, or because of one of the above
    STEP = "step"


#: What the reporter never sees, and what therefore moves no date of theirs.
INTERNAL = frozenset({Kind.NOTE, Kind.BRING_IN, Kind.HAND_OVER, Kind.RECUSE, Kind.MUTE})

_REPORTERS = frozenset(
    {
        Kind.MESSAGE,
        Kind.LEAVE_OUT,
        Kind.NOT_URGENT,
        Kind.ESCALATE,
        Kind.AGREE,
        Kind.WITHDRAW,
        Kind.DELETE,
    }
)


class Why(StrEnum):
    """Why a case came to stand at a step."""

    RELEASED = "released"
    NOBODY_TOOK_IT = "nobody_took_it"
    NO_WORD = "no_word"  #: taken, and then silence
    ASKED = "asked"  #: the reporter asked for it to climb
    STEPPED_OUT = "stepped_out"  #: whoever had it may read it no more
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing said or done. ``by`` is None for the reporter and the clock.

    ``crosses``: the slot from which the other side sees it. ``turn`` orders the entries of this
    one case. ``at``: the moment of an act of staff or the clock, None for the reporter's. ``people``:
    who is left out, brought in, handed the case, or asked for and agreed to as a new reader.
    ``step``, ``due`` and ``why``: of a step alone.
    """

    id: str
    kind: Kind
    by: StaffId | None
    crosses: datetime
    turn: int
    text: str = field(default="", repr=False)
    people: frozenset[StaffId] = field(default=frozenset(), repr=False)
    at: datetime | None = None
    step: int = 0
    due: datetime | None = None
    why: Why | None = None

    @property
    def from_reporter(self) -> bool:
        return self.kind in _REPORTERS

    @property
    def moment(self) -> datetime:
        """When it was done; of the reporter's, when it crossed: no other moment is kept."""
        return self.at or self.crosses
