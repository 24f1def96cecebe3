"""Backups on the command line: what it says, its exit codes, and that nothing half done is left."""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from adapters.chance import SystemChance
from bot.backup_folder import found
from tests.fakes import forked
from tests.unit.test_cli import made, refused

Ran = subprocess.CompletedProcess[str]


def ran(folder: Path, *words: str) -> Ran:
    return forked.ran("bot", *words, cwd=folder)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with databases, which has been run: with a recipient, and one backup of it."""
    folder = tmp_path_factory.mktemp("ready")
    made(folder)
    assert ran(folder, "db", "upgrade").returncode == 0
    told = ran(folder, "keys", "recipient", "backup.secret")
    assert (told.returncode, (folder / "backup.secret").stat().st_mode & 0o777) == (0, 0o600)
    assert told.stdout.startswith("gsb-public-")
    with (folder / "groundswell.toml").open("a") as settings:
        settings.write(f'[backup]\nto = "copies"\nrecipient = "{told.stdout.strip()}"\n')
    done = ran(folder, "backup")
    assert done.returncode == 0
    assert [Path(line).parent.name for line in done.stdout.splitlines()] == ["copies", "copies"]
    assert "delete" not in done.stdout
    assert "Both are needed" in done.stderr
    return folder


@pytest.fixture
def here(ready: Path, tmp_path: Path) -> Path:
    shutil.copytree(ready, tmp_path / "here")
    return tmp_path / "here"


def emptied(folder: Path) -> None:
    shutil.rmtree(folder / "data")
    for file in (folder / "keys").glob("keys.db*"):
        file.unlink()


RESTORE = ("restore", "copies", "--secret", "backup.secret", "--verify")


def test_it_comes_back_and_says_what_next(here: Path) -> None:
    emptied(here)
    done = ran(here, *RESTORE)
    first, last = done.stderr.splitlines()
    assert done.returncode == 0
    assert first.startswith("What people did after ")
    assert "left out of a case since then can read it again" in first
    assert last == "Next: groundswell check, then groundswell run."
    first, second = done.stdout.splitlines()
    assert first.startswith("Restored ")
    assert second == "Every sealed row opens: 0."
    assert ran(here, "db", "current").returncode == 0


def test_onto_something_it_is_refused(here: Path) -> None:
    emptied(here)
    assert ran(here, *RESTORE).returncode == 0
    assert "There is something in the database already" in refused(here, *RESTORE)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-5])


def bent(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9] + b"123456789")


def of_another(file: Path) -> None:
    file.write_bytes(b"Dear diary,\n" * 50)


@pytest.mark.parametrize("which", [0, 1], ids=["database", "keys"])
@pytest.mark.parametrize("spoil", [cut, bent, of_another])
def test_a_spoilt_file_is_a_sentence_and_nothing_is_kept(
    here: Path, spoil: Callable[[Path], None], which: int
) -> None:
    emptied(here)
    file = sorted(one.file for one in found(here / "copies"))[which]
    whole = file.read_bytes()
    spoil(file)
    said = refused(here, *RESTORE)
    assert said.startswith(str(file.relative_to(here)))
    file.write_bytes(whole)
    assert ran(here, *RESTORE).returncode == 0  # it was still empty


def test_the_wrong_secret_or_none_is_a_sentence(here: Path) -> None:
    emptied(here)
    ran(here, "keys", "recipient", "other.secret")
    assert "was made for another recipient" in refused(
        here, "restore", "copies", "--secret", "other.secret"
    )
    assert "must begin with gsb-secret-" in refused(
        here, "restore", "copies", "--secret", "groundswell.toml"
    )
    assert "no.secret cannot be used" in refused(here, "restore", "copies", "--secret", "no.secret")
    assert "There is no nowhere" in refused(here, "restore", "nowhere", "--secret", "backup.secret")
    assert "There is no backup of a database" in refused(
        here, "restore", "keys", "--secret", "backup.secret"
    )


def test_other_key_files_are_a_sentence(here: Path) -> None:
    emptied(here)
    (here / "keys" / "receipts-1.key").write_text(SystemChance().bytes(32).hex())
    assert "was made with other key files" in refused(here, *RESTORE)


def test_the_two_files_changed_for_each_other_are_a_sentence(here: Path) -> None:
    emptied(here)
    database, keys = sorted(one.file for one in found(here / "copies"))
    inside = database.read_bytes()
    database.write_bytes(keys.read_bytes())
    keys.write_bytes(inside)
    assert "is a backup of the other of the two databases" in refused(here, *RESTORE)


def test_a_full_disk_leaves_nothing_that_looks_like_a_backup(here: Path) -> None:
    def little() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    with closing(sqlite3.connect(here / "data" / "groundswell.db")) as database, database:
        rows = [("slot", f"{n:032}", "2026") for n in range(2000)]
        database.executemany("INSERT INTO ledger (kind, scope, period) VALUES (?, ?, ?)", rows)
    script = Path(shutil.which("groundswell") or forked.ROOT / ".venv/bin/groundswell")
    done = subprocess.run(
        [script, "backup", "full"],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=little,  # nothing else runs in this process
    )
    assert done.returncode == 2
    (said,) = done.stderr.splitlines()
    assert "The backup could not be written to" in said
    assert list((here / "full").iterdir()) == []


def test_a_folder_that_others_can_read_is_refused_and_a_new_one_is_ours_alone(here: Path) -> None:
    folder = here / "copies"
    assert folder.stat().st_mode & 0o777 == 0o700
    before = found(folder)
    for mode in (0o750, 0o701, 0o704):
        folder.chmod(mode)
        said = f"Others can read the folder of backups {folder}: run chmod 700 on it"
        assert said in refused(here, "backup")
        assert said in ran(here, "check").stdout
    assert found(folder) == before
    folder.chmod(0o700)
    assert ran(here, "backup").returncode == 0


def test_without_a_recipient_or_a_folder_it_says_how(tmp_path: Path) -> None:
    made(tmp_path)
    assert "Where to? Name a folder" in refused(tmp_path, "backup")
    assert "groundswell keys recipient FILE" in refused(tmp_path, "backup", "copies")
    assert "must begin with gsb-public-" in refused(
        tmp_path, "backup", "copies", "--recipient", "me"
    )
    assert "lies among the keys" in refused(tmp_path, "backup", "keys/copies", "--recipient", "me")
    assert ran(tmp_path, "db", "upgrade").returncode == 0
    low = "gsb-public-" + "0" * 64
    said = refused(tmp_path, "backup", "copies", "--recipient", low)
    assert said.startswith("Nothing can be sealed to this recipient of backups")
    assert list((tmp_path / "copies").iterdir()) == []


def test_an_upgrade_is_preceded_by_a_backup_or_says_that_it_is_not(here: Path) -> None:
    def set_back() -> None:
        with closing(sqlite3.connect(here / "data" / "groundswell.db")) as database, database:
            database.execute("ALTER TABLE spaces DROP COLUMN via")
            database.execute("UPDATE alembic_version SET version_num = 'main0008'")

    before = len(found(here / "copies"))
    assert ran(here, "db", "upgrade").stderr == ""  # there is nothing to be changed
    set_back()
    done = ran(here, "db", "upgrade")
    assert done.returncode == 0
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == ["Backup from before"] * 2
    assert len(found(here / "copies")) == before + 2
    shutil.copytree(here, here.parent / "new")
    emptied(here.parent / "new")
    assert ran(here.parent / "new", *RESTORE).returncode == 0  # and it is brought up by the restore
    set_back()
    file = here / "groundswell.toml"
    file.write_text(file.read_text().partition("[backup]")[0])
    assert "No backup was made first" in ran(here, "db", "upgrade").stderr
    set_back()
    file.write_text(
        file.read_text()
        + '[backup]\nto = "groundswell.toml"\nrecipient = "gsb-public-'
        + "a" * 64
        + '"\n'
    )
    refused(here, "db", "upgrade")
    assert "main0008" in ran(here, "db", "current").stdout  # without a backup nothing is changed


def test_keys_are_rotated_on_one_machine_at_once(here: Path) -> None:
    done = ran(here, "keys", "rotate")
    assert done.returncode == 0
    assert "are wrapped with case-keys-2.key, and the old file is gone from here" in done.stdout
    assert [file.name for file in (here / "keys").glob("case-keys*")] == ["case-keys-2.key"]
    assert ran(here, "db", "current").returncode == 0
    assert "are wrapped with case-keys-3.key" in ran(here, "keys", "rotate").stdout


def test_check_tells_of_a_key_store_s_backup_that_should_be_gone(here: Path) -> None:
    told = "ok   backups" in ran(here, "check").stdout
    assert told
    old = here / "copies" / "groundswell-20200101T000000Z-abcdef.keys"
    old.write_bytes(b"")
    done = ran(here, "check")
    assert done.returncode == 1
    assert f"FIX  backups: {old} is older than seven days" in done.stdout
    ahead = here / "copies" / "groundswell-99990101T000000Z-abcdef.keys"
    ahead.write_bytes(b"")
    half = here / "copies" / ".groundswell-20200101T000000Z-abcdef.keys.new"
    half.write_bytes(b"")
    old.unlink()
    assert f"{ahead} is dated in the future" in ran(here, "check").stdout
    ahead.unlink()
    assert f"{half} was never finished" in ran(here, "check").stdout
    for file in (old, ahead):
        file.write_bytes(b"")
    done = ran(here, "backup")
    assert (done.returncode, "looks after" in done.stderr) == (0, False)
    assert not any(file.exists() for file in (old, ahead, half))
    assert "Nobody looks after" in ran(here, "backup", "elsewhere").stderr


def test_check_tells_where_the_bot_should_have_made_some_and_there_is_none(here: Path) -> None:
    file = here / "groundswell.toml"
    file.write_text(file.read_text().replace("[backup]\n", "[backup]\nevery = 24\n"))
    for one in (here / "copies").iterdir():
        one.unlink()
    for folder in (True, False):
        os.utime(here / "keys" / "receipts-1.key")
        assert "ok   backups" in ran(here, "check").stdout, "it is new"
        long_ago = time.time() - 3 * 86_400
        os.utime(here / "keys" / "receipts-1.key", (long_ago, long_ago))
        said = "".join(ran(here, "check").stdout.split())
        assert "FIXbackups:thereisnonein" in said
        assert "seewhynonewasmade" in said
        if folder:
            (here / "copies").rmdir()


def test_settings_of_backups_are_looked_at_before_anything_begins(here: Path) -> None:
    file = here / "groundswell.toml"
    for bad, said in (
        ('recipient = "someone"\nto = "copies"', "[backup] recipient has a bad value"),
        ('recipient = "gsb-public-' + "a" * 64 + '"', "[backup] to is missing"),
        (
            'recipient = "gsb-public-01' + "0" * 62 + '"\nto = "copies"',
            "[backup] recipient has a bad value",
        ),
        (
            'recipient = "gsb-public-' + "a" * 64 + '"\nto = "keys"',
            "[backup] to lies among the keys",
        ),
        (
            'recipient = "gsb-public-' + "a" * 64 + '"\nto = "copies"\nevery = 23',
            "[backup] every has a bad value: must be at least 24 hours",
        ),
    ):
        file.write_text(file.read_text().partition("[backup]")[0] + f"[backup]\n{bad}\n")
        assert said in refused(here, "backup")
