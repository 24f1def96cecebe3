"""The case itself: what was filed, who may ever read it, and what was said since."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.cases.entries import Entry, Kind
from bot.domain.communities import DEFAULT_STEPS, MOST_KEPT, CommunityId, StaffId, Step
from bot.domain.grievances.intake import Grievance

NUMBER_ALPHABET = "23456789CDFGHJKMNPQRTVWXY"  #: no vowels, nothing misread
NUMBER_LENGTH = 6


@dataclass(frozen=True, slots=True)
class Names:
    """What a case's rows are found by: the receipt's keyed hash, and what its key is called."""

    lookup: bytes
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What was filed, who may ever read it, and what was said since.

    ``number`` is what staff call it; empty until the release. ``told``: the slot the reporter was
    promised; ``release``: the one it has or is to have. They differ when the cap put it off.
    ``promised``: by when the reporter was told that somebody takes it. ``steps``: the policy as it
    was when the case was filed; ``kept_days``, after its end, likewise. Its rows have other names while they wait (``waiting``) than once
    they are released (``names``), so that without the key store nobody can lay the ones beside the
    others.
    """

    id: str
    community: CommunityId
    names: Names
    waiting: Names
    release: datetime
    told: datetime
    grievance: Grievance = field(repr=False)
    readers: frozenset[StaffId] = field(repr=False)
    promised: datetime | None = None
    steps: tuple[Step, ...] = DEFAULT_STEPS
    kept_days: int = MOST_KEPT
    urgent: bool = False
    over_cap: bool = False
    repeat: bool = False
    number: str = ""
    entries: tuple[Entry, ...] = field(default=(), repr=False)

    @property
    def key(self) -> str:
        return self.names.key

    @property
    def is_released(self) -> bool:
        return self.number != ""

    @property
    def is_urgent(self) -> bool:
        """Urgent until the reporter says otherwise."""
        return self.urgent and not any(e.kind is Kind.NOT_URGENT for e in self.entries)

    @property
    def first_due(self) -> datetime:
        """By when somebody must take it, as the reporter was told."""
        return self.promised or self.release + self.steps[0].within

    def may_read(self, person: StaffId) -> bool:
        """Fixed at filing; who is left out later or steps out drops out, who the reporter agreed to
        comes in (privacy rule 9)."""
        return person in self.readers | self._named(Kind.AGREE) and not self.is_out(person)

    def is_out(self, person: StaffId) -> bool:
        """Left out, at filing or since, or stepped out."""
        stepped_out = any(e.kind is Kind.RECUSE and e.by == person for e in self.entries)
        left_out = self.grievance.left_out | self._named(Kind.LEAVE_OUT)
        return stepped_out or person in left_out

    def next_turn(self) -> int:
        return max((entry.turn for entry in self.entries), default=0) + 1

    def _named(self, kind: Kind) -> frozenset[StaffId]:
        return frozenset(one for e in self.entries if e.kind is kind for one in e.people)
