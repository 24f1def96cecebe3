"""Matrix as a platform of the bot: all of its accounts, each kept logged in for as long as it runs.

A homeserver that is away is waited for. What only somebody can mend, such as a token that was
revoked, is told and ends the program.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from adapters.matrix.account import assembled
from adapters.matrix.believing import Believing
from adapters.matrix.callers import PLATFORM
from adapters.matrix.ciphers import Stale
from adapters.matrix.ending import TAKES_BACK
from adapters.matrix.listening import FIRST_PAUSE, LONGEST_PAUSE
from adapters.matrix.post import MatrixPost
from adapters.matrix.session import open_session
from adapters.matrix.syncing import Memory
from adapters.matrix.talks import Talks
from adapters.matrix.wire import Away
from bot.chat import Caller, Voice
from bot.dispatch import Door
from bot.platforms import GiveUp, Platform
from bot.ports import Chance, Clock, Installation, OpenWork
from bot.settings import CannotStart, Matrix, MatrixAccount

ENDS_WITHIN = 4.0  #: seconds that what is under way has when the program stops


class Remembered(Memory):
    """How far each account has read, on the shelf for what a platform must remember."""

    def __init__(self, open_work: OpenWork) -> None:
        self._open_work = open_work

    async def remembered(self, name: str) -> str | None:
        async with self._open_work() as work:
            return await work.platforms.remembered(PLATFORM, name)

    async def remember(self, name: str, value: str) -> None:
        async with self._open_work() as work:
            await work.platforms.remember(PLATFORM, name, value)


class MatrixPlatform(Platform):
    def __init__(
        self,
        known: Matrix,
        keys: Path,
        us: Installation,
        clock: Clock,
        chance: Chance,
        open_work: OpenWork,
    ) -> None:
        """``keys``: the folder of key files, where each account's secrets lie, too."""
        self._known, self._keys, self._us = known, keys, us
        self._clock, self._chance = clock, chance
        self._memory = Remembered(open_work)
        homes = {name: one.user_id.partition(":")[2] for name, one in known.every.items()}
        self._believing = Believing([one.user_id for one in known.every.values()])
        self._post = MatrixPost(homes, self._believing)
        self._stopping = asyncio.Event()

    @property
    def post(self) -> MatrixPost:
        return self._post

    @asynccontextmanager
    async def serve(self, door: Door, give_up: GiveUp) -> AsyncIterator[None]:
        self._stopping.clear()
        self._believing.door = door
        kept = [
            asyncio.create_task(self._keep(name, one, door, give_up))
            for name, one in self._known.every.items()
        ]
        try:
            yield
        finally:
            self._stopping.set()
            for account in self._post.accounts.values():
                account.syncing.stop()
            _, late = await asyncio.wait(kept, timeout=ENDS_WITHIN)
            if late and any(one.endings.closing for one in self._post.accounts.values()):
                _, late = await asyncio.wait(late, timeout=TAKES_BACK)
            for one in late:
                one.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _keep(self, name: str, known: MatrixAccount, door: Door, give_up: GiveUp) -> None:
        """One account, until the program stops."""
        pause, talks = FIRST_PAUSE, self._talks(name, known, door)
        while not self._stopping.is_set():
            try:
                run = partial(self._run, name, known, door, talks)
                if await door.guarded(run, CannotStart, Away, Stale):
                    pause = FIRST_PAUSE
            except CannotStart as wrong:
                give_up(wrong)
                break
            except (Away, Stale):  # a stale store is followed by a new device
                pass
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _talks(self, name: str, known: MatrixAccount, door: Door) -> Talks:
        """They outlive what only the account's connection died of."""

        async def again(room: str, alone: Caller) -> Caller:
            return await self._post.accounts[name].again(room, alone)

        ours = (self._us.contact, self._us.external_door, self._us.identity_page)
        voice, prefix = Voice(self._us.language), known.command_prefix
        return Talks(door, self._clock, again, prefix, voice=voice, ours=ours)

    async def _run(self, name: str, known: MatrixAccount, door: Door, talks: Talks) -> None:
        of = (name, known, self._keys, known.state_dir, self._clock, self._chance)
        async with open_session(*of) as session:
            outside = (self._memory, self._clock, self._chance, self._believing)
            account = assembled(session, talks, door, *outside)
            self._post.accounts[name] = account
            self._believing.present[session.user] = account.rooms
            try:
                if not self._stopping.is_set():
                    await account.run()
            finally:
                del self._post.accounts[name], self._believing.present[session.user]
