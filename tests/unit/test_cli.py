"""The command line as a person meets it: what it says, its exit code, and what it does not load."""

import re
import shlex
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from adapters.chance import SystemChance
from adapters.vault import FILES, make_key_files
from bot.wiring import alone
from storage.schema import Chain
from tests.fakes import forked
from tests.fakes.installed import Running

#: What only a platform, a database or a server needs: `--help` must not wait for any of it.
HEAVY = ("discord", "slack_bolt", "slack_sdk", "nio", "sqlalchemy", "aiohttp", "matplotlib")

ROOT = Path(__file__).parents[2]
Ran = Callable[..., subprocess.CompletedProcess[str]]


def ran(folder: Path, *words: str, typed: str | None = None) -> subprocess.CompletedProcess[str]:
    """The program with these words, started in ``folder`` with nothing of ours in its environment."""
    return forked.ran("bot", *words, cwd=folder, typed=typed)


def ran_anew(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Likewise, by a process that has loaded nothing yet."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env=forked.CLEAN,
        check=False,
    )


def refused(folder: Path, *words: str) -> str:
    """The one sentence on stderr of something that cannot start."""
    done = ran(folder, *words)
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert done.stdout == ""
    (sentence,) = done.stderr.splitlines()
    assert sentence.endswith(".")
    assert "Traceback" not in sentence
    return sentence


def made(folder: Path, *, ran: Ran = ran) -> None:
    """An installation made by flags alone."""
    flags = ["--name", "Harbour", "--operator", "Harbour union", "--contact", "post@example.org"]
    flags += ["--external-door", "", "--data-dir", "data", "--keys-dir", "keys"]
    done = ran(folder, "init", *flags)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with its databases, to be copied."""
    folder = tmp_path_factory.mktemp("ready")
    made(folder)
    assert ran(folder, "db", "upgrade").returncode == 0
    return folder


# Help -------------------------------------------------------------------------------------------


def test_help_begins_with_what_comes_first_and_says_each_command_in_full(tmp_path: Path) -> None:
    said = ran_anew(tmp_path).stdout
    words = re.findall(r"^  ([a-z]+)  +\S", said.partition("Commands:")[2], re.MULTILINE)
    assert words[:4] == ["demo", "init", "check", "run"]
    assert {"claim", "backup", "matrix", "slack", "discord"} <= set(words)
    assert "..." not in said.partition("Commands:")[2]
    assert "To try it here: groundswell demo." in said


COMMANDS = (
    ["demo"],
    ["init"],
    ["check"],
    ["run"],
    ["db", "upgrade"],
    ["db", "current"],
    ["about"],
    ["claim"],
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_with_an_example(tmp_path: Path, words: list[str]) -> None:
    done = ran(tmp_path, *words, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Example: groundswell {' '.join(words)}" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_without_words_it_says_what_it_can_do(tmp_path: Path) -> None:
    bare, helped = ran(tmp_path), ran(tmp_path, "--help")
    assert (bare.returncode, bare.stdout) == (0, helped.stdout)
    for name in ("demo", "init", "check", "run", "claim", "db", "about"):
        assert f"\n  {name} " in bare.stdout


@pytest.mark.parametrize("words", [["--help"], ["demo", "--help"], ["db", "--help"], ["about"]])
def test_help_waits_for_no_library_of_a_platform(tmp_path: Path, words: Sequence[str]) -> None:
    program = (
        "import sys\n"
        f"sys.argv = ['groundswell', *{list(words)!r}]\n"
        "from bot.cli import main\n"
        "try:\n    main()\nexcept SystemExit as leaving:\n    assert not leaving.code\n"
        f"print('LOADED', *[name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "LOADED"


def test_the_console_script_is_the_same_program(tmp_path: Path) -> None:
    script = Path(sys.executable).with_name("groundswell")
    done = subprocess.run(
        [script, "about"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == ran(tmp_path, "about").stdout
    assert done.stdout.startswith("Groundswell 0.1.0, AGPL-3.0-or-later\n")


# Mistakes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["nonsense"], "nonsense"),
        (["demo", "--nonsense"], "--nonsense"),
        (["demo", "--port", "soon"], "--port"),
        (["demo", "--port", "70000"], "--port"),
        (["demo", "again"], "again"),
        (["db", "nonsense"], "nonsense"),
        (["--nonsense"], "--nonsense"),
    ],
    ids=" ".join,
)
def test_a_slip_in_the_words_is_one_sentence(tmp_path: Path, words: list[str], names: str) -> None:
    sentence = refused(tmp_path, *words)
    assert names in sentence
    assert sentence.endswith("See groundswell --help.")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words", [["check"], ["run"], ["claim"], ["db", "upgrade"], ["db", "current"]]
)
def test_without_settings_it_says_how_to_make_them(tmp_path: Path, words: list[str]) -> None:
    sentence = refused(tmp_path, *words, "--config", "other.toml")
    assert "other.toml" in sentence
    assert "groundswell init" in sentence


def test_settings_lie_in_groundswell_toml_unless_told(tmp_path: Path) -> None:
    assert "groundswell.toml" in refused(tmp_path, "check")


def test_bad_settings_are_one_sentence_too(tmp_path: Path) -> None:
    (tmp_path / "groundswell.toml").write_text("[sandbox]\nport = 'soon'\n")
    sentence = refused(tmp_path, "run")
    assert "groundswell.toml: [sandbox] port has a bad value" in sentence


def test_run_wants_a_platform(tmp_path: Path) -> None:
    (tmp_path / "groundswell.toml").write_text("[instance]\noperator = 'Harbour union'\n")
    assert "[sandbox]" in refused(tmp_path, "run")


# From nothing -----------------------------------------------------------------------------------


def test_from_nothing_to_a_bot_that_has_nothing_to_fix(tmp_path: Path) -> None:
    made(tmp_path, ran=ran_anew)
    keys = tmp_path / "keys"
    assert sorted(file.name for file in keys.iterdir()) == sorted(FILES)
    for file in (*keys.iterdir(), tmp_path / "groundswell.toml"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    for folder in (keys, tmp_path / "data"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder

    before = ran_anew(tmp_path, "db", "current")
    assert before.returncode == 1
    assert before.stdout.splitlines() == [
        f"database: empty (this program: {Chain.MAIN.newest})",
        f"key store: empty (this program: {Chain.KEYS.newest})",
    ]
    early = ran_anew(tmp_path, "check")
    assert (early.returncode, early.stderr) == (0, ""), "a start makes what is not there yet"
    assert all(line.startswith("ok  ") for line in early.stdout.splitlines())

    upgraded = ran_anew(tmp_path, "db", "upgrade")
    assert (upgraded.returncode, upgraded.stderr) == (0, "")
    newest = f"database: {Chain.MAIN.newest}\nkey store: {Chain.KEYS.newest}\n"
    assert upgraded.stdout == newest
    again = ran_anew(tmp_path, "db", "upgrade")
    assert (again.returncode, again.stdout) == (0, upgraded.stdout)
    assert ran_anew(tmp_path, "db", "current").returncode == 0

    late = ran_anew(tmp_path, "check")
    assert (late.returncode, late.stderr) == (0, "")
    assert all(line.startswith("ok  ") for line in late.stdout.splitlines())
    assert not [file for file in tmp_path.rglob("*.db") if stat.S_IMODE(file.stat().st_mode) & 0o77]


@pytest.mark.parametrize(
    ("gone", "named"), [("data/groundswell.db", "database"), ("keys/keys.db", "key store")]
)
def test_one_database_without_the_other_is_found(
    tmp_path: Path, ready: Path, gone: str, named: str
) -> None:
    shutil.copytree(ready, tmp_path, dirs_exist_ok=True)
    (tmp_path / gone).unlink()
    checked = ran(tmp_path, "check")
    assert checked.returncode == 1
    (fault,) = [one for one in checked.stdout.splitlines() if one.startswith(f"FIX  {named}:")]
    assert "it is empty, and the other one is not: put back" in fault


def test_init_asks_what_it_was_not_told(tmp_path: Path) -> None:
    answers = "Harbour\nHarbour union\npost@example.org\n\ndata\nkeys\n"
    done = ran(tmp_path, "init", typed=answers)
    assert done.returncode == 0, done.stderr
    written = (tmp_path / "groundswell.toml").read_text()
    assert 'operator = "Harbour union"' in written
    assert "groundswell check --config groundswell.toml" in done.stdout


def test_init_that_is_broken_off_leaves_nothing(tmp_path: Path) -> None:
    done = ran(tmp_path, "init", typed="Harbour\n")
    assert done.returncode == 130
    assert list(tmp_path.iterdir()) == []


def test_a_second_init_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    made(tmp_path)
    kept = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    flags = ["--name", "x", "--operator", "x", "--contact", "", "--external-door", ""]
    sentence = refused(tmp_path, "init", *flags, "--data-dir", "data", "--keys-dir", "keys")
    assert "groundswell.toml is there already" in sentence
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == kept


def test_init_wants_somebody_who_runs_it(tmp_path: Path) -> None:
    flags = ["--name", "x", "--contact", "", "--external-door", "", "--data-dir", "d"]
    assert "--operator" in refused(tmp_path, "init", *flags, "--keys-dir", "k", "--operator", "  ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("keys", ["data/keys", "data", "x/../data/keys"])
def test_init_keeps_keys_and_data_apart(tmp_path: Path, keys: str) -> None:
    flags = ["--name", "x", "--operator", "x", "--contact", "", "--external-door", ""]
    sentence = refused(tmp_path, "init", *flags, "--data-dir", "data", "--keys-dir", keys)
    assert "--keys-dir" in sentence
    assert list(tmp_path.iterdir()) == []


def test_words_of_any_kind_survive_the_settings_file(tmp_path: Path) -> None:
    name = 'Häfen "& Söhne" \\ 港 #1 = [x]'
    flags = ["--operator", "Harbour union", "--contact", "", "--external-door", ""]
    done = ran(tmp_path, "init", "--name", name, *flags, "--data-dir", "d", "--keys-dir", "k")
    assert done.returncode == 0, done.stderr
    from bot.settings import load

    assert load(tmp_path / "groundswell.toml").instance.name == name


@pytest.mark.parametrize("trouble", ["missing", "open", "damaged", "folder"])
def test_key_files_in_trouble_are_named_with_their_remedy(
    tmp_path: Path, ready: Path, trouble: str
) -> None:
    shutil.copytree(ready, tmp_path, dirs_exist_ok=True)
    file, remedy = tmp_path / "keys" / FILES[1], "restore it from its backup"
    if trouble == "missing":
        file.unlink()
    elif trouble == "damaged":
        file.write_text("not hex\n")
    elif trouble == "open":
        file.chmod(0o644)
        remedy = "chmod 600"
    else:
        file = file.parent
        file.chmod(0o755)
        remedy = "chmod 700"
    checked = ran(tmp_path, "check")
    assert checked.returncode == 1
    fault = next(line for line in checked.stdout.splitlines() if line.startswith("FIX  key files"))
    assert str(file) in fault
    assert remedy in fault
    if trouble == "missing":
        assert fault.endswith(refused(tmp_path, "run"))


def test_the_keys_of_another_database_are_refused(tmp_path: Path, ready: Path) -> None:
    shutil.copytree(ready, tmp_path, dirs_exist_ok=True)
    assert ran(tmp_path, "check").returncode == 0  # from now on the database knows its keys
    for name in FILES:
        (tmp_path / "keys" / name).unlink()
    make_key_files(tmp_path / "keys", SystemChance())
    checked = ran(tmp_path, "check")
    assert checked.returncode == 1
    assert "FIX  keys fit the database: The key files belong to another database" in checked.stdout
    assert "belong to another database" in refused(tmp_path, "run")
    assert "belong to another database" in refused(tmp_path, "audit", "verify")


def test_the_chains_of_a_new_installation_hold_once_it_has_its_tables(
    tmp_path: Path, ready: Path
) -> None:
    made(tmp_path)
    assert "run `groundswell db upgrade`" in refused(tmp_path, "audit", "verify")
    done = ran(ready, "audit", "verify")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("words", [["run"], ["audit", "verify"], ["communities"]])
def test_a_database_that_lacks_a_table_is_one_sentence(
    tmp_path: Path, ready: Path, words: list[str]
) -> None:
    shutil.copytree(ready, tmp_path, dirs_exist_ok=True)
    with closing(sqlite3.connect(tmp_path / "data" / "groundswell.db")) as database, database:
        database.execute("DROP TABLE communities")
    assert refused(tmp_path, *words).startswith("The database cannot keep anything just now: ")


def test_a_fault_of_the_machine_that_names_no_file_is_one_sentence(tmp_path: Path) -> None:
    """As a full disk is, which no system call ties to a name."""
    program = shlex.join([sys.executable, "-m", "bot", "keys", "recipient", "backup.secret"])
    done = subprocess.run(
        ["sh", "-c", f"ulimit -f 0; exec {program}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=forked.CLEAN,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "The machine says: File too large. Put that right, and try again.\n"


@pytest.mark.parametrize(
    ("fate", "line"),
    [
        ("parked", "FIX  nothing parked: 2 things could not be said after ten tries"),
        ("in doubt", "FIX  nothing in doubt: 2 things could not be known to have been said"),
        ("unreachable", "FIX  nothing unreachable: 2 things could not be said, because nobody"),
        ("waiting", "FIX  nothing late: 2 things could not be done, which were due"),
    ],
)
def test_what_was_not_said_is_shown_with_what_to_do(
    tmp_path: Path, ready: Path, fate: str, line: str
) -> None:
    shutil.copytree(ready, tmp_path, dirs_exist_ok=True)
    row = (
        "(?, 'c', 'sandbox', 'staff', '{}', 's', 'staff', 's/staff', 1, 1780304400, ?, 10, "
        "1780304400)"
    )
    names = "id, community, platform, notice, facts, space, room, destination, sequence"
    names += ", not_before, fate"
    with closing(sqlite3.connect(tmp_path / "data" / "groundswell.db")) as database:
        for id in ("1", "2"):
            into = f"INSERT INTO outbox ({names}, tries, next_try) VALUES {row}"
            database.execute(into, (id, fate))
        database.commit()
    checked = ran(tmp_path, "check")
    assert checked.returncode == 1
    (fault,) = [one for one in checked.stdout.splitlines() if one.startswith("FIX")]
    assert fault.startswith(line)
    assert fault.endswith(".")


# Claiming ---------------------------------------------------------------------------------------

CODE = re.compile(r"([0-9A-Z]{5}-){2}[0-9A-Z]{5}")


def test_a_claim_code_stands_alone_on_stdout(tmp_path: Path, ready: Path) -> None:
    shutil.copytree(ready, tmp_path, dirs_exist_ok=True)
    first, second = ran_anew(tmp_path, "claim"), ran(tmp_path, "claim", "--days", "1")
    for done in (first, second):
        assert done.returncode == 0
        assert CODE.fullmatch(done.stdout.removesuffix("\n"))
        assert "/setup" in done.stderr
        assert done.stdout.strip() not in done.stderr
    assert first.stdout != second.stdout
    with closing(sqlite3.connect(tmp_path / "keys" / "keys.db")) as keys:
        assert keys.execute("SELECT count(*) FROM drafts").fetchone() == (2,)


def test_a_claim_code_is_drawn_while_the_bot_runs(tmp_path: Path, ready: Path) -> None:
    shutil.copytree(ready, tmp_path, dirs_exist_ok=True)
    with alone(tmp_path / "data"):
        assert ran(tmp_path, "claim").returncode == 0


@pytest.mark.parametrize("days", ["0", "91", "soon", "-1"])
def test_a_code_works_for_some_days(tmp_path: Path, ready: Path, days: str) -> None:
    assert "--days" in refused(ready, "claim", "--days", days)


def test_where_there_is_nothing_to_claim_it_says_how_to_begin(tmp_path: Path) -> None:
    assert "groundswell demo --data town" in refused(tmp_path, "claim", "--data", "town")
    assert list(tmp_path.iterdir()) == []
    made(tmp_path)
    assert "groundswell db upgrade" in refused(tmp_path, "claim")
    (tmp_path / "keys" / FILES[0]).unlink()
    assert "restore it from its backup" in refused(tmp_path, "claim")


def test_the_first_run_prints_a_claim_code_and_no_other_does(tmp_path: Path, ready: Path) -> None:
    shutil.copytree(ready, tmp_path, dirs_exist_ok=True)
    settings_in_use = (tmp_path / "groundswell.toml").read_text().replace("8765", "0")
    (tmp_path / "groundswell.toml").write_text(settings_in_use)
    said = []
    for start in (subprocess.Popen, forked.Forked):
        running = Running(tmp_path / "groundswell.toml", start=start)
        assert running.address().startswith("http://")
        running.process.send_signal(signal.SIGTERM)
        said.append(running.process.communicate(timeout=30)[0])
    assert CODE.search(said[0])
    assert "/setup" in said[0]
    assert said[1] == ""


# One at a time ----------------------------------------------------------------------------------


def test_a_second_process_on_one_installation_is_refused(tmp_path: Path) -> None:
    with alone(tmp_path / "demo" / "data"):
        sentence = refused(tmp_path, "demo", "--no-browser", "--port", "0", "--data", "demo")
    assert "runs on" in sentence
    assert str(tmp_path / "demo" / "data") in sentence
    assert not (tmp_path / "demo" / "keys").exists()

    made(tmp_path)
    with alone(tmp_path / "data"):
        assert "runs on" in refused(tmp_path, "run")


def test_on_sqlite_no_schema_is_changed_while_the_bot_runs(tmp_path: Path) -> None:
    made(tmp_path)
    with alone(tmp_path / "data"):
        assert "stop that process first" in refused(tmp_path, "db", "upgrade")
    assert not (tmp_path / "data" / "groundswell.db").exists()
