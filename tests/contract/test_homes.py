"""Where accounts of staff serve: found without asking any key store for an account."""

import asyncio
from datetime import timedelta

from adapters.chance import SystemChance
from adapters.vault import FileVault
from bot.domain.communities import Account, CommunityId
from bot.services.communities.homes import READ_EVERY, Homes
from storage.keys import SqlKeys
from tests.contract.rows import ELSEWHERE, HERE
from tests.fakes.asked import asked
from tests.fakes.world import HandClock

FILES = (b"1" * 32, b"2" * 32, b"3" * 32)
INES, NOOR = Account("matrix", "@ines:example.org"), Account("matrix", "@noor:example.org")


class SlowKeys(SqlKeys):
    """What is read of it is known a moment later."""

    async def homes(self) -> dict[bytes, set[CommunityId]]:
        found = await super().homes()
        await asyncio.sleep(0.05)
        return found


def process(keys: SqlKeys, clock: HandClock) -> Homes:
    """What one process remembers."""
    return Homes(keys, FileVault(FILES, SystemChance()), clock)


async def test_no_account_is_asked_of_the_key_store(keys: SqlKeys) -> None:
    clock = HandClock()
    await process(keys, clock).keep(INES, HERE)
    homes = process(keys, clock)
    with asked() as heard:
        assert await homes.of(NOOR) == []
        assert await homes.of(INES) == [HERE]
    values = [value for _, given in heard for value in given]
    assert values
    assert not {homes.mark(INES), homes.mark(NOOR)} & set(values)


async def test_what_another_process_keeps_is_found_in_time(keys: SqlKeys) -> None:
    clock = HandClock()
    ours, theirs = process(keys, clock), process(keys, clock)
    assert await ours.of(INES) == []
    await theirs.keep(INES, HERE)
    await theirs.keep(INES, ELSEWHERE)
    assert await theirs.of(INES) == sorted([HERE, ELSEWHERE])
    await theirs.drop(INES, HERE)
    assert await theirs.of(INES) == [ELSEWHERE]
    clock.move(timedelta(seconds=READ_EVERY))
    assert await ours.of(INES) == [ELSEWHERE]


async def test_what_is_kept_during_a_reading_is_not_lost(keys: SqlKeys) -> None:
    homes = process(SlowKeys(keys._engine), HandClock())
    await asyncio.gather(homes.of(NOOR), homes.keep(INES, HERE))
    assert await homes.of(INES) == [HERE]
