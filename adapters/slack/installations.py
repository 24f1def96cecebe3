"""Where we are let in, and with which token: one workspace of the settings, or as many as installed us.

Tokens lie sealed in the database, each under a key of its own, which the key files open. What was
looked up is remembered for a minute; nothing is asked of Slack for a request. A workspace that an
organisation let us into lies there without a token, so that its organisation's is found.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.slack.incoming import PLATFORM, Workspace
from bot.ports import Clock, OpenWork, Vault, WorkspaceRow, Wrapped

REMEMBERED = (
    60.0  #: seconds; another process may have learnt of a new token, or that we were put out
)
_TABLE = "workspaces"
EARLY = timedelta(hours=2)  #: before a token runs out it is changed; Slack's last twelve


@dataclass(frozen=True, slots=True)
class Installation:
    """``place``: the workspace, or the organisation that let us into all of its own. ``renewal`` and
    ``expires``: where the token is changed for a new one from time to time. One without a token is
    spoken to with its ``enterprise``'s."""

    place: str
    token: str = field(repr=False)
    name: str = ""
    scopes: frozenset[str] = frozenset()
    renewal: str = field(default="", repr=False)
    expires: datetime | None = None
    enterprise: str = ""
    since: datetime | None = None  #: by our clock


class Installations:
    def __init__(self, open_work: OpenWork, vault: Vault, clock: Clock) -> None:
        self._open_work, self._vault, self._clock = open_work, vault, clock
        self._remembered: dict[str, tuple[float, Installation]] = {}
        self._own: Installation | None = None
        self._owned = False
        #: Told of a workspace that is found to be an organisation's.
        self.joined: Callable[[str], Awaitable[None]] = _nothing

    def own(self, installation: Installation) -> None:
        """The one workspace, or organisation, that the settings have a token for."""
        self._own, self._owned = installation, True

    @property
    def owned(self) -> str | None:
        """Which one that is: "" where the settings have none, None where that one put us out."""
        return self._own.place if self._own else None if self._owned else ""

    async def of(self, where: Workspace) -> Installation | None:
        """Whose token answers there: the workspace's, else the organisation's."""
        places = [one for one in (where.team, where.enterprise) if one]
        if where.org_wide:
            places.reverse()
        for place in places:
            if found := await self.at(place):
                await self._belongs(where, found)
                return found
        return None

    async def at(self, place: str) -> Installation | None:
        """Its own, else its organisation's."""
        found = await self._known(place)
        if found and not found.token:
            found = await self._known(found.enterprise)
        return found if found and found.token else None

    async def within(self, enterprise: str) -> Sequence[str]:
        """The workspaces that are spoken to with the organisation's token, or were before it was put
        out: so they are known when it returns."""
        async with self._open_work() as work:
            rows = await work.platforms.workspaces(PLATFORM)
        known = (self.opened(row) for row in rows)
        return [one.place for one in known if one.enterprise == enterprise and not one.token]

    async def _belongs(self, where: Workspace, found: Installation) -> None:
        """Remember that a workspace is spoken to with its organisation's token: a notice for it tells
        no organisation."""
        theirs = where.team and found.place == where.enterprise != where.team
        if theirs and await self._known(where.team) is None:
            await self.keep(Installation(where.team, "", enterprise=where.enterprise))
            await self.joined(where.team)

    async def _known(self, place: str) -> Installation | None:
        if self._own and place in (self._own.place, self._own.enterprise):
            return self._own
        now = self._clock.elapsed()
        since, found = self._remembered.get(place, (0.0, None))
        if found and now - since < REMEMBERED:
            return found
        async with self._open_work() as work:
            row = await work.platforms.workspace(PLATFORM, place)
        if row is None:
            self._remembered.pop(place, None)
            return None
        found = self.opened(row)
        self._remembered[place] = (now, found)
        return found

    async def keep(self, one: Installation) -> None:
        async with self._open_work() as work:
            await work.platforms.let_in(PLATFORM, self.sealed(one))
        self._remembered.pop(one.place, None)

    def changed(self, one: Installation) -> None:
        """It has a new token, which is kept already."""
        self._remembered[one.place] = (self._clock.elapsed(), one)

    async def forget(self, place: str, token: str = "") -> tuple[str, ...]:
        """We were put out: the token goes. What belongs to a community stays. ``token``: only if that
        is the one, and not another by which we were let in since. Gives all places that it was the
        token of."""
        self._remembered.pop(place, None)
        async with self._open_work() as work:
            row = await work.platforms.workspace(PLATFORM, place)
            if row is not None:
                if token and self.opened(row).token != token:
                    return ()
                if not await work.platforms.put_out(PLATFORM, place, row.sealed):
                    return ()
        if self._own and self._own.place == place:
            self._own = None
        return (place, *await self.within(place))

    def sealed(self, one: Installation) -> WorkspaceRow:
        words = {
            "token": one.token,
            "name": one.name,
            "scopes": sorted(one.scopes),
            "renewal": one.renewal,
            "enterprise": one.enterprise,
            "expires": _told(one.expires),
            "since": _told(one.since),
        }
        key = self._vault.new_key()
        sealed = self._vault.seal(key, _place(one.place), json.dumps(words).encode())
        wrapped = self._vault.wrap(_id(one.place), key, _TABLE)
        return WorkspaceRow(one.place, wrapped, sealed, renew_at(one))

    def opened(self, row: WorkspaceRow) -> Installation:
        """Raises BadSeal."""
        key = self._vault.unwrap(_id(row.place), Wrapped(row.wrapped), _TABLE)
        words = json.loads(self._vault.open(key, _place(row.place), row.sealed))
        return Installation(
            row.place,
            words["token"],
            words["name"],
            frozenset(words["scopes"]),
            words["renewal"],
            _moment(words["expires"]),
            words["enterprise"],
            _moment(words.get("since", "")),  # not told by what was kept before it was asked for
        )


def renew_at(one: Installation) -> datetime | None:
    """While the token is good still."""
    return one.expires - EARLY if one.expires and one.renewal else None


def _told(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _moment(told: str) -> datetime | None:
    return datetime.fromisoformat(told) if told else None


def _id(place: str) -> str:
    return f"{PLATFORM}/{place}"


def _place(place: str) -> str:
    return f"{_TABLE}.sealed/{PLATFORM}/{place}"


async def _nothing(place: str) -> None:
    """Nobody asked to be told."""
