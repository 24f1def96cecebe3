"""Where ``groundswell`` starts: under a name that no other package has, so that it can tell whether the
folders behind it are still ours.

``bot``, ``adapters`` and ``storage`` are plain names. Whoever installs another package that has one of
them into the same environment gets one folder with two programs in it, of which the later one wins.
Loads nothing before it has looked.
"""

import os
import sys
from collections.abc import Iterator

OURS = ("bot", "adapters", "storage")
SENTENCE = (
    "{what} is not Groundswell's: another package in this environment, or a folder before it on "
    "Python's path, has a module of the same name. Install Groundswell into an environment of its own, "
    "such as `uv tool install` makes."
)


def main() -> None:
    """The console script. Exit code 2 where another program stands in our folders."""
    if what := stranger(os.path.dirname(os.path.abspath(__file__)), sys.path):
        sys.stderr.write(SENTENCE.format(what=what) + "\n")
        sys.exit(2)
    from bot.cli import main

    main()


def stranger(here: str, path: list[str]) -> str:
    """What is not ours of the three folders; "" where all is as it was installed. ``here``: where this
    module lies; ``path``: where Python looks, in order."""
    installed = _record(here)
    home = here if installed else os.path.dirname(here)
    for name in OURS:
        for where in path:
            if _is_there(where or ".", name):
                if not os.path.samefile(where or ".", home):
                    return os.path.join(where, name)
                break
    # From a checkout there is no list of what belongs there, and nobody installs into one.
    return next(_changed(home, installed), "") if installed else ""


def _record(here: str) -> dict[str, int]:
    """What was installed with this module: the size of each file, by its path. Empty in a checkout."""
    for name in os.listdir(here):
        if name.startswith("groundswell-") and name.endswith(".dist-info"):
            with open(os.path.join(here, name, "RECORD"), encoding="utf-8") as lines:
                rows = (line.rstrip("\n").rsplit(",", 2) for line in lines)
                return {path: int(size or 0) for path, _, size in rows}
    return {}


def _is_there(where: str, name: str) -> bool:
    return os.path.isdir(os.path.join(where, name)) or os.path.exists(
        os.path.join(where, f"{name}.py")
    )


def _changed(home: str, installed: dict[str, int]) -> Iterator[str]:
    """What lies at the top of our folders and was not installed there by us, or not of that size."""
    known = {path.split("/")[1] for path in installed if path.split("/")[0] in OURS}
    for name in OURS:
        with os.scandir(os.path.join(home, name)) as entries:
            for one in entries:
                path = f"{name}/{one.name}"
                size = one.stat().st_size if one.is_file() else 0
                if one.name not in known | {"__pycache__"} or installed.get(path, size) != size:
                    yield os.path.join(home, path)
