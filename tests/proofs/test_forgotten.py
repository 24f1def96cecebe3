"""Forgotten: of a community that was forgotten, no older copy of the database tells anything sealed.

Shows: with the rows of before, today's key files and today's key store, a thief who tries every key
on every row reads no name, account, word, comment, act or address of it, nor finds a known account
by any hash; today's files hold nothing of it; another community there is untouched to the byte, and
goes on. Does not show: copies of the key store of before, which live 7 days. Controls: with such a
copy all of it is read; so are rows that were sealed under the key file; accounts are found there.
"""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from adapters.chance import SystemChance
from adapters.sandbox import people
from bot import opened
from bot.chat import Caller, Reply
from bot.domain.communities import Account, CommunityId
from bot.settings import Where
from bot.wiring import groundswell
from storage.belongings import IN_TURN
from storage.tables import key_metadata, metadata
from tests.fakes.acts import REPS, Acts, shown
from tests.fakes.agreeing import agreed
from tests.fakes.postgres import Postgres, installation
from tests.fakes.sealed_before import seal_as_before
from tests.fakes.world import US, HandClock, KeptLog, KeptPost, World, caller, folders, new_world
from tests.proofs.opening import Rows, rows_of, thief

#: Planted in what is sealed: cases waiting and released, comments, a ballot, addresses.
WORDS = {
    "case": "Zimtstern: the night pager never stops and nobody sleeps before the next shift.",
    "waits": "Quittenbrot: it goes on every single night and nobody ever answers us.",
    "message": "Streusel: it happened once more since I wrote to you about it.",
    "reply": "Mohnkuchen: we have read this and we shall speak with them together.",
    "comment": "Kardinalschnitte: the evenings are long, and so are the weekends.",
    "ballot": "Kaiserschmarrn: the comment of somebody whose poll is open still.",
    "address": "zwetschkenfleck@harbour-union.example",
    "act": "case.acknowledge",
}
STAFF = {one.id: one.name for one in people.PERSONAS if one.role.value != "worker"}
OTHERS_WORDS = "Another concern: planning runs into the evening, and parents are left out."
ELSEWHERE = "elsewhere"


def mirrored(words: str) -> str:
    return words[::-1]


class Elsewhere(World):
    """The same bot, for people of another community in another space."""

    async def type(self, who: str, command: str, words: str = "") -> Reply:
        return await self.bot.door.begin(command, self._caller(who), words=words)

    async def press(self, who: str, reply: Reply, button: str) -> Reply:
        found = [b for card in reply.cards for b in card.buttons if b.name == button]
        return await self.bot.door.begin(found[0].name, self._caller(who), found[0].subject)

    async def submit(self, who: str, reply: Reply, **answers: str | list[str]) -> Reply:
        assert reply.form is not None
        form = reply.form
        return await self.bot.door.submit(form.name, self._caller(who), form.subject, answers)

    def _caller(self, who: str) -> Caller:
        return Caller(people.PLATFORM, ELSEWHERE, who, member_since=people.JOINED)


async def found_another(world: World) -> World:
    """A second community, with other people in other places."""
    made = people.community(lambda: world.chance.bytes(16).hex(), "OTHERONE", world.clock.now())
    spaces = tuple(replace(one, address=ELSEWHERE, name="There") for one in made.spaces)
    staff = tuple(
        replace(
            one,
            name=mirrored(one.name),
            accounts=tuple(Account(a.platform, mirrored(a.address)) for a in one.accounts),
        )
        for one in made.staff
    )
    await world.bot.communities.found(
        replace(made, name="Another Harbour", spaces=spaces, staff=staff)
    )
    around = (world.clock, world.chance, world.log, world.post, world.charts)
    return Elsewhere(world.bot, world.where, *around)


async def poll(acts: Acts, days: int, comment: str) -> None:
    form = await acts.say("ruth-adeyemi", "poll", "new")
    asked = {"question": "How are the evenings?", "kind": "yes_no", "options": ""}
    preview = await acts.fill("ruth-adeyemi", form, **asked, days=str(days), comment="yes")
    await acts.press("ruth-adeyemi", preview, "confirm")
    for n in range(10):
        who = f"worker-{n}"
        await acts.fill(who, await acts.say(who, "pulse"), q1="no", comment=f"{comment} {n}")


async def live(world: World) -> str:
    """Everything that leaves anything sealed, in both communities; a receipt of the other."""
    acts, (ines, *_) = Acts(world), REPS
    when = {"day": "tuesday", "hour": "14", "zone": "UTC", "language": "en"}
    form = await acts.press("ruth-adeyemi", await acts.say("ruth-adeyemi", "digest"), "set")
    await acts.fill("ruth-adeyemi", form, **when, addresses=WORDS["address"])
    await agreed(world)  # where digests come waits for two moderators
    receipt = await acts.file("worker", story=WORDS["case"])
    await poll(acts, 1, WORDS["comment"])
    other = Acts(await found_another(world))
    theirs = await other.file("rekrow", story=OTHERS_WORDS)
    await world.live(days=8)
    desk = await acts.press(ines, await acts.desk(ines), "acknowledge")
    await acts.fill(ines, await acts.press(ines, desk, "reply"), text=WORDS["reply"])
    await acts.write("worker", await acts.visit("worker", receipt), WORDS["message"])
    await acts.file("another-worker", story=WORDS["waits"])
    await acts.file("in-a-hurry", "send_urgent", story=WORDS["waits"])  # a notice that waits
    await poll(acts, 3, WORDS["ballot"])
    form = await world.bot.door.begin("setup_outside", caller("oskar-brandt"))
    await acts.fill("oskar-brandt", form, body="Another law centre")  # waits for a second moderator
    desk = await other.desk(mirrored(ines))
    await other.press(mirrored(ines), desk, "acknowledge")
    return theirs


@dataclass(frozen=True)
class Copies:
    """``old``: everything of before; ``today``: after the forgetting; ``before``: rows of before
    communities had keys, with key files and key store of today."""

    old: Where
    today: Where
    before: Where
    id: CommunityId
    other: CommunityId
    receipt: str


async def copied(
    where: Where, root: Path, postgres: Postgres | None, stack: AsyncExitStack
) -> Where:
    if postgres is None:
        shutil.copytree(where.data, root / "data")
        shutil.copytree(where.keys, root / "keys")
        return folders(root)
    shutil.copytree(where.keys, root / "keys")
    (root / "data").mkdir()
    names = [make_url(url).database or "" for url in (where.database, where.key_store)]
    urls = [await stack.enter_async_context(postgres.database(name)) for name in names]
    return Where(root / "data", root / "keys", *urls)


async def lived(
    where: Where, root: Path, postgres: Postgres | None, stack: AsyncExitStack
) -> Copies:
    async with new_world(where, chance=SystemChance(), mails=True) as world:
        receipt = await live(world)
    named = {one.name: one.id for one in await opened.communities(where)}
    id, other = named["Harbour Tech Workers"], named["Another Harbour"]
    old = await copied(where, root / "old", postgres, stack)
    before = await copied(where, root / "before", postgres, stack)
    await seal_as_before(before)
    await opened.forget(where, id, lambda *_: None)
    return Copies(old, where, before, id, other, receipt)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def copies(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """Made once: a life, a copy of everything, the forgetting. Given with what runs in its loop."""
    root = tmp_path_factory.mktemp("forgotten")
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def made() -> Copies:
            if request.param == "sqlite":
                return await lived(folders(root / "living"), root, None, stack)
            postgres: Postgres = request.getfixturevalue("postgres")
            where = await stack.enter_async_context(installation(postgres, root / "living"))
            return await lived(where, root, postgres, stack)

        if request.param == "postgresql":
            request.getfixturevalue("postgres")
        yield runner.run(made()), runner.run
        runner.run(stack.aclose())


def test_an_older_copy_tells_nothing_with_todays_keys(copies: Any) -> None:
    one, run = copies
    found = run(thief(one.old, one.today))
    assert found.finds([*WORDS.values(), *STAFF.values()]) == {WORDS["act"]}  # the other's own
    assert found.finds([*STAFF]) == set()
    assert found.recognizes(people.PLATFORM, STAFF) == set()


def test_the_key_store_of_before_opens_all_of_it(copies: Any) -> None:
    """What a copy that is kept longer than 7 days would do."""
    one, run = copies
    found = run(thief(one.old, one.old))
    assert found.finds(WORDS.values()) == set(WORDS.values())
    assert found.finds(STAFF.values()) == set(STAFF.values())
    assert found.finds(STAFF) == found.recognizes(people.PLATFORM, STAFF) == set(STAFF)
    assert len(found.opened) == 14, "every column that is ever sealed"


def test_rows_that_were_sealed_under_the_key_file_are_read(copies: Any) -> None:
    one, run = copies
    found = run(thief(one.before, one.today))
    assert found.finds(STAFF.values()) == set(STAFF.values())
    assert found.finds(STAFF) == found.recognizes(people.PLATFORM, STAFF) == set(STAFF)
    assert found.finds(WORDS.values()) == {WORDS["address"], WORDS["act"]}


def test_the_other_community_is_read_from_the_older_copy_as_ever(copies: Any) -> None:
    one, run = copies
    found, theirs = run(thief(one.old, one.today)), {mirrored(name) for name in STAFF.values()}
    assert found.finds([OTHERS_WORDS, *theirs]) == {OTHERS_WORDS, *theirs}
    assert found.recognizes(people.PLATFORM, map(mirrored, STAFF)) == set(map(mirrored, STAFF))


def ids(rows: Rows, id: CommunityId) -> set[str]:
    """All random ids of rows of a community."""
    found = {id}
    for table in ("spaces", "staff", "duty_changes", "waiting", "cases", "polls", "pulses"):
        found |= {row["id"] for row in rows[table] if row["community"] == id}
    for table in ("waiting", "cases"):
        found |= {row["key"] for row in rows[table] if row["community"] == id}
    return found


def test_no_row_of_it_is_left_and_the_others_are_the_same_to_the_byte(copies: Any) -> None:
    one, run = copies
    before, after = run(rows_of(one.old.database)), run(rows_of(one.today.database))
    gone = ids(before, one.id)
    assert len(gone) > 15
    for table in metadata.sorted_tables:
        name = table.name
        left = [row for row in before[name] if row in after[name]]
        assert left == after[name], name
        assert not [row for row in after[name] if gone & {str(v) for v in row.values()}], name
        theirs = [row for row in before[name] if one.other in map(str, row.values())]
        assert [row for row in theirs if row in after[name]] == theirs, name
        lost = len(before[name]) - len(after[name])
        assert lost > 0 or table not in IN_TURN or name in ("pulses", "duty_changes"), name
    kept = run(rows_of(one.today.key_store, key_metadata))
    tombs = {row["id"] for row in kept.pop("tombstones")}
    assert gone & tombs >= {one.id}
    assert not [row for rows in kept.values() for row in rows if row.get("id") in gone]


@pytest.mark.parametrize("copies", ["sqlite"], indirect=True)
def test_nothing_of_it_lies_in_todays_files(copies: Any) -> None:
    """Of our own files: PostgreSQL's log is the operator's (THREAT-MODEL.md)."""
    one, run = copies
    gone = ids(run(rows_of(one.old.database)), one.id)
    everything = b"".join(f.read_bytes() for f in one.today.data.iterdir() if f.is_file())
    older = b"".join(f.read_bytes() for f in one.old.data.iterdir() if f.is_file())
    wrapped = {
        row["wrapped"]
        for table in ("case_keys", "poll_keys", "community_keys")
        for row in run(rows_of(one.old.key_store, key_metadata))[table]
        if row["id"] in gone or row.get("waiting") in gone
    }
    store = b"".join(f.read_bytes() for f in one.today.keys.glob("keys.db*"))
    assert wrapped
    assert not [key for key in wrapped if key in store]
    for what in (*(id.encode() for id in gone), b"Harbour Tech Workers"):
        assert what in older or len(what) != 32
        assert what not in everything


def test_the_other_goes_on_and_nobody_of_the_forgotten_one_is_known(copies: Any) -> None:
    one, run = copies

    async def go_on() -> None:
        clock, chance, log, post = HandClock(), SystemChance(), KeptLog(), KeptPost()
        clock.move(timedelta(days=8, hours=1))
        posts = {people.PLATFORM: post, "mail": post}
        async with groundswell(one.today, US, posts, clock, chance, log) as bot:
            there = Acts(Elsewhere(bot, one.today, clock, chance, log, post))
            assert OTHERS_WORDS in shown(await there.desk(mirrored(REPS[0])))
            assert OTHERS_WORDS in shown(await there.visit("rekrow", one.receipt))
            await bot.tick()
            here = Acts(World(bot, one.today, clock, chance, log, post))
            gone = await here.say(REPS[0], "cases")
            assert [c.title.key for c in gone.cards] == [
                c.title.key for c in (await here.say("anybody", "grievance")).cards
            ]
            assert await bot.communities.ids() == [one.other]
        assert [line for line in log.lines if line[0].value == "bug"] == []

    run(go_on())
