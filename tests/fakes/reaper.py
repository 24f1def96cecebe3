"""Kills the program when it has come so far with what was said in a room: seen from the homeserver.

The program is not touched for that: it is killed between two of its own calls, or in one of them.
"""

import asyncio
from typing import Any

from tests.fakes.matrix_host import Answer, Host
from tests.fakes.nursery import Born

#: How far: the homeserver told it what was said; it looks who is in the room, before it does
#: anything; it has done it, and says its answer; the answer was taken, and it does not know; it
#: knows, and may have remembered that it does.
POINTS = ("told", "looks", "says", "taken", "knows")
#: Where nothing has changed in a room nobody looks who is there.
CHANGED = {"type": "m.room.topic", "state_key": "", "content": {}}
SOON = 0.002  #: seconds, for an answer of the homeserver to reach it


class Reaper:
    def __init__(self, host: Host) -> None:
        self._running: Born | None = None
        self._room = self._point = ""
        host.answers, host.tampers, host.after = self._asked, self._telling, self._took

    def waits(self, running: Born, room: str = "", point: str = "", seconds: float = 0) -> None:
        """From now on; where no point is named until so many seconds have gone by."""
        self._running, self._room, self._point = running, room, point
        if not point:
            asyncio.get_running_loop().call_later(seconds, self._kill)

    async def has_come(self) -> None:
        async with asyncio.timeout(30):
            while self._running is not None:
                await asyncio.sleep(0.01)

    def _asked(self, method: str, path: str) -> Answer | None:
        if self._point and self._room in path:
            if method == "GET" and path.endswith("/state"):
                return self._at("looks")
            if method == "PUT" and "/send/" in path:
                return self._at("says")
        return None

    def _telling(self, path: str, said: Any) -> None:
        if self._point in ("told", "looks") and path.endswith("/sync"):
            new = said.get("rooms", {}).get("join", {}).get(self._room, {})
            if new.get("timeline", {}).get("events"):
                new.setdefault("state", {}).setdefault("events", []).append(CHANGED)
                if self._point == "told":
                    asyncio.get_running_loop().call_later(SOON, self._kill)

    def _took(self, method: str, path: str) -> None:
        if self._point and self._room in path and method == "PUT" and "/send/" in path:
            self._at("taken")
            if self._point == "knows":
                asyncio.get_running_loop().call_later(SOON, self._kill)

    def _at(self, point: str) -> Answer | None:
        """Whoever is killed at a call is not heard any more."""
        if self._running is None or point != self._point:
            return None
        self._kill()
        return 503, {}

    def _kill(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running = None
