"""``groundswell run`` and ``matrix login``, with a little platform in the adapter's place."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.chance import SystemChance
from adapters.vault import make_key_files
from bot.cli_matrix import invitations, to_allow
from bot.settings import MatrixAccount, load
from tests.fakes.forked import CLEAN, Forked
from tests.fakes.installed import free_port
from tests.fakes.little import GONE, Line

ROOT = Path(__file__).parents[2]
ACCOUNT = 'homeserver = "http://127.0.0.1:1"\nuser_id = "@bot:example.org"\npassword = "hush"\n'


def installed(folder: Path, *sections: str, device: str = "stays") -> Path:
    """Settings with [matrix] and key files; state in the folder itself, for a socket's short path."""
    make_key_files(folder / "keys", SystemChance())
    file = folder / "groundswell.toml"
    matrix = f'[matrix]\n{ACCOUNT}device_name = "{device}"\nstate_dir = "m"\n'
    file.write_text("\n".join(['[instance]\noperator = "Harbour union"', matrix, *sections]))
    return file


def program(folder: Path, *words: str, little: bool = True) -> "subprocess.Popen[str]":
    module = "tests.fakes.little" if little else "bot"
    return Forked(
        [module, *words],
        cwd=folder,
        env=CLEAN | {"GROUNDSWELL_OPS__PORT": str(free_port())},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(folder: Path, *words: str, little: bool = True) -> "Iterator[subprocess.Popen[str]]":
    """``run``, before its first line is read."""
    process = program(folder, "run", *words, little=little)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()


def first(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def said(folder: Path, who: str = "@ada:example.org") -> dict[str, object]:
    return asyncio.run(Line(folder / "m" / "talk", who).tell(say="setup"))


def refused(folder: Path, *words: str, little: bool = False) -> str:
    process = program(folder, *words, little=little)
    out, wrong = process.communicate(timeout=60)
    assert (process.returncode, out) == (2, ""), wrong
    return wrong.strip().splitlines()[-1]


def test_without_the_sandbox_it_runs_on_the_others(tmp_path: Path) -> None:
    installed(tmp_path)
    with running(tmp_path) as process:
        assert first(process) == "Runs on matrix."
        assert first(process) == "Invite it: https://matrix.to/#/@bot:example.org"
        assert first(process).startswith("Claim code: ")
        assert said(tmp_path)["form"] == "claim"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        assert process.returncode == 0


def test_ctrl_c_interrupts_it(tmp_path: Path) -> None:
    installed(tmp_path)
    with running(tmp_path) as process:
        assert first(process) == "Runs on matrix."
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == 130


def test_of_a_homeserver_that_is_away_somebody_is_told(tmp_path: Path) -> None:
    """And how the first moderator gives the code there."""
    installed(tmp_path)
    told = list[str]()
    with running(tmp_path, little=False) as process:
        while not told or "answer" not in told[-1]:
            told.append(first(process))
            assert process.poll() is None
    assert told[0] == "Runs on matrix."
    assert told[3].startswith("Whoever types !setup with this code")
    assert told[4].startswith("matrix does not answer yet")
    assert "`groundswell check` says what is wrong." in told[4]


def test_beside_the_sandbox_its_page_is_told_first(tmp_path: Path) -> None:
    installed(tmp_path, "[sandbox]\nport = 0")
    with running(tmp_path) as process:
        assert first(process).startswith("http://127.0.0.1:")
        assert said(tmp_path)["form"] == "claim"


@pytest.mark.parametrize(("only", "there"), [("matrix", True), ("sandbox", False)])
def test_only_what_is_named_runs(tmp_path: Path, only: str, there: bool) -> None:
    installed(tmp_path, "[sandbox]\nport = 0")
    with running(tmp_path, "--only", only) as process:
        assert (first(process) == "Runs on matrix.") is there
        assert (tmp_path / "m" / "talk").exists() is there


def test_a_platform_that_gives_up_ends_it_with_its_sentence(tmp_path: Path) -> None:
    installed(tmp_path, device="gives up")
    with running(tmp_path) as process:
        assert first(process) == "Runs on matrix."
        said(tmp_path)
        _, wrong = process.communicate(timeout=30)
        assert (process.returncode, wrong.splitlines()[-1]) == (2, GONE)


def test_a_platform_that_cannot_start_is_one_sentence(tmp_path: Path) -> None:
    installed(tmp_path, device="cannot start")
    assert refused(tmp_path, "run", little=True) == GONE


BLOCKED = "import sys; sys.modules['nio'] = None; sys.modules['adapters.matrix.app'] = None\n"


@pytest.mark.parametrize("words", [["run"], ["matrix", "login"]], ids=" ".join)
def test_an_adapter_that_is_not_installed_is_named_with_its_remedy(
    tmp_path: Path, words: list[str]
) -> None:
    installed(tmp_path)
    blocked = BLOCKED + "sys.modules['adapters.matrix.session'] = None\n"
    code = f"{blocked}sys.argv = ['groundswell', *{words!r}]\nfrom bot.cli import main\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    sentence = done.stderr.strip().splitlines()[-1]
    assert sentence.startswith("[matrix] needs ")
    assert sentence.endswith("which is not installed: install groundswell[matrix].")


def test_login_wants_the_section(tmp_path: Path) -> None:
    file = installed(tmp_path)
    file.write_text("[sandbox]\n")
    sentence = refused(tmp_path, "matrix", "login")
    assert sentence.startswith("groundswell.toml has no section [matrix]: add it")


def test_login_is_not_done_while_the_bot_runs(tmp_path: Path) -> None:
    """Two processes with one device would each be deaf to what the other heard."""
    installed(tmp_path)
    with running(tmp_path) as process:
        assert first(process) == "Runs on matrix."
        assert "runs on" in refused(tmp_path, "matrix", "login")


def test_check_says_what_keeps_each_account_from_working(tmp_path: Path) -> None:
    second = f"[matrix.accounts.second]\n{ACCOUNT.replace('@bot', '@second')}"
    installed(tmp_path, second)
    process = program(tmp_path, "check", little=False)
    out, _ = process.communicate(timeout=60)
    faults = [line for line in out.splitlines() if "matrix" in line]
    assert [line.split(":")[0] for line in faults] == [
        "FIX  matrix account main",
        "FIX  matrix account second",
    ]
    assert all("does not answer as a homeserver" in line for line in faults)
    assert "ok   platform" in out


# What is printed --------------------------------------------------------------------------------


def account(user: str = "@bot:example.org") -> MatrixAccount:
    known = {"homeserver": "https://matrix.example.org/", "user_id": user, "password": "hush"}
    return MatrixAccount.model_validate(known)


def test_what_the_host_must_allow_is_a_line_to_be_copied() -> None:
    lines = list(to_allow(account()))
    assert "hush" not in "\n".join(lines)
    assert (
        "    'https://matrix.example.org/_synapse/admin/v1/users/%40bot%3Aexample.org"
        "/override_ratelimit'"
    ) in lines
    (body,) = (line for line in lines if "-d '" in line)
    assert json.loads(body.split("'")[1]) == {"messages_per_second": 0, "burst_count": 0}
    assert lines[-1].strip() == "https://matrix.to/#/@bot:example.org"


@pytest.mark.parametrize("user", ["@a'b:example.org", "@a/b:example.org", "@$(id):example.org"])
def test_no_name_of_an_account_breaks_out_of_the_line(user: str) -> None:
    (address,) = (line for line in to_allow(account(user)) if "/_synapse/" in line)
    assert address.count("'") == 2
    assert not set("$()") & set(address)


def test_every_account_is_invited(tmp_path: Path) -> None:
    second = f"[matrix.accounts.second]\n{ACCOUNT.replace('@bot', '@second')}"
    known = load(installed(tmp_path, second)).matrix
    assert list(invitations(known)) == [
        "Invite it: https://matrix.to/#/@bot:example.org",
        "Invite it: https://matrix.to/#/@second:example.org",
    ]
    assert list(invitations(None)) == []
