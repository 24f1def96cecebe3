"""The tables: each column says why it may exist, and those a worker causes tell no order."""

import re
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Column, DateTime, Integer, Table

from bot.domain.communities import CommunityId
from storage.belongings import IN_TURN, NOBODYS, belongs
from storage.tables import Moment, key_metadata, metadata
from tests.fakes.world import World

TABLES = [*metadata.sorted_tables, *key_metadata.sorted_tables]
COLUMNS = [column for table in TABLES for column in table.columns]

#: Tables in which a worker's act makes, changes or removes a row.
OF_WORKERS = {
    "waiting",
    "cases",
    "entries",
    "ballots",
    "marks",
    "case_keys",
    "tombstones",
    "daily_keys",
    "drafts",
    "platform_memory",  # how far a platform has read moves with every message
}
#: The others: what moderators and staff agreed to, and what the calendar does.
OF_OTHERS = {
    "communities",
    "spaces",
    "staff",
    "accounts",
    "grants",
    "duty_changes",
    "audit",
    "audit_acts",
    "polls",
    "pulses",
    "digests",
    "digest_weeks",
    "community_keys",
    "homes",
    "pending_changes",
    "poll_keys",
    "outbox",
    "ledger",
    "installation",
    "workspaces",
}

#: Moments that staff themselves said or agreed to, and what follows from those.
STAFFS_OWN = {
    "grants.begins",
    "grants.ends",
    "duty_changes.begins",
    "duty_changes.ends",
    "communities.next_watch",
    "pending_changes.due",
    "spaces.gone",
    "cases.look",
    "polls.opens",
    "polls.closes",
    "polls.closed",
    "pulses.next_wave",
    "digests.due",
    "digests.since",
    "workspaces.renew",  # what the platform said of a token of ours
}


def why(column: Column[object]) -> str:
    return str(column.info.get("why", ""))


def test_every_table_is_known_here_with_whoever_causes_its_rows() -> None:
    assert {table.name for table in TABLES} == OF_WORKERS | OF_OTHERS


def test_every_table_of_the_database_goes_with_its_community_or_is_nobodys() -> None:
    """A new table must be put where ``forget`` finds it, its rows before those they lean on."""
    assert set(metadata.sorted_tables) == {*IN_TURN, *NOBODYS}
    assert len(set(IN_TURN)) == len(IN_TURN)
    assert not any("community" in table.columns for table in NOBODYS)
    for at, table in enumerate(IN_TURN):
        leaned_on = {key.column.table for key in table.foreign_keys}
        assert leaned_on.isdisjoint(IN_TURN[:at]), table.name
        belongs(table, CommunityId("c" * 32))


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_every_column_says_why_it_may_exist(column: Column[object]) -> None:
    assert len(why(column)) >= 6


@pytest.mark.parametrize("table", [t for t in TABLES if t.name in OF_WORKERS], ids=str)
def test_what_a_worker_causes_has_no_row_number(table: Table) -> None:
    assert table.dialect_options["sqlite"]["with_rowid"] is False


@pytest.mark.parametrize("table", [t for t in TABLES if t.name in OF_WORKERS], ids=str)
def test_what_a_worker_causes_has_a_random_key_and_no_counter(table: Table) -> None:
    # A ballot's is two: the poll's random id, and a keyed hash. A platform's memory has one row for
    # each thing of ours, which is there before anybody acts.
    two = table.name in ("ballots", "platform_memory")
    assert len(table.primary_key.columns) == (2 if two else 1)
    assert not any(isinstance(column.type, Integer) for column in table.columns)
    assert not any(column.server_default or column.onupdate for column in table.columns)


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_no_column_keeps_a_worker_or_the_moment_of_an_act(column: Column[object]) -> None:
    words = set(column.name.split("_"))
    if column.table.name in OF_WORKERS:
        person = {"account", "user", "author", "reporter", "worker", "name", "member", "address"}
        assert not words & person
    assert not words & {"created", "updated", "inserted", "modified", "time", "timestamp", "seq"}
    assert not isinstance(column.type, DateTime)
    if isinstance(column.type, Moment) and str(column) not in STAFFS_OWN:
        assert re.search(r"slot|half hour|when to try|when a first|when it crosses", why(column))


async def test_the_migrations_make_them_so_too(world: World) -> None:
    """A migration that forgets it would number the rows although the tables say otherwise."""
    where = [world.where.data / "groundswell.db", world.where.keys / "keys.db"]
    made: dict[str, str] = {}
    for file in where:
        made |= _made(file)
    assert set(made) - {"alembic_version"} == OF_WORKERS | OF_OTHERS
    for table in OF_WORKERS:
        assert "WITHOUT ROWID" in made[table].upper(), table
    for table in TABLES:
        for column in table.columns:
            assert re.search(rf'[\s("]{column.name}"? ', made[table.name]), column


def _made(file: Path) -> dict[str, str]:
    line = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return dict(line.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    finally:
        line.close()
