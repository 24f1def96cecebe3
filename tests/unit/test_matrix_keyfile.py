"""The key file of an account: whole, private, and its own."""

import json
import stat
from pathlib import Path

import pytest

from adapters.chance import SystemChance
from adapters.matrix.keyfile import KeyFile, Secrets
from bot.settings import CannotStart

USER = "@bot:gw.test"


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path, "main")


def read(file: KeyFile, user: str = USER) -> Secrets:
    return file.read(user, SystemChance())


def test_new_secrets_are_drawn_and_not_yet_written(file: KeyFile, tmp_path: Path) -> None:
    drawn = read(file)
    assert (drawn.user, drawn.device, drawn.token) == (USER, "", "")
    assert len({drawn.pickle, drawn.master, drawn.self_signing, drawn.user_signing}) == 4
    assert list(tmp_path.iterdir()) == []
    assert read(file) != drawn


def test_what_was_written_is_read_again(file: KeyFile, tmp_path: Path) -> None:
    file.write(drawn := read(file))
    file.write(drawn)  # over what is there
    assert read(file) == drawn
    (only,) = tmp_path.iterdir()
    assert (only.name, stat.S_IMODE(only.stat().st_mode)) == ("matrix-main.json", 0o600)


def test_what_a_crash_left_half_written_is_in_nobody_s_way(file: KeyFile, tmp_path: Path) -> None:
    (tmp_path / "matrix-main.new").write_text("{")
    file.write(drawn := read(file))
    assert read(file) == drawn


def test_no_secret_of_it_shows_when_it_is_printed(file: KeyFile) -> None:
    assert repr(read(file)) == f"Secrets(user='{USER}', device='')"


def test_one_that_others_can_read_is_refused(file: KeyFile, tmp_path: Path) -> None:
    file.write(read(file))
    (tmp_path / "matrix-main.json").chmod(0o640)
    with pytest.raises(CannotStart, match="run chmod 600 on it"):
        read(file)


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "{}", '"x"', "short", "long", "no hexadecimal", "unknown"]
)
def test_a_damaged_one_is_refused(file: KeyFile, tmp_path: Path, damage: str) -> None:
    file.write(read(file))
    path = tmp_path / "matrix-main.json"
    changed = {
        "short": {"pickle": "00"},
        "long": {"master": "00" * 33},
        "no hexadecimal": {"self_signing": "zz" * 32},
        "unknown": {"another": "00"},
    }.get(damage)
    path.write_text(json.dumps(json.loads(path.read_text()) | changed) if changed else damage)
    with pytest.raises(CannotStart, match="is damaged: restore it from its backup"):
        read(file)


def test_another_account_s_is_refused(file: KeyFile) -> None:
    file.write(read(file))
    with pytest.raises(CannotStart, match="belongs to another account"):
        read(file, "@other:gw.test")


def test_without_its_folder_the_remedy_is_told(tmp_path: Path) -> None:
    gone = KeyFile(tmp_path / "gone", "main")
    with pytest.raises(CannotStart, match="is missing: restore it from its backup"):
        gone.write(read(gone))
