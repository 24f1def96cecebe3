"""Changes tokens that run out for new ones: each by one process, which has a minute for it.

Slack takes a renewal's token once (docs.slack.dev/authentication/using-token-rotation): two that used
the same would lose the workspace. So a row is claimed first, in a transaction of its own. A token is
forgotten only where Slack says that it is dead: what is wrong with us is no workspace's fault.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial

from adapters.slack.incoming import PLATFORM
from adapters.slack.installations import Installation, Installations
from adapters.slack.installing import granted
from adapters.slack.wire import Away, Limited, Refusal, Wire
from bot.dispatch import Door
from bot.ports import Clock, OpenWork, WorkspaceRow

LOOKS = 60.0  #: seconds between two looks at what is due
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
        open_work: OpenWork,
        clock: Clock,
        client: tuple[str, str],
    ) -> None:
        """``client``: the app's id and its secret."""
        self._wire, self._installations, self._client = wire, installations, client
        self._open_work, self._clock = open_work, clock
        self._refused: dict[str, int] = {}  #: how often in a row, by place

    async def run(self, door: Door) -> None:
        while True:
            await door.guarded(partial(self.look, door))
            await asyncio.sleep(LOOKS)

    async def look(self, door: Door) -> None:
        """Change all that are due. One that Slack does not answer for is due again in two minutes."""
        now = self._clock.now()
        async with self._open_work() as work:
            due = await work.platforms.to_renew(PLATFORM, now, now + CLAIMED_FOR)
        for row in due:
            one = self._installations.opened(row)
            try:
                new = await self._changed(one)
            except (Away, Limited):
                continue
            except Refusal as no:
                await self._not_changed(door, row, no.code)
                continue
            self._refused.pop(one.place, None)
            async with self._open_work() as work:
                await work.platforms.renewed(PLATFORM, self._installations.sealed(new))
            self._installations.changed(new)

    async def _not_changed(self, door: Door, row: WorkspaceRow, code: str) -> None:
        """Of a place that has installed us anew meanwhile it means nothing."""
        tries = self._refused.get(row.place, 0)
        pause = min(CLAIMED_FOR * 2**tries, LONGEST_PAUSE)
        async with self._open_work() as work:
            now = await work.platforms.workspace(PLATFORM, row.place)
            if now is None or now.sealed != row.sealed:
                return
            if code not in SPENT:
                later = replace(now, renew=self._clock.now() + pause)
                await work.platforms.renewed(PLATFORM, later)
        if code in SPENT:
            for place in await self._installations.forget(row.place):
                await door.lost(PLATFORM, place)
        else:
            self._refused[row.place] = tries + 1
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
