"""The two bots of figure 2 on Matrix, each a process of its own, so that its CPU is its own.

``ours``: the whole bot with its Matrix adapter, on PostgreSQL; told so by a line on its input, it
brings talks as far as the preview, through the adapter's own talks but not over the homeserver.
``stock``: a matrix-nio client that opens an event in a callback and answers a fixed sentence, sealed.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import nio

from adapters.chance import SystemChance
from adapters.clock import SystemClock
from adapters.matrix.app import MatrixPlatform
from adapters.matrix.callers import PLATFORM
from adapters.sandbox import people
from adapters.vault import make_key_files
from bot import ports
from bot.chat import Caller
from bot.domain.communities import Community, Space, Trust
from bot.domain.privacy import ALLOWED_A_DAY, Act
from bot.settings import Matrix, Where
from bot.wiring import groundswell
from tests.benchmarks.processes import lines, say
from tests.fakes.acts import STORY
from tests.fakes.synapse import PASSWORD
from tests.fakes.world import CODE, US, HandClock, KeptLog, KeptPost

TO_PREVIEW = ("!grievance", CODE, "1", "4", "2", "4", STORY, "skip")
ANSWER = "Your grievance is filed. " * 20  #: about as long as what ours says


async def ours(given: dict[str, Any]) -> None:
    folder, clock, chance = Path(given["folder"]), HandClock(SystemClock().now()), SystemChance()
    where = Where(folder / "data", folder / "keys", given["database"], given["key_store"])
    make_key_files(where.keys, chance)
    known = Matrix(
        homeserver=given["homeserver"],
        user_id=given["user"],
        password=PASSWORD,
        state_dir=folder / "matrix",
    )
    made: list[MatrixPlatform] = []

    def beside(open_work: ports.OpenWork, vault: ports.Vault) -> dict[str, ports.Post]:
        made.append(MatrixPlatform(known, where.keys, US, clock, chance, open_work))
        return {PLATFORM: made[0].post}

    posts = {people.PLATFORM: KeptPost()}
    log = KeptLog()
    async with groundswell(where, US, posts, clock, chance, log, beside=beside) as bot:
        seeded = people.community(lambda: chance.bytes(16).hex(), CODE, clock.now())
        await bot.communities.found(_there(seeded, given["space"]))
        async with made[0].serve(bot.door, _give_up):
            while not made[0].post.connected():
                await asyncio.sleep(0.02)
            ALLOWED_A_DAY[Act.GRIEVANCE] = 1_000_000  # no limit of ours is what is measured
            say({})
            async for told in lines():
                talks = made[0].post.accounts["main"].talks
                for room, user in told:
                    caller = Caller(PLATFORM, "", user, proves=True, early_receipt=True)
                    for typed in TO_PREVIEW:
                        await talks.heard(room, typed, caller)
                say({"bugs": len(log.lines)})


def _there(seeded: Community, space: str) -> Community:
    there = Space("there", PLATFORM, space, "On Matrix", Trust.NEUTRAL, rooms={})
    return replace(seeded, spaces=(*seeded.spaces, there))


def _give_up(why: Exception) -> None:
    raise SystemExit(str(why))


async def stock(given: dict[str, Any]) -> None:
    Path(given["folder"]).mkdir()
    client = nio.AsyncClient(given["homeserver"], given["user"], store_path=given["folder"])

    async def answer(room: nio.MatrixRoom, event: nio.RoomMessageText) -> None:
        if event.sender != client.user_id:
            content = {"msgtype": "m.notice", "body": ANSWER}
            await client.room_send(
                room.room_id, "m.room.message", content, ignore_unverified_devices=True
            )

    async def come(room: nio.MatrixRoom, _: nio.InviteMemberEvent) -> None:
        await client.join(room.room_id)

    async with AsyncExitStack() as stack:
        stack.push_async_callback(client.close)
        await client.login(PASSWORD)
        await client.sync(timeout=0, full_state=True)
        client.add_event_callback(answer, nio.RoomMessageText)
        client.add_event_callback(come, nio.InviteMemberEvent)
        running = asyncio.create_task(client.sync_forever(timeout=30_000))
        say({})
        async for _ in lines():
            say({"bugs": 0})
        running.cancel()


if __name__ == "__main__":
    asyncio.run({"ours": ours, "stock": stock}[sys.argv[1]](json.loads(sys.argv[2])))
