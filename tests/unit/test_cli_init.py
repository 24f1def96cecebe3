"""`groundswell init` as its operator meets it: asked, by flags alone, and in a terminal of its own."""

import fcntl
import os
import pty
import select
import stat
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.fakes import forked

NOWHERE = {"GROUNDSWELL_DISCORD__API_URL": "http://127.0.0.1:9/api/v10"}
TOKEN = "abc.def.ghi"
QUIET = ("--yes", "--operator", "Harbour union")


def init(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return forked.ran("bot", "init", *words, cwd=folder, env=forked.CLEAN | env)


def written(folder: Path) -> str:
    return (folder / "groundswell.toml").read_text("utf-8")


def test_with_yes_nothing_is_asked_and_every_default_is_taken(tmp_path: Path) -> None:
    done = init(tmp_path, *QUIET)
    assert (done.returncode, done.stderr) == (0, "")
    assert "?" not in done.stdout
    assert 'name = "Groundswell"' in written(tmp_path)
    assert "[sandbox]" in written(tmp_path)
    assert "groundswell run --config groundswell.toml" in done.stdout


def test_what_has_no_default_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    for words, flag in (
        (("--yes",), "--operator"),
        ((*QUIET, "--platform", "irc"), "--platform"),
        ((*QUIET, "--platform", "matrix"), "--homeserver"),
        ((*QUIET, "--platform", "matrix", "--homeserver", "https://m.example"), "--user-id"),
    ):
        done = init(tmp_path, *words)
        assert done.returncode == 2, words
        assert flag in done.stderr
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("platform", "files", "first"),
    [
        ("discord", ["discord-token"], "groundswell discord invite"),
        ("slack", ["slack-bot-token", "slack-app-token"], "groundswell slack manifest"),
    ],
)
def test_a_machine_is_told_where_each_secret_goes_and_what_comes_next(
    tmp_path: Path, platform: str, files: list[str], first: str
) -> None:
    done = init(tmp_path, *QUIET, "--platform", platform)
    assert done.returncode == 0, done.stderr
    assert f"[{platform}]" in written(tmp_path)
    assert "[sandbox]" not in written(tmp_path)
    for file in files:
        assert f'_file = "{file}"' in written(tmp_path)
        assert f"  (umask 077; cat > {file})" in done.stdout
    assert first in done.stdout
    assert "FIX" not in done.stdout  # there is nothing to try yet


def test_several_platforms_stand_side_by_side(tmp_path: Path) -> None:
    account = ("--homeserver", "https://matrix.example.org", "--user-id", "@bot:example.org")
    done = init(tmp_path, *QUIET, "--platform", "Matrix, discord", *account)
    assert done.returncode == 0, done.stderr
    assert 'user_id = "@bot:example.org"' in written(tmp_path)
    assert "groundswell matrix login --config groundswell.toml" in done.stdout
    assert "groundswell discord invite --config groundswell.toml" in done.stdout


def test_a_secret_that_lies_there_is_left_as_it_is_and_tried_at_once(tmp_path: Path) -> None:
    (tmp_path / "discord-token").write_text(TOKEN)
    done = init(tmp_path, *QUIET, "--platform", "discord", **NOWHERE)
    assert done.returncode == 1
    assert "FIX  discord app: http://127.0.0.1:9/api/v10 does not answer" in done.stdout
    assert (tmp_path / "discord-token").read_text() == TOKEN
    assert "Next:" in done.stdout


def test_in_a_terminal_each_question_says_why_and_a_secret_is_typed_unseen(tmp_path: Path) -> None:
    answers = {
        "installation called? (--name) [Groundswell]:": "Harbour",
        "Who runs it? (--operator):": "Harbour union",
        "How are you reached? (--contact):": "",
        "A safer way in? (--external-door):": "",
        "database kept? (--data-dir) [data]:": "",
        "keys kept? (--keys-dir) [keys]:": "",
        "On which platforms? (--platform) [sandbox]:": "discord",
        "The bot's token:": TOKEN,
    }
    said, code = typed(tmp_path, list(answers.items()))
    assert code == 1  # the token was tried, where nobody answers
    assert "FIX  discord app" in said
    assert "Workers read it before they write" in said
    assert "https://discord.com/developers/applications" in said
    assert TOKEN not in said
    file = tmp_path / "discord-token"
    assert file.read_text() == f"{TOKEN}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert TOKEN not in written(tmp_path)


@pytest.mark.parametrize("columns", [44, 80])
def test_in_a_terminal_what_will_not_do_is_asked_again_and_no_word_is_cut(
    tmp_path: Path, columns: int
) -> None:
    answers = [
        ("(--name) [Groundswell]:", "Harbour"),
        ("(--operator):", ""),
        ("(--operator):", "Harbour union"),
        ("(--contact):", ""),
        ("(--external-door):", ""),
        ("(--data-dir) [data]:", ""),
        ("(--keys-dir) [keys]:", "data/keys"),
        ("(--keys-dir) [keys]:", ""),
        ("(--platform) [sandbox]:", "irc"),
        ("(--platform) [sandbox]:", "matrix"),
        ("(--homeserver):", "matrix.example.org"),
        ("(--homeserver):", "https://matrix.example.org"),
        ("(--user-id):", "groundswell"),
        ("(--user-id):", "@groundswell:example.org"),
        ("The password of the bot's own account:", "changeme"),
        ("The password of the bot's own account:", ""),
    ]
    said, code = typed(tmp_path, answers, columns)
    assert code == 0, said
    assert 'homeserver = "https://matrix.example.org"' in written(tmp_path)
    lines = [line for line in said.splitlines() if not line.startswith("  (umask")]
    prompts = [line for line in lines if "(--" in line or line.startswith("  groundswell")]
    # The space behind a question may come after the echo of its answer.
    said_in_lines = [one.removeprefix(" ") for one in lines if one not in prompts]
    assert not [one for one in said_in_lines if len(one) > columns]
    words = " ".join(said.split())
    for sentence in (
        "Workers must be able to read who runs this: give --operator.",
        "There is no platform 'irc': --platform takes sandbox, discord, slack, matrix.",
        "--homeserver must be an address such as https://matrix.example.org",
        "--user-id must look like @groundswell:example.org.",
        "That stands in for one: give the real value, or nothing for later.",
        "(umask 077; cat > matrix-password)",
    ):
        assert sentence in words


def test_an_address_that_is_none_is_named_before_anything_is_made(tmp_path: Path) -> None:
    account = ("--homeserver", "matrix.example.org", "--user-id", "@bot:example.org")
    done = init(tmp_path, *QUIET, "--platform", "matrix", *account)
    assert done.returncode == 2
    assert done.stderr.startswith("--homeserver must be an address such as https://")
    assert list(tmp_path.iterdir()) == []


def test_help_says_of_each_flag_why_it_is_asked(tmp_path: Path) -> None:
    said = " ".join(forked.ran("bot", "init", "--help", cwd=tmp_path).stdout.split())
    for flag in ("--name", "--operator", "--contact", "--external-door", "--homeserver"):
        assert f"{flag} <str>" in said
    assert "name whom they would be trusting" in said


def typed(folder: Path, answers: list[tuple[str, str]], columns: int = 80) -> tuple[str, int]:
    """In a terminal of its own: each answer once its question stands there; what was seen."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (24, columns))
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "init"],
        cwd=folder,
        env=forked.CLEAN | NOWHERE,
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(its)
    seen, waiting, since = "", list(answers), 0
    try:
        while select.select([ours], [], [], 60)[0]:
            seen += os.read(ours, 4096).decode()
            if waiting and waiting[0][0] in seen[since:]:
                # A secret's question is written before the echo is off, and takes what came before.
                while (
                    waiting[0][0].startswith("The ") and termios.tcgetattr(ours)[3] & termios.ECHO
                ):
                    select.select([], [], [], 0.01)
                since = len(seen)
                os.write(ours, f"{waiting.pop(0)[1]}\n".encode())
    except OSError:  # the other side is closed
        pass
    finally:
        code = process.wait(60)
        os.close(ours)
    return seen, code
