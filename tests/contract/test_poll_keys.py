"""What every key store promises about the keys of polls: each kept until its poll was counted."""

from pathlib import Path

from bot.ports import Wrapped
from storage.keys import SqlKeys
from storage.schema import Chain
from tests.contract.conftest import Files, opened
from tests.contract.rows import NEXT_SLOT, SLOT, new_id, new_lookup


def wrapped() -> Wrapped:
    return Wrapped(b"\x01" + new_lookup() + new_lookup()[:28])


async def test_a_polls_key_comes_back_as_it_was_kept(keys: SqlKeys) -> None:
    id, key = new_id(), wrapped()
    await keys.make_poll(id, key)
    await keys.make_poll(new_id(), wrapped())
    assert await keys.poll(id) == key
    assert await keys.poll(new_id()) is None


async def test_a_polls_key_that_is_there_is_left_as_it_is(keys: SqlKeys) -> None:
    id, key = new_id(), wrapped()
    await keys.make_poll(id, key)
    await keys.make_poll(id, wrapped())
    assert await keys.poll(id) == key


async def test_polls_and_cases_do_not_find_each_others_keys(keys: SqlKeys) -> None:
    id = new_id()
    await keys.make_poll(id, wrapped())
    assert await keys.get([id]) == {}
    assert await keys.unsettled() == {}
    case = new_id()
    await keys.make(case, new_id(), wrapped())
    assert await keys.poll(case) is None
    assert list(await keys.polls()) == [id]


async def test_a_key_without_a_poll_is_remembered_as_missed(keys: SqlKeys) -> None:
    strays, fine = sorted(new_id() for _ in range(2)), new_id()
    for id in (*strays, fine):
        await keys.make_poll(id, wrapped())
    assert await keys.polls() == dict.fromkeys((*strays, fine))
    await keys.missed_polls([], SLOT)
    await keys.missed_polls(strays, SLOT)
    assert await keys.polls() == {strays[0]: SLOT, strays[1]: SLOT, fine: None}
    await keys.missed_polls(strays[:1], NEXT_SLOT)
    assert (await keys.polls())[strays[0]] == NEXT_SLOT


async def test_a_destroyed_key_of_a_poll_is_gone_and_the_rest_stays(keys: SqlKeys) -> None:
    gone, stays, key = new_id(), new_id(), wrapped()
    await keys.make_poll(gone, wrapped())
    await keys.make_poll(stays, key)
    await keys.destroy_polls([])
    await keys.destroy_polls([gone, new_id()])
    await keys.destroy_polls([gone])
    assert await keys.poll(gone) is None
    assert await keys.poll(stays) == key
    assert await keys.polls() == {stays: None}


async def test_nothing_of_a_destroyed_key_of_a_poll_is_left_in_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    made = {new_id(): wrapped() for _ in range(40)}
    gone = list(made)[::2]
    async with Files(folder).database(Chain.KEYS) as url, opened(url) as engine:
        keys = SqlKeys(engine)
        for id, key in made.items():
            await keys.make_poll(id, key)
        assert all(_lies_in(folder, id, key) for id, key in made.items())
        await keys.destroy_polls(gone)
        assert not any(_lies_in(folder, id, made[id]) for id in gone)
        assert all(_lies_in(folder, id, made[id]) for id in set(made) - set(gone))


def _lies_in(folder: Path, id: str, key: bytes) -> bool:
    files = [file.read_bytes() for file in folder.iterdir()]
    return any(id.encode() in one or key[1:17] in one or key[-16:] in one for one in files)
