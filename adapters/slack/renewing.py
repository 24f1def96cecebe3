"""Changes tokens that run out for new ones: each by one process, which has two minutes for it.

Slack takes a renewal's token once (docs.slack.dev/authentication/using-token-rotation): two that used
the same would lose the workspace. So each row is claimed first, in a transaction of its own, and a new
token that could not be kept is held until it can be. A token is forgotten only where Slack says that
it is dead: what is wrong with us is no workspace's fault.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

from adapters.slack.incoming import PLATFORM
from adapters.slack.installations import Installation, Installations
from adapters.slack.installing import granted
from adapters.slack.losing import Losing
from adapters.slack.wire import Refusal, Wire
from bot.dispatch import Door
from bot.domain.errors import CannotSave
from bot.platforms import Away, Limited
from bot.ports import Clock, OpenWork, WorkspaceRow

LOOKS = 60.0  #: seconds between two looks at what is due
AGAIN = 1.0  #: and while there is a new token that could not be kept
CLAIMED_FOR = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(hours=1)
#: Slack's words for what renews no more: whoever installs us again gets a new one.
SPENT = frozenset(
    {"invalid_refresh_token", "token_revoked", "account_inactive", "authorization_not_found"}
)


class Renewing:
    def __init__(
        self,
        wire: Wire,
        installations: Installations,
        losing: Losing,
        open_work: OpenWork,
        clock: Clock,
        client: tuple[str, str],
    ) -> None:
        """``client``: the app's id and its secret."""
        self._wire, self._installations, self._client = wire, installations, client
        self._losing, self._open_work, self._clock = losing, open_work, clock
        self._refused: dict[str, int] = {}  #: how often in a row, by place
        #: New tokens that are not kept yet, each with what its row was before; by place.
        self._unkept: dict[str, tuple[WorkspaceRow, Installation]] = {}

    async def run(self, door: Door) -> None:
        while True:
            with suppress(CannotSave):
                await door.guarded(partial(self.look, door), CannotSave)
            await asyncio.sleep(AGAIN if self._unkept else LOOKS)

    async def look(self, door: Door) -> None:
        """Change all that are due. One that Slack does not answer for is due again in two minutes.
        Raises CannotSave."""
        await self._keep()
        while row := await self._next():
            await door.guarded(partial(self._renew, door, row), CannotSave)

    async def _next(self) -> WorkspaceRow | None:
        now = self._clock.now()
        async with self._open_work() as work:
            return await work.platforms.to_renew(PLATFORM, now, now + CLAIMED_FOR)

    async def _renew(self, door: Door, row: WorkspaceRow) -> None:
        one = self._installations.opened(row)
        try:
            new = await self._changed(one)
        except (Away, Limited):
            return
        except Refusal as no:
            await self._not_changed(door, row, no.code)
            return
        self._refused.pop(one.place, None)
        self._unkept[one.place] = row, new
        await self._keep()

    async def _keep(self) -> None:
        """A place that let us in anew meanwhile, or put us out, has no use for it."""
        for place, (before, new) in list(self._unkept.items()):
            async with self._open_work() as work:
                row = self._installations.sealed(new)
                kept = await work.platforms.renewed(PLATFORM, before, row)
            del self._unkept[place]
            if kept:
                self._installations.changed(new)

    async def _not_changed(self, door: Door, row: WorkspaceRow, code: str) -> None:
        """Of a place that has installed us anew meanwhile it means nothing."""
        if code in SPENT:
            await self._losing.ended(self._installations.opened(row))
            return
        tries = self._refused.get(row.place, 0)
        self._refused[row.place] = tries + 1
        pause = min(CLAIMED_FOR * 2**tries, LONGEST_PAUSE)
        later = replace(row, renew=self._clock.now() + pause)
        async with self._open_work() as work:
            if await work.platforms.renewed(PLATFORM, row, later):
                door.warned(PLATFORM, "token not renewed", code)

    async def _changed(self, one: Installation) -> Installation:
        id, secret = self._client
        values = {
            "client_id": id,
            "client_secret": secret,
            "grant_type": "refresh_token",
            "refresh_token": one.renewal,
        }
        told = await self._wire.call("", "oauth.v2.access", values)
        return replace(granted(told, self._clock.now()), since=one.since)
