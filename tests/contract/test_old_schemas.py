"""A database that an older program made and filled is brought to today's tables with all in it."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.domain.communities import (
    Community,
    CommunityId,
    Retention,
    Role,
    RoomKind,
    Slots,
    StaffId,
    Target,
    Trust,
)
from bot.domain.digests import NEVER, Plan
from bot.ports import AccountRow, OpenWork, StaffRow
from storage.schema import Chain, current, upgrade
from storage.work import work_on
from tests.contract.conftest import Backend, opened

HERE, SPACE, CASE = CommunityId("a" * 32), "5" * 32, "6" * 32
REP, MODERATOR = StaffId("1" * 32), StaffId("2" * 32)
SLOT = 1780304400  #: Monday 1 June 2026, 09:00 UTC

SETTINGS = {
    "language": "en",
    "zone": "Europe/Berlin",
    "weekdays": [1, 4],
    "at": "17:30",
    "categories": ["pay", "hours"],
    "first_answer_hours": 36,
    "outside_body": "Law Centre",
    "members": 44,
    "on_duty": [REP],
}

#: table -> rows, as the first schema had them
FILLED: dict[str, list[Mapping[str, Any]]] = {
    "communities": [
        {
            "id": HERE,
            "name": "Hafen",
            "code": "ABC234",
            "settings": SETTINGS,
            "revision": 7,
            "next_slot": SLOT,
        }
    ],
    "spaces": [
        {
            "id": SPACE,
            "community": HERE,
            "mark": b"space",
            "platform": "sandbox",
            "address": "harbour",
            "name": "Harbour",
            "trust": "neutral",
            "rooms": {"bulletin": "general"},
        }
    ],
    "staff": [
        {
            "id": REP,
            "community": HERE,
            "roles": ["rep", "organiser"],
            "named": True,
            "sealed_name": b"\x00rep",
        },
        {
            "id": MODERATOR,
            "community": HERE,
            "roles": ["moderator"],
            "named": False,
            "sealed_name": b"\x00mod",
        },
    ],
    "accounts": [
        {"mark": b"one", "staff": REP, "sealed": b"\x00a"},
        {"mark": b"two", "staff": MODERATOR, "sealed": b"\x00b"},
    ],
    "cases": [
        {
            "id": CASE,
            "number": "7CKQ2M",
            "community": HERE,
            "lookup": b"lookup",
            "key": "7" * 32,
            "release": SLOT,
            "due": SLOT + 3600,
            "gone": SLOT + 9999999,
            "live": True,
            "sealed": b"\x00words",
        }
    ],
    "entries": [{"id": "8" * 32, "case": CASE, "sealed": b"\x00said"}],
    "waiting": [
        {
            "id": "9" * 32,
            "community": HERE,
            "slot": SLOT,
            "lookup": None,
            "key": "7" * 32,
            "sealed": b"\x00more",
        }
    ],
    "outbox": [
        {
            "id": "0" * 32,
            "community": HERE,
            "notice": "case_moved",
            "facts": {},
            "staff": REP,
            "space": None,
            "room": None,
            "tries": 2,
            "next_try": SLOT,
        }
    ],
    "ledger": [{"kind": "slot", "scope": HERE, "period": "2026-05-29"}],
    "installation": [{"name": "key_files", "value": b"fingerprint"}],
}


def _first(connection: Connection) -> None:
    """The first schema, filled."""
    config = Chain.MAIN.config
    config.attributes["connection"] = connection
    command.upgrade(config, "main0001")
    known = sa.MetaData()
    known.reflect(connection)
    for table, rows in FILLED.items():
        connection.execute(sa.insert(known.tables[table]), [dict(row) for row in rows])


#: what a community of the fourth schema had of its own, besides what the first one was filled with
FOURTH = CommunityId("4" * 32)
SETTINGS_OF_FOURTH = {
    "language": "en",
    "zone": "America/New_York",
    "weekdays": [2],
    "at": "08:15",
    "categories": ["pay"],
    "policy": {"steps": [], "outside_body": "Law Centre"},
    "members": 12,
    "rota": {"order": [], "weekday": 0, "at": "09:00", "zone": "America/New_York"},
}


def _fourth(connection: Connection) -> None:
    """The first schema, filled, brought to the one before digests, with one more community there."""
    _first(connection)
    config = Chain.MAIN.config
    config.attributes["connection"] = connection
    command.upgrade(config, "main0004")
    known = sa.MetaData()
    known.reflect(connection)
    row = {"id": FOURTH, "name": "Kai", "code": "KAI234", "revision": 3, "next_slot": SLOT}
    table = known.tables["communities"]
    connection.execute(sa.insert(table).values(settings=SETTINGS_OF_FOURTH, **row))


async def _upgraded(engine: AsyncEngine) -> OpenWork:
    async with engine.begin() as connection:
        await connection.run_sync(_first)
    assert await current(engine) == "main0001"
    await upgrade(engine, Chain.MAIN)
    assert await current(engine) == Chain.MAIN.newest
    return work_on(engine)


async def test_communities_keep_their_settings_and_get_steps_and_a_rota(backend: Backend) -> None:
    async with backend.database() as url, opened(url) as engine:
        open_work = await _upgraded(engine)
        async with open_work() as work:
            found = await work.communities.get(HERE)
    assert found is not None
    community = found[0]
    assert community.slots == Slots("Europe/Berlin", (1, 4), time(17, 30))
    assert (community.members, community.categories) == (44, ("pay", "hours"))
    steps = community.policy.steps
    assert [one.target for one in steps] == [
        Target.ON_DUTY,
        Target.ALL_REPS,
        Target.ORGANISERS,
        Target.OUTSIDE,
    ]
    assert [one.within // timedelta(hours=1) for one in steps] == [36, 24, 48, 24]
    assert community.policy.outside_body == "Law Centre"
    assert (community.rota.order, community.rota.zone) == ((REP,), "Europe/Berlin")
    assert (community.retention, community.first_pulse) == (Retention(60, 60), None)
    (space,) = found[1]
    assert (space.space.trust, space.space.rooms) == (
        Trust.NEUTRAL,
        {RoomKind.BULLETIN: "general"},
    )


async def test_roles_held_so_far_begin_anew_and_last_a_year(backend: Backend) -> None:
    async with backend.database() as url, opened(url) as engine:
        before = await _now(engine)
        open_work = await _upgraded(engine)
        after = await _now(engine)
        async with open_work() as work:
            found = await work.communities.get(HERE)
    assert found is not None
    _, _, staff, accounts = found
    people = {row.id: row for row in staff}
    assert _roles(people[REP]) == {Role.REP, Role.ORGANISER}
    assert _roles(people[MODERATOR]) == {Role.MODERATOR}
    assert people[REP].sealed_name == b"\x00rep"
    assert (people[REP].named, people[REP].sealed_hours) == (True, None)
    for row in staff:
        for grant in row.grants:
            assert before - timedelta(seconds=1) <= grant.begins <= after
            assert grant.ends - grant.begins == timedelta(days=365)
    assert sorted(accounts, key=lambda row: row.mark) == [
        AccountRow(b"one", REP, b"\x00a"),
        AccountRow(b"two", MODERATOR, b"\x00b"),
    ]


async def test_nothing_that_was_kept_is_lost(backend: Backend) -> None:
    async with backend.database() as url, opened(url) as engine:
        open_work = await _upgraded(engine)
        async with open_work() as work:
            (case,) = await work.cases.live(HERE)
            (entry,) = await work.cases.entries([CASE])
            (waits,) = await work.grievances.said("7" * 32)
            assert await work.communities.next_slot_of(HERE) == datetime.fromtimestamp(SLOT, UTC)
            assert await work.communities.revision(HERE) == 7
            assert not await work.ledger.claim("slot", HERE, "2026-05-29")
    assert (case.number, case.lookup, case.sealed) == ("7CKQ2M", b"lookup", b"\x00words")
    assert (entry.sealed, waits.sealed) == (b"\x00said", b"\x00more")


async def test_the_watch_looks_at_every_community_after_the_upgrade(backend: Backend) -> None:
    async with backend.database() as url, opened(url) as engine:
        open_work = await _upgraded(engine)
        async with open_work() as work:
            assert await work.communities.watched(datetime(2026, 6, 1, tzinfo=UTC)) == [HERE]


async def test_an_account_may_belong_to_staff_of_two_communities_after_it(
    backend: Backend,
) -> None:
    async with backend.database() as url, opened(url) as engine:
        open_work = await _upgraded(engine)
        other = CommunityId("b" * 32)
        row = StaffRow(StaffId("3" * 32), True, b"n", None, ())
        async with open_work() as work:
            made = Community(other, "Other", "OTHER2", "en", Slots(), ("pay",), _policy(), 30)
            await work.communities.add(made, [], [row], [AccountRow(b"one", row.id, b"c")])
        async with open_work() as work:
            found = await work.communities.get(other)
            assert found is not None
            assert found[3] == [AccountRow(b"one", row.id, b"c")]


async def test_every_community_that_was_there_gets_a_digest_that_begins_with_its_next_hour(
    backend: Backend,
) -> None:
    """Its zone and language are those it had; no case of before is counted."""
    async with backend.database() as url, opened(url) as engine:
        async with engine.begin() as connection:
            await connection.run_sync(_fourth)
        assert await current(engine) == "main0004"
        await upgrade(engine, Chain.MAIN)
        open_work = work_on(engine)
        async with open_work() as work:
            assert set(await work.digests.due(datetime(2026, 6, 1, tzinfo=UTC))) == {HERE, FOURTH}
            rows = {id: await work.digests.get(id) for id in (HERE, FOURTH)}
            assert await work.digests.nowhere() == 0
            assert await work.cases.lately(HERE, datetime(2026, 6, 1, tzinfo=UTC)) == [CASE]
    zones = {HERE: "Europe/Berlin", FOURTH: "America/New_York"}
    for id, row in rows.items():
        assert row.plan == Plan(0, time(9), zones[id], "en")
        assert (row.revision, row.nowhere) == (1, False)
        assert (row.sealed_addresses, row.carried) == (None, None)
        standing = row.standing
        assert (standing.since, standing.serial, standing.sent) == (NEVER, 0, None)
        assert standing.first == standing.done
        assert standing.first.weekday() == 0


@pytest.mark.parametrize("chain", list(Chain))
async def test_an_upgrade_of_what_is_new_changes_nothing(backend: Backend, chain: Chain) -> None:
    async with backend.database(chain) as url, opened(url) as engine:
        await upgrade(engine, chain)
        assert await current(engine) == chain.newest


def _policy() -> Any:
    from bot.domain.communities import Policy

    return Policy(outside_body="Law Centre")


def _roles(row: StaffRow) -> set[Role]:
    return {grant.role for grant in row.grants}


async def _now(engine: AsyncEngine) -> datetime:
    query = "SELECT strftime('%s', 'now')"
    if engine.dialect.name == "postgresql":
        query = "SELECT extract(epoch FROM now())"
    async with engine.connect() as connection:
        seconds = await connection.scalar(sa.text(query))
    return datetime.fromtimestamp(float(seconds), UTC)
