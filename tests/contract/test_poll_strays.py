"""Keys of polls that nobody needs any more: all are looked at, however many there are."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert

from bot.services.privacy.retention import LOOKS_APART
from storage.engine import open_engine
from storage.keys import SqlKeys
from storage.tables import poll_keys
from tests.contract.rows import new_id
from tests.fakes.postgres import Postgres, installation
from tests.fakes.world import new_world

MANY = 33_000  #: PostgreSQL takes 32,767 parameters in one statement


async def test_more_keys_than_one_statement_can_name_are_looked_at_and_destroyed(
    postgres: Postgres, tmp_path: Path
) -> None:
    async with installation(postgres, tmp_path) as where, new_world(where) as world:
        engine = open_engine(where.key_store)
        keys, rows = SqlKeys(engine), [{"id": new_id(), "wrapped": b"key"} for _ in range(MANY)]
        async with engine.begin() as connection:
            await connection.execute(insert(poll_keys), rows)
        await world.bot.tick()
        assert set((await keys.polls()).values()) == {world.clock.now()}
        world.clock.move(LOOKS_APART + timedelta(hours=1))
        await world.bot.tick()
        assert await keys.polls() == {}
        await engine.dispose()
