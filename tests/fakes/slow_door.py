"""The bot's door, behind which everything takes its time, or breaks."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from bot.chat import Reply
from bot.dispatch import Door


@dataclass
class SlowDoor:
    """``seconds``: until it answers what is done by then; ``breaks``: what a bug of ours says in which it ends instead;
    ``asked``: for what it was knocked at."""

    door: Door
    seconds: float = 0.0
    breaks: str = ""
    asked: list[str] = field(default_factory=list)

    async def begin(self, name: str, *of: Any, **more: Any) -> Reply:
        return await self._late(name, self.door.begin(name, *of, **more))

    async def submit(self, name: str, *of: Any, **more: Any) -> Reply:
        return await self._late(name, self.door.submit(name, *of, **more))

    async def _late(self, name: str, work: Awaitable[Reply]) -> Reply:
        self.asked.append(name)
        if self.breaks:
            await asyncio.ensure_future(work)
            raise RuntimeError(self.breaks)
        reply = await work  # what is done is done; its answer is late
        await asyncio.sleep(self.seconds)
        return reply

    def __getattr__(self, name: str) -> Any:
        return getattr(self.door, name)
