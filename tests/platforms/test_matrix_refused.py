"""What a homeserver refuses for good is seen: by whoever logs in, in the status, and in the log."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.matrix import app, reading
from bot.cli_matrix import _log_in
from bot.ports import Noted
from bot.settings import CannotStart, Matrix, Where
from tests.fakes.matrix_host import Host
from tests.fakes.matrix_people import crowd_on
from tests.fakes.matrix_town import Town, town_on
from tests.fakes.synapse import PASSWORD, Synapse
from tests.fakes.world import folders

pytestmark = pytest.mark.xdist_group("synapse")
NO: tuple[int, dict[str, Any]] = (400, {"errcode": "M_UNKNOWN", "error": "no such token"})


def devices(synapse: Synapse, user: str) -> list[str]:
    said = synapse.ask("GET", f"/_synapse/admin/v2/users/{user}/devices", token=synapse.warden)
    return [one["device_id"] for one in said["devices"]]


@pytest.fixture
def account(synapse: Synapse, host: Host, tmp_path: Path) -> Matrix:
    bot, state = synapse.account("bot"), tmp_path / "matrix"
    return Matrix(homeserver=host.url, user_id=bot, password=PASSWORD, state_dir=state)


@pytest.fixture
def here(tmp_path: Path) -> Where:
    where = folders(tmp_path)
    where.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    return where


def refuses_keys(host: Host, times: int) -> None:
    """As where the homeserver has keys of ours that are not in our store."""
    left = [NO] * times
    host.answers = lambda method, path: (
        left.pop() if left and path.endswith("/keys/upload") else None
    )


async def test_whoever_logs_in_on_an_old_copy_of_the_state_gets_a_new_device(
    synapse: Synapse, host: Host, account: Matrix, here: Where, capsys: pytest.CaptureFixture[str]
) -> None:
    refuses_keys(host, 1)
    await _log_in(account, here)
    (device,) = devices(synapse, account.user_id or "")
    assert capsys.readouterr().out == (f"{account.user_id} is logged in, as the device {device}.\n")


async def test_one_who_is_refused_for_good_is_told_what_to_look_at(
    host: Host, account: Matrix, here: Where
) -> None:
    refuses_keys(host, 2)
    with pytest.raises(CannotStart, match="does not take the keys of @bot"):
        await _log_in(account, here)


@pytest.fixture
async def town(
    synapse: Synapse, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Town]:
    monkeypatch.setattr(app, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(reading, "FIRST_WAIT", 0.01)
    async with crowd_on(synapse) as crowd, town_on(crowd, tmp_path, host.url) as made:
        yield made


async def test_what_is_new_and_refused_again_and_again_is_in_the_log_by_its_type_alone(
    town: Town, host: Host
) -> None:
    log, worker = town.world.log, town.people["worker"]
    host.answers = lambda method, path: NO if path.endswith("/sync") else None
    await worker.says(town.general, "so that something is new")
    await town.until(lambda: log.lines)
    assert not town.platform.post.connected()
    note, facts = log.lines[0]
    assert (note, facts["kind"]) == (Noted.BUG, "Unheard")
    assert "token" not in str(log.lines)
    host.answers = lambda method, path: None
    await town.until(town.platform.post.connected)


@pytest.mark.parametrize("answer", [(500, {}), (429, {"retry_after_ms": 10})])
async def test_a_homeserver_that_is_slow_or_broken_is_waited_for_and_not_told(
    town: Town, host: Host, answer: Any
) -> None:
    host.asked.clear()
    host.answers = lambda method, path: answer if path.endswith("/sync") else None
    await town.people["worker"].says(town.general, "so that something is new")
    await town.until(lambda: sum(path.endswith("/sync") for _, path in host.asked) > 6)
    host.answers = lambda method, path: None
    await town.until(town.platform.post.connected)
    assert town.world.log.lines == []
