"""Poll secrets: after the close nothing is left of the poll's key, its tags and its sealed ballots.

Shows: neither lies in any file of database and key store, in a log or a temporary folder, in any
of the usual writings; no key of the key store of after the close opens a copy of the database made
while the poll was open; and whoever is killed between count and destruction, at any named point, is
followed by somebody who says the results once and destroys the rest.
Does not show: PostgreSQL's own log; the process's memory; a key store copied while it was open.
Control: that copy opens all; a planted key and one that nobody looks for afterwards are found.
"""

import base64
import io
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import bot.wiring
import storage.poll_keys
from adapters.logs import AllowListLog
from adapters.sandbox import people
from adapters.vault import _ballot_secret, _derived
from bot.ports import BadSeal, Key, Wrapped
from bot.services.polls.closing import Closing
from bot.services.polls.comments import COMMENTS_KEPT
from bot.settings import Where
from storage.poll_keys import SqlPollKeys
from storage.polls import SqlPolls
from tests.fakes.acts import Acts
from tests.fakes.voting import answered, closed_early, is_taken, key_of, opened_poll, vault_of
from tests.fakes.world import US, CountedChance, HandClock, KeptLog, KeptPost, World, folders
from tests.fakes.world import new_world as a_world
from tests.proofs.traces import places_of

WORKERS = tuple(f"worker-{n}" for n in range(12))
CUT = 16  #: bytes of a secret are enough to betray it


@dataclass(frozen=True)
class Secrets:
    """All that must not outlive the poll: what it is called -> its bytes."""

    poll: str
    key: Key
    all: Mapping[str, bytes]


async def asked(world: World) -> Secrets:
    """A poll that everybody has answered, some of them twice."""
    poll = await opened_poll(Acts(world), comment="yes")
    for n, who in enumerate((*WORKERS, *WORKERS[:5])):
        assert is_taken(await answered(world, who, poll, str(1 + n % 3), f"I am number {n}."))
    world.clock.move(timedelta(minutes=5))
    await world.bot.tick()
    key, vault = await key_of(world.where, poll), vault_of(world.where)
    with closing(_opened(world.where.keys / "keys.db")) as database:
        ((wrapped,),) = database.execute("SELECT wrapped FROM poll_keys")
    found = {"wrapped key": wrapped, "key": key, "secret": bytes(_ballot_secret(key))}
    found["pepper"] = _derived(key, "ballot-tag/1")
    for n, (tag, sealed) in enumerate(_ballots(world.where)):
        found |= {f"tag {n}": tag, f"ballot {n}": sealed, f"ballot {n}, inside": sealed[6000:]}
    assert vault.ballot_tag(vault.ballot_pepper(key), people.PLATFORM, WORKERS[0]) in found.values()
    return Secrets(poll, key, found)


def left_of(secrets: Secrets, places: Mapping[str, bytes]) -> list[str]:
    """What of it lies where: as it is, in hex, and in base64 at three offsets."""
    wanted = {}
    for name, secret in secrets.all.items():
        one = secret[:CUT]
        wanted |= {one: name, one.hex().encode(): name, one.hex().upper().encode(): name}
        wanted |= {base64.b64encode(bytes(n) + one)[4:18]: name for n in range(3)}
    return sorted(
        f"{name} in {place}"
        for place, lies_there in places.items()
        for one, name in wanted.items()
        if one in lies_there
    )


@pytest.fixture
def temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "world" / "temp"
    folder.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    for name in ("TMPDIR", "SQLITE_TMPDIR"):
        monkeypatch.setenv(name, str(folder))
    return folder


@dataclass(frozen=True)
class Copies:
    """``before``: of everything, while the poll was open; ``after`` it had closed."""

    secrets: Secrets
    before: Where
    after: Where
    after_root: Path
    log: bytes


@pytest.fixture
async def copies(tmp_path: Path, temp: Path) -> Copies:
    where, heard = folders(tmp_path / "world"), io.StringIO()
    async with a_world(where, log=AllowListLog(heard)) as world:
        secrets = await asked(world)
        shutil.copytree(tmp_path / "world", tmp_path / "before")
        await world.live(days=3)
        assert [room for room, _ in world.post.rooms].count("general") >= 3
        shutil.copytree(tmp_path / "world", tmp_path / "after")
    after, log = tmp_path / "after", heard.getvalue().encode()
    return Copies(secrets, folders(tmp_path / "before"), folders(after), after, log)


async def test_nothing_of_them_lies_anywhere_after_the_close(
    copies: Copies, tmp_path: Path
) -> None:
    after = places_of(copies.after_root, tmp_path / "looked at") | {"log": copies.log}
    assert {name for name in after if "groundswell.db" in name or "keys.db" in name}
    assert left_of(copies.secrets, after) == []
    before = places_of(copies.before.data.parent, tmp_path / "looked at before")
    found = left_of(copies.secrets, before)  # the control
    assert {one.partition(" in ")[0] for one in found} >= {"wrapped key", "tag 0", "ballot 0"}


async def test_a_copy_made_while_it_was_open_opens_with_no_key_that_is_left(
    copies: Copies,
) -> None:
    ballots = _ballots(copies.before)
    assert len(ballots) == len(WORKERS)
    assert _opened_with(copies.after, ballots) == 0
    assert _opened_with(copies.before, ballots) == len(WORKERS), "the control"


async def test_a_copy_made_while_comments_were_kept_opens_with_no_key_once_they_are_forgotten(
    copies: Copies, tmp_path: Path
) -> None:
    """Not with the key files either, which are the same for ever."""
    then, later = copies.after, folders(shutil.copytree(copies.after_root, tmp_path / "later"))
    ((place, sealed),) = _comments(then)
    assert _comments_opened(then, place, sealed) == 1, "the control"
    await _next_start(later, after=timedelta(days=3) + COMMENTS_KEPT + timedelta(hours=1))
    assert _comments(later) == []
    assert _comments_opened(later, place, sealed) == 0


async def test_the_bot_itself_finds_nothing_in_such_a_copy(copies: Copies, tmp_path: Path) -> None:
    shown = []
    for name, keys in (("after", copies.after), ("before", copies.before)):
        shutil.copytree(copies.before.data, tmp_path / f"with {name}" / "data")
        shutil.copytree(keys.keys, tmp_path / f"with {name}" / "keys")
        post = await _next_start(folders(tmp_path / f"with {name}"))
        shown.append(_results(post))
    (without_a_key,), (with_it,) = shown
    assert "results.lost" in without_a_key
    assert "results.cell" in with_it, "the control"


async def test_a_planted_key_is_found(copies: Copies, tmp_path: Path) -> None:
    planted = copies.secrets.all["wrapped key"]
    with closing(_opened(copies.after.keys / "keys.db")) as database, database:
        database.execute("INSERT INTO installation VALUES ('planted', ?)", (planted,))
    (copies.after_root / "temp" / "left.txt").write_text(copies.secrets.all["tag 7"].hex())
    found = left_of(copies.secrets, places_of(copies.after_root, tmp_path / "looked at"))
    assert {one.partition(" in ")[0] for one in found} == {"wrapped key", "tag 7"}


# Killed in between ------------------------------------------------------------------------------

Stop = Callable[[], None]
Patch = Callable[[pytest.MonkeyPatch, Stop], None]


def before_the_commit(patch: pytest.MonkeyPatch, stop: Stop) -> None:
    _around(patch, SqlPolls, "close", after=stop)


def before_the_key_is_destroyed(patch: pytest.MonkeyPatch, stop: Stop) -> None:
    _around(patch, SqlPollKeys, "destroy_polls", before=stop)


def before_the_key_store_is_scrubbed(patch: pytest.MonkeyPatch, stop: Stop) -> None:
    _around(patch, storage.poll_keys, "scrub", before=stop)


def before_the_database_is_scrubbed(patch: pytest.MonkeyPatch, stop: Stop) -> None:
    _around(patch, bot.wiring, "scrub", before=stop)


POINTS: tuple[Patch, ...] = (
    before_the_commit,
    before_the_key_is_destroyed,
    before_the_key_store_is_scrubbed,
    before_the_database_is_scrubbed,
)


def _nothing() -> None:
    return None


def _around(
    patch: pytest.MonkeyPatch,
    of: Any,
    name: str,
    *,
    before: Stop = _nothing,
    after: Stop = _nothing,
) -> None:
    does = getattr(of, name)

    async def stopped(*given: Any, **named: Any) -> Any:
        before()
        done = await does(*given, **named)
        after()
        return done

    patch.setattr(of, name, stopped)


async def killed(at: Patch, root: Path, patch: pytest.MonkeyPatch, *, early: bool) -> Secrets:
    """The disk as it stands when the close has come so far, in ``root / "killed"``: a process that
    is killed leaves no more than that."""
    armed, copied = list[bool](), root / "killed"

    def stop() -> None:
        if armed and armed.pop():
            for part in ("data", "keys"):
                shutil.copytree(root / "world" / part, copied / part)

    with patch.context() as planted:
        at(planted, stop)
        async with a_world(folders(root / "world")) as world:
            secrets = await asked(world)
            world.clock.move(timedelta(days=1 if early else 3))
            armed.append(True)
            if early:
                await closed_early(world, secrets.poll)
            await world.bot.tick()
    assert copied.exists(), "it never came there"
    return secrets


@pytest.mark.parametrize("early", [False, True], ids=["due", "early"])
@pytest.mark.parametrize("at", POINTS, ids=lambda at: at.__name__)
async def test_whoever_is_killed_the_next_one_finishes(
    at: Patch, early: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = await killed(at, tmp_path, monkeypatch, early=early)
    where = folders(tmp_path / "killed")
    post = await _next_start(where)
    assert len(_results(post)) == 1, "said once"
    assert "results.cell" in _results(post)[0]
    assert _ballots(where) == []
    assert secrets.key not in _keys(where)
    assert left_of(secrets, places_of(tmp_path / "killed", tmp_path / "looked at")) == []


async def test_a_key_that_nobody_looks_for_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(self: Closing) -> None:
        return None

    secrets = await killed(before_the_key_is_destroyed, tmp_path, monkeypatch, early=False)
    monkeypatch.setattr(Closing, "tidy", nobody)
    await _next_start(folders(tmp_path / "killed"))
    found = left_of(secrets, places_of(tmp_path / "killed", tmp_path / "looked at"))
    assert {one.partition(" in ")[0] for one in found} == {"wrapped key"}


# Looking ----------------------------------------------------------------------------------------


async def _next_start(where: Where, after: timedelta = timedelta(days=3)) -> KeptPost:
    """Another process on these folders, some days later: it keeps time for a while, and says."""
    clock, chance, post = HandClock(), CountedChance("another process"), KeptPost()
    posts, log = {people.PLATFORM: post}, KeptLog()
    clock.move(after)
    post.clock = clock
    async with bot.wiring.groundswell(
        where, US, posts, clock, chance, log, room_delay=timedelta(0)
    ) as another:
        for _ in range(3):
            await another.tick()
            clock.move(timedelta(minutes=5))
    return post


def _results(post: KeptPost) -> list[str]:
    """Every card of results that was said."""
    cards = [repr(card) for _, card in post.rooms]
    return [one for one in cards if "results.closed" in one]


def _keys(where: Where) -> list[Key]:
    """Every key of a key store, and every key file, as somebody would try them who has them all."""
    vault = vault_of(where)
    found = [Key(bytes.fromhex(one.read_text())) for one in where.keys.glob("*.key")]
    with closing(_opened(where.keys / "keys.db")) as database:
        for table in ("case_keys", "poll_keys"):
            rows = database.execute(f"SELECT id, wrapped FROM {table}")
            found += [vault.unwrap(id, Wrapped(one), table) for id, one in rows]
    return found


def _opened_with(where: Where, ballots: list[tuple[bytes, bytes]]) -> int:
    """How many any key opens: all are tried."""
    vault, found = vault_of(where), 0
    for key in _keys(where):
        for _, sealed in ballots:
            with suppress(BadSeal):
                found += bool(vault.open_ballot(key, sealed))
    return found


def _comments(where: Where) -> list[tuple[str, bytes]]:
    """What comments are bound to, and what is sealed."""
    with closing(_opened(where.data / "groundswell.db")) as database:
        found = "SELECT id, sealed_comments FROM polls WHERE sealed_comments IS NOT NULL"
        return [(f"polls.sealed_comments/{id}", sealed) for id, sealed in database.execute(found)]


def _comments_opened(where: Where, place: str, sealed: bytes) -> int:
    """How many keys open them: all of the key store are tried, and what the key files make."""
    vault, found = vault_of(where), 0
    for key in _keys(where):
        with suppress(BadSeal):
            found += bool(vault.open(key, place, sealed))
    with suppress(BadSeal):  # the key file under which staff's rows once lay
        found += bool(vault.open_staff(Key(bytes(32)), place, sealed))
    return found


def _ballots(where: Where) -> list[tuple[bytes, bytes]]:
    with closing(_opened(where.data / "groundswell.db")) as database:
        return list(database.execute("SELECT tag, sealed FROM ballots"))


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=10)
