"""What a worker is asked, and what a grievance is while it waits for its slot.

The words are sealed under the case's own key from the first commit on. There is no author, no
moment and no order here, not even under another name (privacy rule 1).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.communities import Community, CommunityId, Role, Staff, StaffId, Trust
from bot.domain.errors import Invalid

SHORTEST_STORY = 1
LONGEST_TEXT = 3000  #: of people's own words, everywhere


class Spread(StrEnum):
    """How widespread the trouble is, as the reporter sees it."""

    ME = "me"
    TEAM = "team"
    MANY = "many"


class Impact(StrEnum):
    """How much it weighs, from 1 (a nuisance) to 5 (cannot go on)."""

    ONE = "1"
    TWO = "2"
    THREE = "3"
    FOUR = "4"
    FIVE = "5"


@dataclass(frozen=True, slots=True)
class Grievance:
    """What the form holds. ``left_out``: staff who must never learn that it exists.
    ``member_seen``: whether the platform told that its reporter is a member."""

    category: str
    spread: Spread
    impact: Impact
    story: str = field(repr=False)
    left_out: frozenset[StaffId] = field(default=frozenset(), repr=False)
    member_seen: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """One row that waits for its slot: a new case, or something said about one.

    ``id`` was drawn with the draft, so that sending it again does nothing. ``lookup`` is the
    receipt's keyed hash, for a case alone; ``key`` is what waiting rows call the case's key.
    """

    id: str
    community: CommunityId
    slot: datetime
    lookup: bytes | None
    key: str
    sealed: bytes = field(repr=False)


def checked_text(field_id: str, text: str, shortest: int = 1) -> str:
    """A person's words, trimmed, or Invalid when they are too few, too many or not text.

    Line ends become one kind; other control characters are refused, not dropped: what readers
    see must be what was typed.
    """
    typed = text.replace("\r\n", "\n").replace("\r", "\n")
    if any(unprintable(c) for c in typed):  # before trimming, which would drop some of them
        raise Invalid(field_id, "invalid.control_characters")
    words = typed.strip()
    if len(words) > LONGEST_TEXT:
        raise Invalid(field_id, "invalid.too_long", most=LONGEST_TEXT, now=len(words))
    if len(words) < shortest:
        reason = "invalid.empty" if not words else "invalid.too_short"
        raise Invalid(field_id, reason, least=shortest)
    return words


def unprintable(character: str) -> bool:
    """Control characters other than tab and line end, and halves of a broken pair."""
    code = ord(character)
    return (code < 32 and character not in "\n\t") or 127 <= code < 160 or 0xD800 <= code < 0xE000


def can_leave_out(community: Community, trust: Trust) -> tuple[tuple[str, str | Role], ...]:
    """Whom the form offers to leave out: (value, a person's name or the role that stands for it).

    In an employer-owned space people who did not agree to be named there appear as one entry per
    role, which leaves out all of them.
    """
    readers = community.readers()
    if trust is not Trust.EMPLOYER_OWNED:
        return tuple((one.id, one.name) for one in readers)
    named = [(one.id, one.name) for one in readers if one.named]
    unnamed = [one for one in readers if not one.named]
    roles = [role for role in (Role.REP, Role.ORGANISER) if any(role in o.roles for o in unnamed)]
    return (*named, *((role.value, role) for role in roles))


def left_out(community: Community, chosen: Iterable[str]) -> frozenset[StaffId]:
    """The staff meant by the values chosen in ``exclude``: a person each, or for a role all who
    hold it and are not offered by name."""
    values = set(chosen)
    return frozenset(
        one.id
        for one in community.readers()
        if one.id in values or (not one.named and any(role.value in values for role in one.roles))
    )


def readers_of(community: Community, out: frozenset[StaffId]) -> tuple[Staff, ...]:
    """The named people who may ever see a case filed now (privacy rule 9)."""
    return tuple(one for one in community.readers() if one.id not in out)
