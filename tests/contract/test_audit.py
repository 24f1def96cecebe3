"""The shelf of the audit chain, and the chain upon it, over every database."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.vault import FileVault
from bot.ports import AuditPage, OpenWork
from bot.services.privacy import audit as chain
from bot.services.privacy.audit import Audit
from bot.services.privacy.seals import Seals
from storage.engine import transaction
from storage.keys import SqlKeys
from storage.tables import audit, audit_acts
from tests.contract.rows import ELSEWHERE, HERE, new_id
from tests.fakes.world import CountedChance
from tests.unit.harbour import INES, KARIM, community

HARBOUR = replace(community(), id=HERE)
FILES = (b"1" * 32, b"2" * 32, b"3" * 32)


@pytest.fixture
def made(open_work: OpenWork, keys: SqlKeys) -> Audit:
    chance = CountedChance("audit")
    vault = FileVault(FILES, chance)
    return Audit(open_work, Seals(keys, vault), vault, chance)


async def week(open_work: OpenWork, made: Audit, *acts: str) -> None:
    """A week in which Ines did some things."""
    async with open_work() as work:
        for act in acts:
            await made.note(work, HARBOUR, INES, act)
    async with open_work() as work:
        await made.close_week(work, [HERE, ELSEWHERE])


async def kept_acts(open_work: OpenWork) -> int:
    async with open_work() as work:
        return len(await work.audit.acts([HERE, ELSEWHERE]))


async def test_a_week_of_acts_becomes_one_page(open_work: OpenWork, made: Audit) -> None:
    await week(open_work, made, "case.reply", "case.reply", "duty.on")
    assert len(await made.pages(HERE)) == 1
    assert await kept_acts(open_work) == 0
    verdict = await made.verify(HERE)
    assert (verdict.pages, verdict.broken) == (1, None)


async def test_a_week_without_acts_has_a_page_of_the_same_size(
    open_work: OpenWork, made: Audit
) -> None:
    """How much was done, or whether anything was, cannot be read off the chain."""
    await week(open_work, made, "case.acknowledge")
    await week(open_work, made)
    busy, idle = await made.pages(HERE)
    assert busy.sealed is not None
    assert idle.sealed is not None
    assert len(busy.sealed) == len(idle.sealed)
    assert len(busy.commitment) == len(idle.commitment) == 32
    assert busy.head != idle.head


async def test_each_community_has_its_own_chain(open_work: OpenWork, made: Audit) -> None:
    await week(open_work, made, "case.reply")
    (ours,), (theirs,) = await made.pages(HERE), await made.pages(ELSEWHERE)
    assert (ours.place, theirs.place) == (1, 1)
    assert ours.head != theirs.head


async def test_two_communities_keep_their_acts_apart(open_work: OpenWork, made: Audit) -> None:
    async with open_work() as work:
        await made.note(work, HARBOUR, INES, "case.reply")
        await made.note(work, replace(HARBOUR, id=ELSEWHERE), KARIM, "case.note")
        await made.close_week(work, [HERE])
    assert await kept_acts(open_work) == 1
    assert await made.pages(ELSEWHERE) == []


async def test_every_head_follows_from_all_before(open_work: OpenWork, made: Audit) -> None:
    for number in range(5):
        await week(open_work, made, *["case.reply"] * number)
    head = chain.FIRST_HEAD
    for page in await made.pages(HERE):
        head = chain._head(head, page.commitment)
        assert page.head == head
    assert (await made.verify(HERE)).head == head


@pytest.mark.parametrize("column", ["commitment", "head"])
async def test_a_changed_page_is_found(
    open_work: OpenWork, made: Audit, database: AsyncEngine, column: str
) -> None:
    for _ in range(3):
        await week(open_work, made, "case.reply")
    async with transaction(database) as run:
        mine = (audit.c.community == HERE, audit.c.place == 2)
        await run.execute(update(audit).where(*mine).values({column: bytes(32)}))
    assert (await made.verify(HERE)).broken == 2
    assert (await made.verify(ELSEWHERE)).broken is None


async def test_a_page_that_is_left_out_is_found(
    open_work: OpenWork, made: Audit, database: AsyncEngine
) -> None:
    for _ in range(3):
        await week(open_work, made, "case.reply")
    async with transaction(database) as run:
        await run.execute(delete(audit).where(audit.c.community == HERE, audit.c.place == 2))
    assert (await made.verify(HERE)).broken == 2


async def test_acts_that_were_put_in_another_s_place_are_found(
    open_work: OpenWork, made: Audit, database: AsyncEngine
) -> None:
    for _ in range(2):
        await week(open_work, made, "case.reply")
    first = (await made.pages(HERE))[0]
    async with transaction(database) as run:
        mine = (audit.c.community == HERE, audit.c.place == 2)
        await run.execute(update(audit).where(*mine).values(sealed=first.sealed))
    assert (await made.verify(HERE)).broken == 2


async def test_a_page_whose_acts_were_deleted_still_holds(open_work: OpenWork, made: Audit) -> None:
    for _ in range(2):
        await week(open_work, made, "case.reply")
    async with open_work() as work:
        await work.audit.forget([(HERE, 1)])
    first, second = await made.pages(HERE)
    assert first.sealed is None
    assert second.sealed is not None
    assert (await made.verify(HERE)).broken is None


async def test_after_a_year_the_acts_go_and_the_chain_stays(
    open_work: OpenWork, made: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "PAGES_KEPT", 3)
    for _ in range(5):
        await week(open_work, made, "case.reply")
    pages = await made.pages(HERE)
    assert [page.sealed is None for page in pages] == [True, True, False, False, False]
    assert (await made.verify(HERE)).broken is None


async def test_no_name_of_who_acted_is_kept_in_the_clear(
    open_work: OpenWork, made: Audit, database: AsyncEngine
) -> None:
    async with open_work() as work:
        await made.note(work, HARBOUR, INES, "case.acknowledge")
    async with transaction(database) as run:
        (row,) = (await run.execute(audit_acts.select())).all()
    for words in (INES.id, INES.name, "acknowledge"):
        assert words.encode() not in bytes(row.sealed)


async def test_pages_come_in_their_order(open_work: OpenWork) -> None:
    pages = [AuditPage(HERE, n, bytes([n]) * 32, bytes([n]) * 32, None) for n in (3, 1, 2)]
    async with open_work() as work:
        await work.audit.add(pages)
        assert [one.place for one in await work.audit.pages(HERE)] == [1, 2, 3]
        last = await work.audit.last([HERE, ELSEWHERE])
    assert {id: page.place for id, page in last.items()} == {HERE: 3}


async def test_dropped_acts_are_gone(open_work: OpenWork) -> None:
    ids = [new_id() for _ in range(3)]
    async with open_work() as work:
        for id in ids:
            await work.audit.keep_act(id, HERE, b"act")
        await work.audit.drop_acts(ids[:2])
        assert await work.audit.acts([HERE]) == [(ids[2], HERE, b"act")]
