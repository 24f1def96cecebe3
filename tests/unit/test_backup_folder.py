"""What lies in a folder of backups: which of it must go, and which must not, whoever writes there."""

import fcntl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.backup_folder import AHEAD, KEYS_KEPT, found, outlived, stem, tidy

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOLDS = """
import fcntl, sys
with open(sys.argv[1], "wb") as half:
    fcntl.flock(half, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.read()
"""


def lies(folder: Path, at: datetime, ending: str) -> Path:
    file = folder / f"{stem(at, b'abc')}.{ending}"
    file.touch()
    return file


def test_a_key_store_s_lives_seven_days_and_never_longer(tmp_path: Path) -> None:
    stays = [lies(tmp_path, NOW + away, "keys") for away in (-KEYS_KEPT, timedelta(0), AHEAD)]
    goes = [lies(tmp_path, NOW + away, "keys") for away in (-KEYS_KEPT - SECOND, AHEAD + SECOND)]
    others = [lies(tmp_path, NOW + away, "database") for away in (-9 * KEYS_KEPT, 9 * KEYS_KEPT)]
    others.append(tmp_path / "groundswell-20261399T000000Z-abcdef.keys")  # no moment: none of ours
    others[-1].touch()
    assert {one.file for one in outlived(tmp_path, NOW)} == set(goes)
    tidy(tmp_path, NOW)
    assert set(tmp_path.iterdir()) == {*stays, *others}
    assert next(one.file for one in found(tmp_path)) == others[1]


def test_a_half_goes_when_its_process_is_dead_and_not_before(tmp_path: Path) -> None:
    half = tmp_path / f".{stem(NOW, b'abc')}.keys.new"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, half], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        tidy(tmp_path, NOW + 9 * KEYS_KEPT)
        assert half.exists()
        other.kill()
    assert [one.why for one in outlived(tmp_path, NOW)] == ["was never finished"]
    tidy(tmp_path, NOW)
    assert not half.exists()


def test_whoever_looks_holds_nobody_up_afterwards(tmp_path: Path) -> None:
    half = tmp_path / f".{stem(NOW, b'abc')}.keys.new"
    half.touch()
    assert list(outlived(tmp_path, NOW))
    with half.open("wb") as again:
        fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_folder_that_is_not_there_yet_is_tidy(tmp_path: Path) -> None:
    tidy(tmp_path / "none", NOW)
    assert not (tmp_path / "none").exists()
