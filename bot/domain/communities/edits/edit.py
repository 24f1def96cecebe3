"""What an edit is: one setting, as it is to be.

It knows which setting it is about (``aim``), what the community is once it holds (``applied``) and
whether it is harmless. Who may make it, and when it takes effect, is ``pending``'s.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from bot.domain.communities.community import Community
from bot.domain.communities.staff import Role
from bot.domain.errors import Invalid

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Edit(ABC):
    """One setting, as it is to be. Fields hold JSON's own values, so that an edit can be kept."""

    kind: ClassVar[str]
    asked_by: ClassVar[Role] = Role.MODERATOR
    #: Whether all that it changes is the community's: of others it cannot be seen that they change
    #: nothing.
    is_seen: ClassVar[bool] = True

    @property
    def aim(self) -> str:
        """Which setting it is about: of one setting no two edits wait at a time."""
        return self.kind

    def harmless(self, before: Community) -> bool:
        """Whether one moderator may make it at once in an open community (privacy rule 12)."""
        return False

    def remembered(self) -> "Edit":
        """What is kept of it once it holds, to be told: nothing of whoever was asked for consent."""
        return self

    @abstractmethod
    def applied(self, before: Community, now: datetime) -> Community:
        """The community with it. Raises Refused where it cannot be."""


def short(field: str, typed: str, most: int) -> str:
    """One line of a moderator's own words. Raises Invalid."""
    typed = typed.strip()
    if not typed:
        raise Invalid(field, "invalid.empty")
    if len(typed) > most:
        raise Invalid(field, "invalid.too_long", most=most, now=len(typed))
    if not typed.isprintable():
        raise Invalid(field, "invalid.control_characters")
    return typed
