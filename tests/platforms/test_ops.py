"""The operator's listener and several real processes, asked from outside as their tools do."""

import asyncio
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from adapters.web import application
from bot.ports import Figure, Health
from tests.fakes.demo import Demo
from tests.fakes.forked import Forked
from tests.fakes.installed import Running, free_port, settings_in
from tests.fakes.postgres import Postgres

WELL = {figure.value: 0 for figure in Figure}
COUNTS = {f'groundswell_to_look_at{{what="{figure.value}"}}': 0.0 for figure in Figure}
REACHED = {f'groundswell_reached{{what="{w}"}}': 1.0 for w in ("database", "keys", "sandbox")}


@contextmanager
def running(config: Path, *words: str, ops: int | None = None) -> Iterator[Running]:
    """A process that has started; killed at the end if it still lives."""
    one = Running(config, *words, ops=ops, start=Forked)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.stop(signal.SIGKILL)


@pytest.fixture
async def shared(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Path]:
    """Settings of an installation on a server."""
    async with postgres.database() as database, postgres.database() as key_store:
        yield settings_in(tmp_path, database, key_store)


# What it says -----------------------------------------------------------------------------------


def test_a_running_bot_is_alive_ready_and_has_nothing_to_look_at(tmp_path: Path) -> None:
    with running(settings_in(tmp_path)) as one:
        assert one.address().startswith("http://127.0.0.1:")
        assert one.ask("/healthz") == (200, '{"alive": true}')
        reached = {"ready": True, "database": True, "keys": True, "platforms": {"sandbox": True}}
        assert one.ask("/readyz")[0] == 200
        assert one.ready() == reached | WELL
        assert one.metrics() == COUNTS | REACHED
        assert one.ask("/")[0] == one.ask("/metrics/x")[0] == 404


def test_nothing_a_worker_does_moves_a_figure_before_its_slot(tmp_path: Path) -> None:
    """Nor does it leave a line in the log."""
    with running(settings_in(tmp_path)) as one:
        town = _town(one.address(), tmp_path)
        before = one.ask("/metrics"), one.ask("/readyz")
        receipt = town.person("noor-haddad").file()
        town.person("noor-haddad").visit(receipt)
        assert (one.ask("/metrics"), one.ask("/readyz")) == before
        code, said = one.stop()
    assert code == 0
    assert [line for line in said.splitlines() if "started" not in line] == []


@pytest.mark.parametrize(
    ("health", "status"),
    [
        (Health(True, True, {"sandbox": True}, {}), 200),
        (Health(True, True, {"sandbox": True, "slack": False}, {}), 503),
        (Health(True, True, {"sandbox": True, "mail": False}, {}), 200),
        (Health(True, False, {"sandbox": True}, {}), 503),
        (Health(False, True, {"sandbox": True}, None), 503),
    ],
)
async def test_what_cannot_be_reached_is_said_and_makes_it_not_ready(
    health: Health, status: int
) -> None:
    async def ask() -> Health:
        return health

    async with TestServer(application(ask)) as server, ClientSession() as client:
        answer = await client.get(server.make_url("/readyz"))
        told = await answer.json()
        assert (answer.status, told["ready"]) == (status, status == 200)
        assert told["platforms"] == dict(health.platforms)
        metrics = await (await client.get(server.make_url("/metrics"))).text()
        assert ("groundswell_to_look_at" in metrics) is (health.figures is not None)
        assert f'groundswell_reached{{what="keys"}} {float(health.keys)}' in metrics
        alive = await client.get(server.make_url("/healthz"))
        assert alive.status == 200


async def test_every_label_is_one_of_ours() -> None:
    async def ask() -> Health:
        return Health(True, True, {"sandbox": True}, dict.fromkeys(Figure, 3))

    async with TestServer(application(ask)) as server, ClientSession() as client:
        said = await (await client.get(server.make_url("/metrics"))).text()
    lines = [line for line in said.splitlines() if not line.startswith("#")]
    known = {"database", "keys", "sandbox", *(figure.value for figure in Figure)}
    assert {line.split('"')[1] for line in lines} == known
    assert all(line.startswith("groundswell_") for line in lines)
    assert isinstance(application(ask), web.Application)


# Its port ---------------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        with running(settings_in(tmp_path), ops=port) as one:
            assert one.refusal() == (
                f"[ops] cannot listen on 127.0.0.1 port {port}: choose another host or port."
            )


# Many processes ---------------------------------------------------------------------------------


async def test_three_processes_start_at_once_on_one_server_and_are_one_bot(shared: Path) -> None:
    with ExitStack() as all_of_them:
        three = [all_of_them.enter_context(running(shared)) for _ in range(3)]
        pages = [await asyncio.to_thread(one.address) for one in three]
        failed = [one.stop()[1] for one, page in zip(three, pages, strict=True) if not page]
        assert failed == [], "each says why it did not start"
        assert len({urlsplit(page).port for page in pages}) == 3
        towns = [_town(page, shared.parent) for page in pages]
        receipt = towns[0].person("noor-haddad").file()
        towns[1].person("noor-haddad").visit(receipt)
        assert "Waiting" in str(towns[1].person("noor-haddad").card)
        assert [one.ready()["ready"] for one in three] == [True] * 3
        ended = [await asyncio.to_thread(one.stop) for one in three]
    assert [code for code, _ in ended] == [0, 0, 0]
    assert "bug" not in "".join(said for _, said in ended)


async def test_a_process_without_heartbeat_lets_no_slot_happen(shared: Path) -> None:
    with running(shared, "--no-heartbeat") as one:
        town = _town(await asyncio.to_thread(one.address), shared.parent)
        before = town.due()["slot"]
        town.move(until="slot")
        assert town.due()["slot"] == before
        town.move(advance="PT10M")
        assert one.ready()["late"] == 1
    with running(shared) as one:  # the sandbox's clock is kept beside the data
        town = _town(await asyncio.to_thread(one.address), shared.parent)
        assert town.due()["slot"] > before
        assert one.ready()["late"] == 0


def test_a_second_process_on_sqlite_is_refused(tmp_path: Path) -> None:
    config = settings_in(tmp_path)
    with running(config) as first:
        assert first.address()
        with running(config) as second:
            assert "runs on" in (said := second.refusal())
            assert "PostgreSQL" in said


async def test_half_on_a_server_is_for_one_process_alone(
    postgres: Postgres, tmp_path: Path
) -> None:
    async with postgres.database() as database:
        config = settings_in(tmp_path, database)
        with running(config) as first:
            assert await asyncio.to_thread(first.address)
            with running(config) as second:
                assert "database and the key store" in await asyncio.to_thread(second.refusal)


async def test_a_second_machine_with_a_key_store_of_its_own_is_refused(
    postgres: Postgres, tmp_path: Path
) -> None:
    """The database is shared, the key store is a file here and another file there."""
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    async with postgres.database() as database:
        here = settings_in(tmp_path / "here", database)
        there = settings_in(tmp_path / "there", database)
        for file in (tmp_path / "here" / "keys").iterdir():
            (tmp_path / "there" / "keys" / file.name).write_bytes(file.read_bytes())
        with running(here) as first:
            assert await asyncio.to_thread(first.address)
            with running(there) as second:
                assert "key store is empty" in await asyncio.to_thread(second.refusal)


# Stopping ---------------------------------------------------------------------------------------


def test_a_request_under_way_is_answered_before_it_stops(tmp_path: Path) -> None:
    """Two hundred grievances take a while; SIGTERM comes in the middle."""
    with running(settings_in(tmp_path)) as one:
        town = _town(one.address(), tmp_path)
        with ThreadPoolExecutor(1) as asking:
            answer = asking.submit(town.crowd, "grievances", 40)
            time.sleep(0.3)
            one.process.send_signal(signal.SIGTERM)
            assert answer.result() == {"done": 40, "refused": 0}
        assert one.ended()[0] == 0


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_stops_cleanly_when_it_is_told_to(
    tmp_path: Path, how: signal.Signals, code: int
) -> None:
    port = free_port()
    with running(settings_in(tmp_path), ops=port) as one:
        assert one.address()
        ended, said = one.stop(how)
    assert ended == code
    assert "Traceback" not in said
    with closing(socket.socket()) as line:
        assert line.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("only", ["slack", "sandbox,matrix", ""])
def test_a_platform_that_is_not_enabled_cannot_be_chosen(tmp_path: Path, only: str) -> None:
    with running(settings_in(tmp_path), "--only", only) as one:
        said = one.refusal()
    assert said.startswith("--only names")
    assert "enables sandbox" in said


def test_a_platform_that_is_enabled_can_be_chosen(tmp_path: Path) -> None:
    with running(settings_in(tmp_path), "--only", "sandbox") as one:
        assert one.address()


def _town(page: str, folder: Path) -> Demo:
    """The sandbox behind a page's address."""
    town, address = Demo(folder), urlsplit(page)
    town.host, town.port = str(address.hostname), int(address.port or 0)
    return town
