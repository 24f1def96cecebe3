"""Comments of closed polls: sealed under a key of that poll's own, which is destroyed with them.

The key lies among the keys of cases and fares as they do: made before the row it is for, destroyed
before that is cleared, leaving a tombstone. Both its names are the poll's id, as random as theirs.
So no copy of the database opens comments that have been forgotten since.
"""

import json
from collections.abc import Collection, Sequence
from datetime import timedelta

from bot.domain.polls import Poll, PollId
from bot.ports import BadSeal, Clock, Key, Keys, OpenWork, Vault

COMMENTS_KEPT = timedelta(days=60)  #: after the close, as long as a case after its end
AT_ONCE = 1000  #: polls that one statement names: PostgreSQL takes 32,767 parameters


class Comments:
    def __init__(self, open_work: OpenWork, keys: Keys, vault: Vault, clock: Clock) -> None:
        self._open_work, self._keys, self._vault, self._clock = open_work, keys, vault, clock

    async def make_key(self, id: PollId) -> Key | None:
        """Before the close: the key of a poll that can have comments, made if it is not there."""
        async with self._open_work() as work:
            poll = await work.polls.get(id)
        if poll is None or poll.result is not None or not poll.comment:
            return None
        new = self._vault.wrap(id, self._vault.new_key())
        there = await self._keys.make(id, id, new)
        try:
            return self._vault.unwrap(id, there) if there else None
        except BadSeal:  # a poll closes all the same
            return None

    def sealed(self, poll: Poll, said: Sequence[str], key: Key) -> bytes:
        return self._vault.seal(key, _place(poll.id), json.dumps(said).encode())

    async def opened(self, id: PollId, sealed: bytes) -> tuple[str, ...]:
        """What was sealed; nothing once its key is gone, or where it was tampered with."""
        key = await self._key(id)
        try:
            return tuple(json.loads(self._vault.open(key, _place(id), sealed))) if key else ()
        except BadSeal:
            return ()

    async def drop_spare_keys(self, closed: Collection[PollId]) -> None:
        """Destroy those of closed polls of which no comments were kept."""
        there = await self._keys.get(closed)
        if not there:
            return
        async with self._open_work() as work:
            kept = await work.kept(list(there))
        await self._keys.destroy(set(there) - kept, self._clock.now())

    async def forget(self) -> None:
        """Those whose time is over: the keys first, so that a crash in between leaves rows that
        nobody can open, and that the next round clears."""
        async with self._open_work() as work:
            old = await work.polls.commented(self._clock.now() - COMMENTS_KEPT)
        for start in range(0, len(old), AT_ONCE):
            some = old[start : start + AT_ONCE]
            await self._keys.destroy(some, self._clock.now())
            async with self._open_work() as work:
                await work.polls.forget_comments(some)

    async def _key(self, id: PollId) -> Key | None:
        found = (await self._keys.get([id])).get(id)
        try:
            return self._vault.unwrap(*found) if found else None
        except BadSeal:  # a poll closes all the same
            return None


def _place(id: PollId) -> str:
    return f"polls.sealed_comments/{id}"
