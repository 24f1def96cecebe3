"""Two communities of one installation: whoever acts in one finds nothing of the other.

Shows: each role of one, in its place and alone with the bot, whoever is of both, and a stranger try
every command, button, form, receipt, number, code, token and id of the other: nothing of it is
shown, its rows and keys stay as they are, and all they see equals what they see where the other was
forgotten, so that what is not theirs is told as what never was. A command without a place in the
crawl fails.
Does not show: how long an answer takes; what a stranger does with a token of the other: it leads back
to one's case whoever was dismissed, so it is the case of whoever holds it, as a receipt is.
Control: a service without the check is noticed, of each kind.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from adapters.chance import SystemChance
from adapters.vault import FileVault, read_key_files
from bot.chat import About, Command, Here, long_text
from bot.domain.communities import Community, CommunityId, Role
from bot.domain.communities.pending import Pending
from bot.domain.errors import ChangeGone, DraftGone
from bot.domain.polls import Poll, PollId
from bot.opened import forget
from bot.ports import AuditPage, DigestRow, Membership, Work
from bot.services.cases import desk
from bot.services.communities import Communities
from bot.services.communities.accounts import CODE, Accounts
from bot.services.communities.changing import Changing
from bot.services.polls.closing import Closing
from bot.services.privacy.audit import Audit
from bot.services.privacy.drafts import Drafts, Facts
from bot.services.privacy.seals import Seal, Seals
from bot.settings import at
from storage.belongings import IN_TURN, belongs
from storage.cases import SqlCases
from storage.digests import SqlDigests
from storage.grievances import SqlGrievances
from storage.polls.shelf import SqlPolls
from storage.tables import key_metadata
from tests.fakes.acts import shown
from tests.proofs.crawler import Tried, acts, betrayed, crawl, crawlers, misfits
from tests.proofs.towns import A_TOWN, B_TOWN, Frozen, Town, Towns, frozen, thawed

pytestmark = pytest.mark.xdist_group("two communities")

Rows = dict[str, list[str]]
Patched = list[tuple[Any, str, Any]]  #: (whose, which, what it is instead)
Patch = Callable[[Town, Town], Patched]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Frozen:
    root = tmp_path_factory.mktemp("towns") / "both"
    return asyncio.run(frozen(root, A_TOWN, B_TOWN))


def of(frozen: Frozen) -> tuple[Town, Town]:
    """The one that is looked for, and the one whose people look."""
    return frozen.towns[A_TOWN[0]], frozen.towns[B_TOWN[0]]


# What is kept of a town ---------------------------------------------------------------------------


def kept(root: Path, town: Town) -> Rows:
    """Every row and every key of it."""
    id, names = CommunityId(town.id), {town.id, *town.ids}
    found: Rows = {}
    engine = create_engine(f"sqlite:///{root / 'data' / 'groundswell.db'}")
    with engine.connect() as run:
        for table in IN_TURN:
            rows = run.execute(select(table).where(belongs(table, id))).mappings().all()
            found[table.name] = sorted(repr(sorted(row.items())) for row in rows)
            if table.name in ("cases", "waiting", "polls"):
                names |= {row["id"] for row in rows} | {row.get("key", id) for row in rows}
    engine.dispose()
    return found | {name: rows for name, (_, rows) in _keys(root, town, names).items()}


def _keys(root: Path, town: Town, names: set[Any]) -> dict[str, tuple[str, list[str]]]:
    names = names | set(drafts_of(root, town))
    engine, found = create_engine(f"sqlite:///{root / 'keys' / 'keys.db'}"), {}
    with engine.connect() as run:
        for table in key_metadata.sorted_tables:
            rows = [tuple(row) for row in run.execute(select(table))]
            mine = sorted(repr(row) for row in rows if names & set(row))
            found[f"keys: {table.name}"] = (table.name, mine)
    engine.dispose()
    return found


def drafts_of(root: Path, town: Town) -> list[bytes]:
    vault = FileVault(read_key_files(root / "keys"), SystemChance())
    tokens = [*town.secrets, *(one.replace("-", "") for one in town.codes)]
    return [vault.draft(one)[0] for one in tokens]


async def forgotten(both: Frozen, root: Path) -> Frozen:
    """The same world without the one town: its rows, its keys, and what was half done there."""
    theirs, _ = of(both)
    async with thawed(both, root):
        pass
    await forget(at(root / "data", root / "keys"), CommunityId(theirs.id), lambda *_: None)
    with closing(sqlite3.connect(root / "keys" / "keys.db")) as database, database:
        ids = [(one,) for one in drafts_of(root, theirs)]
        database.executemany("DELETE FROM drafts WHERE id = ?", ids)
    return replace(both, root=root)


# The proof ----------------------------------------------------------------------------------------


def differing(here: list[Tried], there: list[Tried]) -> list[str]:
    """Where somebody was shown another thing because the other town is there."""
    assert [one.act for one in here] == [one.act for one in there]
    return [
        f"{one.who}: {one.act}\n  {shown(one.reply)[:400]}\n  {shown(other.reply)[:400]}"
        for one, other in zip(here, there, strict=True)
        if (shown(one.reply), one.panel) != (shown(other.reply), other.panel)
    ]


async def test_whoever_acts_in_one_finds_nothing_of_the_other(both: Frozen, tmp_path: Path) -> None:
    theirs, own = of(both)
    async with thawed(both, tmp_path / "here") as world:
        before = kept(tmp_path / "here", theirs)
        assert all(before[name] for name in ("cases", "waiting", "polls", "keys: drafts")), before
        here = await crawl(world, theirs, own)
        await world.bot.tick()
        after = kept(tmp_path / "here", theirs)
        assert isinstance(world.post, Towns)
        said = world.post.said
    assert betrayed(here, theirs) == []
    assert [name for name in before if before[name] != after[name]] == []
    assert [card for name, card in said if theirs.word in repr((name, card)).lower()] == []

    alone = await forgotten(both, tmp_path / "there")
    async with thawed(alone, tmp_path / "without") as world:
        there = await crawl(world, theirs, own)
        assert not any(kept(tmp_path / "without", theirs)["cases"])
    assert differing(here, there) == []


async def test_every_command_has_a_place_in_the_crawl(both: Frozen, tmp_path: Path) -> None:
    theirs, _ = of(both)
    async with thawed(both, tmp_path / "here") as world:
        commands = world.bot.door.commands
    assert misfits(commands, theirs) == []


async def test_every_command_is_tried_by_somebody_who_may(both: Frozen, tmp_path: Path) -> None:
    theirs, own = of(both)
    async with thawed(both, tmp_path / "here") as world:
        commands = world.bot.door.commands
    for one in commands:
        able = [c for c in crawlers(own) if c.role in one.roles or Role.WORKER in one.roles]
        tried = [act.name for c in able for act in acts(commands, theirs, own, c)]
        assert one.name in tried, one.name


async def test_a_command_without_a_place_in_the_crawl_is_noticed(
    both: Frozen, tmp_path: Path
) -> None:
    @dataclass(frozen=True)
    class NewForm:
        never_seen: str = long_text()

    theirs, _ = of(both)
    new = Command("new_form", form=NewForm), Command("new_button", About.CASE)
    assert misfits(new, theirs) == ["new_form.never_seen", "new_button"]


# Controls: a service without the check ------------------------------------------------------------


async def _any_draft(
    self: Drafts, kind: str, community: CommunityId, token: str, begun: object = None
) -> Facts:
    found = await self.look(token)
    if found is None or found.kind != kind:
        raise DraftGone
    return dict(found.facts)


def _anywhere(shelf: type, name: str) -> Patch:
    """A shelf that looks into every community."""

    def patch(theirs: Town, own: Town) -> Patched:
        as_it_is = getattr(shelf, name)

        async def look(self: Any, community: CommunityId, *asked: Any) -> Any:
            found = await as_it_is(self, community, *asked)
            return found or await as_it_is(self, CommunityId(theirs.id), *asked)

        return [(shelf, name, look)]

    return patch


def _drafts(theirs: Town, own: Town) -> Patched:
    return [(Drafts, "open", _any_draft)]


def _receipts(theirs: Town, own: Town) -> Patched:
    return [
        *_anywhere(SqlCases, "found")(theirs, own),
        *_anywhere(SqlGrievances, "found")(theirs, own),
    ]


def _numbers(theirs: Town, own: Town) -> Patched:
    """Whoever may read a case is the second check: both are left out."""
    return [*_anywhere(SqlCases, "numbered")(theirs, own), (desk, "is_for", lambda *_: True)]


def _polls(theirs: Town, own: Town) -> Patched:
    as_it_is = SqlPolls.get

    async def get(self: SqlPolls, id: PollId) -> Poll | None:
        found = await as_it_is(self, id)
        return replace(found, community=CommunityId(own.id)) if found else None

    return [(SqlPolls, "get", get)]


def _closing(theirs: Town, own: Town) -> Patched:
    """A key is made before it is looked at whose poll it is."""
    as_it_is = Closing.close_early

    async def close_early(self: Closing, here: Here, id: str) -> Poll:
        await self._keys_of(PollId(id))
        return await as_it_is(self, here, id)

    return [(Closing, "close_early", close_early)]


def _changes(theirs: Town, own: Town) -> Patched:
    async def waiting(self: Changing, work: Work, community: Community, id: str) -> Pending:
        for one in await self._communities.pending(work, CommunityId(theirs.id)):
            if one.id == id:
                return one
        raise ChangeGone

    return [(Changing, "_waiting", waiting)]


def _shifts(theirs: Town, own: Town) -> Patched:
    as_it_is = Communities.load

    async def load(self: Communities, work: Work, id: CommunityId) -> Community:
        found = await as_it_is(self, work, id)
        others = await as_it_is(self, work, CommunityId(theirs.id))
        return replace(found, changes=(*found.changes, *others.changes))

    return [(Communities, "load", load)]


def _codes(theirs: Town, own: Town) -> Patched:
    async def opened(self: Accounts, here: Here, code: str) -> Facts:
        return await self._codes.open(CODE, code)

    return [(Accounts, "_open", opened)]


def _members(theirs: Town, own: Town) -> Patched:
    async def membership(self: Towns, space: str, account: str) -> tuple[Membership, None]:
        return Membership.MEMBER, None

    return [(Towns, "membership", membership)]


def _pages(theirs: Town, own: Town) -> Patched:
    as_it_is = Audit.pages

    async def pages(self: Audit, community: CommunityId) -> list[AuditPage]:
        return await as_it_is(self, CommunityId(theirs.id))

    return [(Audit, "pages", pages)]


def _digests(theirs: Town, own: Town) -> Patched:
    as_it_is = SqlDigests.get

    async def get(self: SqlDigests, community: CommunityId) -> DigestRow:
        return await as_it_is(self, CommunityId(theirs.id))

    return [(SqlDigests, "get", get), *_under_their_key(theirs)]


def _under_their_key(theirs: Town) -> Patched:
    """Whoever has the other's row could open it, too: else their key alone would keep it."""
    of = Seals.of

    async def their_seal(self: Seals, id: CommunityId) -> Seal:
        return await of(self, CommunityId(theirs.id))

    return [(Seals, "of", their_seal)]


#: What is left out, and what is tried then.
CONTROLS: dict[str, tuple[Patch, Collection[str]]] = {
    "a draft": (_drafts, ("show_again", "send", "edit")),
    "a receipt": (_receipts, ("receipt",)),
    "a case's number": (_numbers, ("next", "open")),
    "a poll": (_polls, ("results", "comments")),
    "a poll's key": (_closing, ("close_poll",)),
    "a change": (_changes, ("approve", "withdraw_change")),
    "a shift": (_shifts, ("take",)),
    "an account's code": (_codes, ("link",)),
    "the community's code": (_members, ("community",)),
    "a page of the audit": (_pages, ("audit",)),
    "a digest": (_digests, ("digest",)),
}


#: Nothing of the other town is shown or changed, and yet it is told that something is there.
BY_DIFFERENCE = {"a shift", "a digest"}


async def test_a_service_without_the_check_is_noticed(both: Frozen, tmp_path: Path) -> None:
    theirs, own = of(both)
    async with thawed(both, tmp_path / "here") as world:
        for what, (patch, tried) in CONTROLS.items():
            before = kept(tmp_path / "here", theirs)
            as_it_is = await crawl(world, theirs, own, tried) if what in BY_DIFFERENCE else []
            with pytest.MonkeyPatch.context() as monkeypatch:
                for owner, name, worse in patch(theirs, own):
                    monkeypatch.setattr(owner, name, worse)
                found = await crawl(world, theirs, own, tried)
            after = kept(tmp_path / "here", theirs)
            noticed = betrayed(found, theirs) + [n for n in before if before[n] != after[n]]
            noticed += differing(as_it_is, found) if as_it_is else []
            assert noticed != [], what
