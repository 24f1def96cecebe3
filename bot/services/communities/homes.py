"""Where accounts of staff serve, looked up in this process's memory.

Whoever is alone with the bot may be a worker. So nobody's account, nor a hash of it, is asked of the
key store, whose server could write down what it was asked, and when (privacy rule 10): all homes
are read, which are those of staff alone, and looked through here.
"""

import asyncio

from bot.domain.communities import Account, CommunityId
from bot.ports import Clock, Keys, Vault

READ_EVERY = 600.0  #: seconds; what other processes keep is found that much later at most


class Homes:
    def __init__(self, keys: Keys, vault: Vault, clock: Clock) -> None:
        self._keys, self._vault, self._clock = keys, vault, clock
        self._found: dict[bytes, set[CommunityId]] = {}
        self._read_at = 0.0  # on the clock's running hand
        self._turn = asyncio.Lock()  # what is kept during a reading is not lost by it

    async def of(self, account: Account) -> list[CommunityId]:
        """Where an account may serve: the community itself knows whether it still does."""
        async with self._turn:
            if self._clock.elapsed() >= self._read_at:
                self._found = await self._keys.homes()
                self._read_at = self._clock.elapsed() + READ_EVERY
            return sorted(self._found.get(self.mark(account), ()))

    async def keep(self, account: Account, id: CommunityId) -> None:
        mark = self.mark(account)
        async with self._turn:
            await self._keys.keep_home(mark, id)
            self._found.setdefault(mark, set()).add(id)

    async def drop(self, account: Account, id: CommunityId) -> None:
        mark = self.mark(account)
        async with self._turn:
            await self._keys.drop_home(mark, id)
            self._found.get(mark, set()).discard(id)

    def mark(self, account: Account) -> bytes:
        """The keyed hash that says for which account an offer is, and where it serves."""
        return self._vault.mark("account", account.platform, account.address)
