"""The database as the core knows it: one transaction, with a shelf per noun."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from bot.domain.communities import CommunityId
from bot.domain.grievances.intake import Waiting
from bot.ports.audit import AuditShelf
from bot.ports.belongings import Belongings
from bot.ports.cases import Cases
from bot.ports.communities import Calm, Communities
from bot.ports.digests import Digests
from bot.ports.parcels import Outbox
from bot.ports.platforms import Platforms
from bot.ports.polls import Polls
from bot.ports.world import What


class Grievances(Protocol):
    """The shelf of what waits for its slot: new cases, and what reporters said since."""

    async def wait(self, row: Waiting) -> None:
        """Keep a row, or do nothing when its id or its lookup waits already."""

    async def file(
        self, row: Waiting, lookups: Collection[bytes], released: Collection[bytes]
    ) -> bool:
        """Keep a case, unless it waits under one of its ``lookups``, was released under one of
        those, or its community is gone: then nothing is done, and the answer is False."""

    async def hold_and_file(
        self, row: Waiting, lookups: Collection[bytes], released: Collection[bytes]
    ) -> bool:
        """The same in one statement, which holds the community together with others. Nothing is
        done, either, where its slot has happened, whatever the clock says."""

    async def found(self, community: CommunityId, lookups: Collection[bytes]) -> Waiting | None:
        """The community's waiting case with one of these lookups."""

    async def said(self, key: str) -> list[Waiting]:
        """What waits to be said in the case whose key waiting rows call so, in no order."""

    async def due(self, community: CommunityId, slot: datetime) -> list[Waiting]:
        """All that crosses at or before ``slot``, in no order."""

    async def put_off(self, row: Waiting) -> None:
        """Replace the row of this id."""

    async def leave(self, ids: Collection[str]) -> None:
        """Forget rows: they crossed."""

    async def leave_all(self, key: str) -> None:
        """Forget all that waits under this name of a key: its case was deleted."""


class Ledger(Protocol):
    """What happens on a schedule happens once: the claim and the effect commit together."""

    async def claim(self, kind: str, scope: str, period: str) -> bool:
        """Whether this run is ours; False when somebody had it."""

    async def made_up_for(
        self, kind: str, period: str, scopes: Collection[str], now: datetime
    ) -> None:
        """These runs were ours, but their time had been missed."""

    async def newest(self, kind: str) -> str | None:
        """The latest period claimed of a kind, whosever it was; None where none ever was."""

    async def missed(self, since: datetime) -> int:
        """How many runs were made up for since then."""

    async def missed_by(self, since: datetime) -> set[str]:
        """For whom."""

    async def forget(self, kinds: Collection[str], before: datetime) -> None:
        """Runs of these kinds whose period, a moment, lies before then."""

    async def first_time(self, marks: Sequence[bytes], day: date) -> bool:
        """Whether none of an event's marks is known; keeps the first of them, under its day."""

    async def forget_marks(self, before: date) -> None: ...


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows as they lie in a table, for the panel that shows what is kept. Bytes as hex."""

    table: str
    rows: list[dict[str, str | int | None]]


class Work(Protocol):
    """One transaction. Leaving it normally commits; an error undoes it all."""

    @property
    def communities(self) -> Communities: ...
    @property
    def grievances(self) -> Grievances: ...
    @property
    def cases(self) -> Cases: ...
    @property
    def polls(self) -> Polls: ...
    @property
    def digests(self) -> Digests: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def audit(self) -> AuditShelf: ...
    @property
    def calm(self) -> Calm: ...
    @property
    def belongings(self) -> Belongings: ...
    @property
    def platforms(self) -> Platforms: ...

    async def coming(self) -> Mapping[What, datetime]:
        """The next moment of each kind that has one; those that have come are the past ones."""

    async def kept(self, keys: Collection[str]) -> set[str]:
        """Which of these names of keys a row carries; or a poll's comments, kept or to come."""

    async def stored(self, names: Collection[str]) -> list[Stored]:
        """Every row that exists because of the case whose key has these names."""


OpenWork = Callable[[], AbstractAsyncContextManager[Work]]
