"""Who acts, and where: for the length of one request."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.domain.communities import Account, Community, CommunityId, Role, Space, Staff, Trust
from bot.domain.communities.pending import Pending
from bot.domain.errors import KeyChanged, NotAllowed, Unverified


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever acts, as a platform tells it. Lives for one request: no table has room for it.

    ``space`` is the platform's own id of the place. ``once``: the platform's id of the event, where
    it may come twice and no draft gives it an id of its own. ``member_since``: since when the
    account is in the place, where the platform tells it with the request; looked at, never kept.
    ``room``: the platform's id of the shared room it is said in; empty where nobody else is.
    ``place``: what the platform calls the space. ``manages``: whether the platform itself lets them
    decide about it, where it tells; authority never rests on that alone.
    ``language``: the person's own, where the platform tells it: a locale such as "de-DE" or "fr".
    ``early_receipt``: the platform cannot promise that an answer arrives, so that a receipt must be
    there before it is needed.
    ``proof``: by what the platform proves who acts, where it does: staff's is kept with their
    account, and another means another hand. ``proves``: whether the platform can prove it.
    ``via``: which of the bot's own accounts heard it, where a platform's places may have one each.
    ``added``: whether it does not for the device they act with, and does for another one of theirs:
    anybody may have added this one.
    """

    platform: str
    space: str
    account: str = field(repr=False)
    once: str | None = field(default=None, repr=False)
    member_since: datetime | None = field(default=None, repr=False)
    room: str = ""
    place: str = ""
    manages: bool | None = None
    language: str = field(default="", repr=False)
    proof: str = field(default="", repr=False)
    proves: bool = False
    added: bool = False
    early_receipt: bool = False
    via: str = ""

    @property
    def acts_with(self) -> Account:
        """The account, with what proves who acts."""
        return Account.of(self.platform, self.account, self.space, self.proof)

    @property
    def unverified(self) -> bool:
        """Whether the platform could prove who acts, and does not: anybody may have made the device."""
        return self.proves and not self.proof

    def is_hand_of(self, staff: Staff) -> bool:
        """Whether who acts with an account of theirs is, as far as anybody can prove, they."""
        return not self.unverified and staff.acts_with(self.acts_with)

    def to_keep(self) -> Account:
        """The account as it is kept with a role. Raises Unverified: what proves nothing pins
        nothing."""
        if self.unverified:
            raise Unverified
        return self.acts_with


@dataclass(frozen=True, slots=True)
class Outside:
    """A caller in a place that belongs to no community, ``now``."""

    caller: Caller
    now: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody is in the middle of, as it lay there when this request opened it."""

    token: str = field(repr=False)
    kind: str
    community: CommunityId
    facts: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Here:
    """A caller in their community, ``now``: what the door found out before a command runs."""

    caller: Caller
    community: Community
    space: Space
    staff: Staff | None
    now: datetime
    pending: tuple[Pending, ...] = ()
    member: bool = True  #: whether it was seen that the caller is one of its members
    stranger: bool = False  #: whether it was seen that the caller is none
    #: Whether the account is staff's, and who acts with it is not proven to be: no staff, that is.
    other_hand: bool = False
    #: Of a talk alone: the spaces they were seen in, and since when they are there, where it is told.
    seen_in: Mapping[str, datetime | None] = field(default_factory=dict, repr=False)
    #: What the pressed button is about, where that was opened already: nobody opens it twice.
    draft: Draft | None = field(default=None, repr=False)

    @property
    def roles(self) -> frozenset[Role]:
        held = self.staff.roles if self.staff else frozenset()
        return held | {Role.WORKER}

    @property
    def places(self) -> frozenset[str]:
        """The ids of the spaces the caller is in as far as anybody can tell: the one they act in."""
        return frozenset({self.space.id}) if self.space.id else frozenset(self.seen_in)

    def member_since(self, spaces: Collection[str]) -> datetime | None:
        """Since when the caller is in any of these spaces, as far as their platforms tell."""
        if self.space.id:
            return self.caller.member_since if self.space.id in spaces else None
        return min((at for id, at in self.seen_in.items() if at and id in spaces), default=None)

    @property
    def employer_owned(self) -> bool:
        return self.space.trust is Trust.EMPLOYER_OWNED

    @property
    def shown_trust(self) -> Trust:
        """As whose place this counts where people are named. Alone with the bot somebody is told who
        would not be named at work only if they are staff, or were seen where no employer reads."""
        seen = (one.trust for one in self.community.spaces if one.id in self.seen_in)
        if self.space.id or self.staff or any(one is not Trust.EMPLOYER_OWNED for one in seen):
            return self.space.trust
        return Trust.EMPLOYER_OWNED

    def known_names(self) -> list[str]:
        """The names of staff that may be told here."""
        staff, at_work = self.community.staff, self.shown_trust is Trust.EMPLOYER_OWNED
        return [one.name for one in staff if one.named or not at_work]

    @property
    def person(self) -> Staff:
        """The member of staff who acts; NotAllowed for anyone else, KeyChanged in another hand."""
        if self.staff is None:
            raise KeyChanged if self.other_hand else NotAllowed
        return self.staff
