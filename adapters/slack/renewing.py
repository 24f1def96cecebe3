"""Changes tokens that run out for new ones: each by one process, which has a minute for it.

Slack takes a renewal's token once (docs.slack.dev/authentication/using-token-rotation): two that used
the same would lose the workspace. So a row is claimed first, in a transaction of its own.
"""

import asyncio
from datetime import timedelta

from adapters.slack.incoming import PLATFORM
from adapters.slack.installations import Installation, Installations
from adapters.slack.installing import granted
from adapters.slack.wire import Away, Limited, Refusal, Wire
from bot.dispatch import Door
from bot.ports import Clock, OpenWork

LOOKS = 60.0  #: seconds between two looks at what is due
CLAIMED_FOR = timedelta(minutes=2)


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

    async def run(self, door: Door) -> None:
        while True:
            await door.guarded(self.look)
            await asyncio.sleep(LOOKS)

    async def look(self) -> None:
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
            except Refusal:  # it is worth nothing: whoever installs us again gets a new one
                await self._installations.forget(one.place)
                continue
            async with self._open_work() as work:
                await work.platforms.renewed(PLATFORM, self._installations.sealed(new))
            self._installations.changed(new)

    async def _changed(self, one: Installation) -> Installation:
        id, secret = self._client
        values = {
            "client_id": id,
            "client_secret": secret,
            "grant_type": "refresh_token",
            "refresh_token": one.renewal,
        }
        told = await self._wire.call("", "oauth.v2.access", values)
        return granted(told, self._clock.now())
