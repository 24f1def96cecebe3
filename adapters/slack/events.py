"""What happens on Slack besides what people ask for: the App Home is opened, we are put out.

Slack tells it again where it had no answer; each can be done twice. That we were put out is answered
only when it is done: nobody tells it a last time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from adapters.slack import render
from adapters.slack.incoming import PLATFORM, Workspace, happened
from adapters.slack.installations import Installations
from adapters.slack.wire import DEAD, Refusal, Wire
from bot.chat import Caller
from bot.dispatch import Door
from bot.domain.errors import CannotSave
from bot.platforms import Away, Limited
from bot.tasks import Tasks
from bot.texts import Speaker

PUT_OUT = ("app_uninstalled", "tokens_revoked")
WITHIN = 2.5  #: seconds that Slack's answer may wait for it; Slack waits three
#: What is nobody's fault here.
NOBODYS = (Away, Limited, Refusal, CannotSave)
#: Seconds by which Slack's clock and ours surely differ by less.
SURELY_AFTER = 300.0


class Events:
    def __init__(
        self, door: Door, wire: Wire, installations: Installations, tasks: Tasks, prefix: str
    ) -> None:
        self._door, self._wire, self._installations = door, wire, installations
        self._tasks, self._prefix = tasks, prefix

    async def take(self, body: Mapping[str, Any]) -> bool:
        """Whether it need not be told again."""
        event = body.get("event")
        if not isinstance(event, Mapping):
            return True
        if event.get("type") in PUT_OUT:  # however much there is to do
            done = self._tasks.start(self._put_out_by(body, event), act=False)
            await asyncio.wait({done}, timeout=WITHIN)
            return done.done() and done.result()
        if not self._tasks.full:
            self._tasks.start(self._guarded(partial(self._opened, body, event)))
        return True

    async def _guarded(self, do: Callable[[], Awaitable[None]]) -> bool:
        """Whether it was done."""
        with suppress(*NOBODYS):
            return await self._door.guarded(do, *NOBODYS)
        return False

    async def _opened(self, body: Mapping[str, Any], event: Mapping[str, Any]) -> None:
        if event.get("type") == "app_home_opened" and event.get("tab", "home") == "home":
            await self._at_home(happened(body), str(event.get("user", "")))

    async def _put_out_by(self, body: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
        revoked = event.get("tokens")
        of_people = not (isinstance(revoked, Mapping) and revoked.get("bot"))
        if event.get("type") == "tokens_revoked" and of_people:
            return True
        return await self._guarded(partial(self._put_out, happened(body), body.get("event_time")))

    async def _at_home(self, where: Workspace, user: str) -> None:
        """The same buttons for everybody, in the community's language."""
        found = await self._installations.of(where)
        if found is None or not user:
            return
        space = where.team or where.enterprise
        caller = Caller(PLATFORM, space, user)
        voice = (await self._door.begin("help", caller)).voice
        shown = {"user_id": user, "view": render.home(Speaker(voice, self._prefix), space)}
        await self._wire.call(found.token, "views.publish", shown)

    async def _put_out(self, where: Workspace, told: Any) -> None:
        """The token goes, and with it the rooms and staff's accounts of the workspace; the community
        stays, and its moderators are told elsewhere."""
        place = where.enterprise if where.org_wide or not where.team else where.team
        if await self._is_late(place, told):
            return
        for one in await self._installations.forget(place):
            await self._door.places.put_out(PLATFORM, one)

    async def _is_late(self, place: str, told: Any) -> bool:
        """Whether it tells of an installation before this one: Slack repeats what it could not bring,
        and in no order. Where the moment does not say so, our token does. Raises Away, Limited."""
        one = await self._installations.at(place)
        if one is None or one.place != place:
            return False
        began = one.since.timestamp() if one.since else float("inf")
        if isinstance(told, int | float) and told > began + SURELY_AFTER:
            return False
        try:
            await self._wire.call(one.token, "auth.test")
        except Refusal as no:
            return no.code not in DEAD
        return True
