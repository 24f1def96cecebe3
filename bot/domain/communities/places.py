"""Places: the spaces of a community, whom they belong to, and the rooms the bot speaks in."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum


class Trust(StrEnum):
    """Whether an employer, or someone it pays, can read or switch off a space."""

    EMPLOYER_OWNED = "employer-owned"
    NEUTRAL = "neutral"
    WORKER_OWNED = "worker-owned"


class RoomKind(StrEnum):
    """The shared rooms the bot speaks in unasked: fixed sentences at fixed slots."""

    BULLETIN = "bulletin"
    STAFF = "staff"
    ORGANISERS = "organisers"


@dataclass(frozen=True, slots=True)
class Space:
    """One place on one platform that belongs to a community: a guild, a workspace, some rooms."""

    id: str
    platform: str
    address: str  #: the platform's own id of it
    name: str
    trust: Trust
    rooms: dict[RoomKind, str] = field(default_factory=dict)  #: kind -> the platform's room id
    answered: bool = (
        True  #: whether a moderator said who can read it; until then the worst is meant
    )
    gone: datetime | None = None  #: since when the platform has no way in for us
    #: Which of the bot's own accounts it has to do with, where there may be several; "" while none.
    via: str = ""

    @property
    def is_held(self) -> bool:
        """Whether one account has to do with it, and may go on: no other takes its part."""
        return bool(self.via) and self.gone is None

    @property
    def is_safe(self) -> bool:
        """Whether no employer is known to read there; of a place that put us out the worst is meant."""
        return self.trust is not Trust.EMPLOYER_OWNED and self.gone is None

    @property
    def is_left(self) -> bool:
        """Whether somebody took us out of it for good: then it has no rooms any more."""
        return self.gone is not None and not self.rooms

    def as_trusted(self) -> "Space":
        """As it is treated: until we are back who can read it is not known."""
        return self if self.gone is None else replace(self, trust=Trust.EMPLOYER_OWNED)

    def returned(self, via: str) -> "Space":
        """Who can read it by now is to be said anew; until then the worst is meant."""
        return replace(self, gone=None, trust=Trust.EMPLOYER_OWNED, answered=False, via=via)
