"""What the files of deploy/ say to the program: variables, words of the command line, secrets."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import typer

from bot.cli import app
from tests.house.tree import ROOT

DEPLOY = ROOT / "deploy"


def texts() -> dict[str, str]:
    """Every file of deploy/ that is text, by its path there; what git does not keep is no part."""
    found = {}
    for path in sorted(DEPLOY.rglob("*")):
        if path.is_file() and path.suffix not in (".png", ".pyc"):
            found[path.relative_to(DEPLOY).as_posix()] = path.read_text("utf-8")
    return found


def variables(text: str) -> set[str]:
    return set(re.findall(r"\bGROUNDSWELL_[A-Z0-9_]+", text))


def wrong_words(line: str) -> Iterator[str]:
    """What of ``groundswell ...`` the command line does not know."""
    command = typer.main.get_command(app)
    words = shlex.split(line)
    assert Path(words.pop(0)).name == "groundswell"
    while words:
        word = words.pop(0)
        if hasattr(command, "commands") and not word.startswith("-"):
            if word not in command.commands:
                yield word
                return
            command = command.commands[word]
        elif word.startswith("-"):
            flag, _, _ = word.partition("=")
            known = {opt for one in command.params for opt in (*one.opts, *one.secondary_opts)}
            if flag not in known | {"--help"}:
                yield flag
