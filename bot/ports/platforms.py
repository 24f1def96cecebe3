"""The shelf for what a platform must remember between two runs: how far it has read, a hash of the
commands it told, where it was let in.

Never holds anything of a person, nor of a community: what is remembered is the platform's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WorkspaceRow:
    """A place that let us in, and the token it gave us. ``place``: the platform's id of it;
    ``wrapped``: the key of ``sealed``; ``renew``: when the token must be changed, where it must."""

    place: str
    wrapped: bytes = field(repr=False)
    sealed: bytes = field(repr=False)
    renew: datetime | None = None


class Platforms(Protocol):
    """By platform (or one account of it) and the name of what is remembered; values are text."""

    async def remembered(self, platform: str, name: str) -> str | None:
        """What was remembered last; None where nothing is."""

    async def remember(self, platform: str, name: str, value: str) -> None:
        """In the place of what was remembered before."""

    async def let_in(self, platform: str, row: WorkspaceRow) -> None:
        """A place let us in; in the place of what it gave us before."""

    async def workspace(self, platform: str, place: str) -> WorkspaceRow | None: ...

    async def workspaces(self, platform: str) -> Sequence[WorkspaceRow]:
        """All that let us in."""

    async def put_out(self, platform: str, place: str, sealed: bytes) -> bool:
        """It lets us in no longer: what it gave us is forgotten, if ``sealed`` is what it gave us last.
        Whether it was."""

    async def to_renew(self, platform: str, now: datetime, until: datetime) -> WorkspaceRow | None:
        """One whose token is to be changed now. It is the caller's ``until`` then: nobody else gets it
        before."""

    async def renewed(self, platform: str, before: WorkspaceRow, row: WorkspaceRow) -> bool:
        """Keep the new token, unless the place has put us out or let us in anew since ``before``.
        Whether it was kept."""
