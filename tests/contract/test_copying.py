"""What a backup takes out of a database and puts into another: every value as it was, a few hundred rows
at a time, as of one moment, while others write."""

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, make_url, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.copying import (
    AT_ONCE,
    COPIED,
    LEFT_OUT,
    decoded,
    empty,
    encoded,
    line,
    put,
    rows,
    snapshot,
    tables,
)
from storage.schema import Chain
from storage.scrubbing import scrub
from storage.tables import digest_weeks, key_metadata, ledger, metadata, polls
from tests.contract.conftest import Backend, Files, opened

CLOSED = {
    "id": "p" * 32,
    "community": "c" * 32,
    "questions": [{"kind": "yes_no", "text": 'How "late", \u2028 or ümläut?'}],
    "settings": {},
    "opens": 1780304400,
    "closes": 1780304400,
    "closed": None,
    "public_key": bytes(range(256)),
    "pulse": None,
    "wave": None,
    "result": None,
    "sealed_comments": None,
    "outcome": "",
}


async def _put(engine: AsyncEngine, table: Any, *new: dict[str, Any]) -> None:
    async with engine.begin() as run:
        known = {one.name: one for one in await tables(run, Chain.MAIN)}
        await put(run, known[table.name], new)


@pytest.mark.parametrize(("chain", "known"), [(Chain.MAIN, metadata), (Chain.KEYS, key_metadata)])
async def test_every_table_is_copied_or_left_out_on_purpose(
    backend: Backend, chain: Chain, known: Any
) -> None:
    async with backend.database(chain) as url, snapshot(url) as run:
        copied = [one.name for one in await tables(run, chain)]
    assert set(copied) == COPIED[chain]
    assert COPIED[chain].isdisjoint(LEFT_OUT[chain])
    assert COPIED[chain] | LEFT_OUT[chain] == {*known.tables, "alembic_version"}
    for table in known.tables.values():
        for one in table.foreign_keys:
            assert copied.index(one.column.table.name) < copied.index(table.name)


async def test_a_table_that_nobody_decided_on_is_in_no_copy(backend: Backend) -> None:
    async with backend.database(Chain.KEYS) as url, opened(url) as engine:
        async with engine.begin() as run:
            await run.execute(text("CREATE TABLE new_secrets (id INTEGER PRIMARY KEY)"))
        async with snapshot(url) as run:
            copied = {one.name for one in await tables(run, Chain.KEYS)}
    assert copied == COPIED[Chain.KEYS]


async def test_every_value_comes_back_as_it_was(backend: Backend) -> None:
    week = {"community": "c" * 32, "week": date(2026, 6, 1), "sealed": b"\x00\xff\n"}
    async with backend.database(Chain.MAIN) as url, opened(url) as engine:
        await _put(engine, polls, CLOSED)
        await _put(engine, digest_weeks, week)
        async with snapshot(url) as run:
            found = {one.name: one for one in await tables(run, Chain.MAIN)}
            for name, was in (("polls", CLOSED), ("digest_weeks", week)):
                ((row,),) = [page async for page in rows(run, found[name])]
                names = [column.name for column in found[name].columns]
                told = json.loads(line(encoded(row)))
                assert dict(decoded(names, told)) == {n: was[n] for n in names}
            nothing = "SELECT count(*) FROM polls WHERE result IS NULL AND closed IS NULL"
            assert await run.scalar(text(nothing)) == 1  # not a JSON null


async def test_rows_come_in_pages_of_their_keys_and_each_once(backend: Backend) -> None:
    many = 2 * AT_ONCE + 3
    new = [{"kind": f"k{n % 7}", "scope": f"{n % 5:032}", "period": f"{n}"} for n in range(many)]
    async with backend.database(Chain.MAIN) as url, opened(url) as engine:
        async with engine.begin() as run:
            await run.execute(insert(ledger), new)
        async with snapshot(url) as run:
            (table,) = [one for one in await tables(run, Chain.MAIN) if one.name == "ledger"]
            pages = [page async for page in rows(run, table)]
    assert [len(page) for page in pages] == [AT_ONCE, AT_ONCE, 3]
    found = [(row["kind"], row["scope"], row["period"]) for page in pages for row in page]
    assert len(set(found)) == many


async def test_what_is_written_meanwhile_is_not_in_it_and_nobody_waits(backend: Backend) -> None:
    row = {"kind": "slot", "scope": "s" * 32, "period": "1"}
    async with backend.database(Chain.MAIN) as url, opened(url) as engine:
        async with engine.begin() as run:
            await run.execute(insert(ledger), row)
        count = select(func.count()).select_from(ledger)
        async with snapshot(url) as run:
            assert await run.scalar(count) == 1
            async with engine.begin() as other:
                await other.execute(insert(ledger), {**row, "period": "2"})
            assert await run.scalar(count) == 1
            with pytest.raises(Exception, match=r"(?i)read-?\s?only"):
                await run.execute(insert(ledger), {**row, "period": "3"})
        async with snapshot(url) as run:
            assert await run.scalar(count) == 2


async def test_a_database_with_a_schema_and_no_row_is_empty(backend: Backend) -> None:
    async with backend.database() as url, opened(url) as engine, engine.connect() as run:
        assert await empty(run)
    async with backend.database(Chain.MAIN) as url, opened(url) as engine:
        async with engine.connect() as run:
            assert await empty(run)
        await _put(engine, ledger, {"kind": "k", "scope": "s", "period": "p", "missed": None})
        async with engine.connect() as run:
            assert not await empty(run)


async def test_whoever_empties_the_log_waits_for_no_reader_and_does_it_afterwards(
    tmp_path: Path,
) -> None:
    """SQLite would let them wait for ten seconds, and everybody behind them."""
    async with Files(tmp_path).database(Chain.MAIN) as url, opened(url) as engine:
        log = Path(f"{make_url(url).database}-wal")
        async with snapshot(url) as run:
            assert await run.scalar(text("SELECT count(*) FROM ledger")) == 0
            await _put(engine, ledger, {"kind": "k", "scope": "s", "period": "p", "missed": None})
            async with asyncio.timeout(5):
                await scrub(engine)
            assert log.stat().st_size
        await scrub(engine)
        assert log.stat().st_size == 0
        async with engine.connect() as again:
            assert await again.scalar(text("PRAGMA busy_timeout")) == 10_000
