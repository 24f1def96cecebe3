"""Who acts, and where: for the length of one request."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.communities import Community, Role, Space, Staff, Trust
from bot.domain.errors import NotAllowed


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever acts, as a platform tells it. Lives for one request: no table has room for it.

    ``space`` is the platform's own id of the place. ``once``: the platform's id of the event, where
    it may come twice and no draft gives it an id of its own. ``member_since``: since when the
    account is in the place, where the platform tells it with the request; looked at, never kept.
    ``room``: the platform's id of the shared room it is said in; empty where nobody else is.
    ``language``: the person's own, where the platform tells it: a locale such as "de-DE" or "fr".
    """

    platform: str
    space: str
    account: str = field(repr=False)
    once: str | None = field(default=None, repr=False)
    member_since: datetime | None = field(default=None, repr=False)
    room: str = ""
    language: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Here:
    """A caller in their community, ``now``: what the door found out before a command runs."""

    caller: Caller
    community: Community
    space: Space
    staff: Staff | None
    now: datetime

    @property
    def roles(self) -> frozenset[Role]:
        held = self.staff.roles if self.staff else frozenset()
        return held | {Role.WORKER}

    @property
    def employer_owned(self) -> bool:
        return self.space.trust is Trust.EMPLOYER_OWNED

    def known_names(self) -> list[str]:
        """The names of staff that may be told here."""
        staff = self.community.staff
        return [one.name for one in staff if one.named or not self.employer_owned]

    @property
    def person(self) -> Staff:
        """The member of staff who acts; NotAllowed for anyone else."""
        if self.staff is None:
            raise NotAllowed
        return self.staff
