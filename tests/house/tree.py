"""The tree of this project as the house tests look at it: files, modules, what git would not keep."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLOORS = ("bot", "adapters", "storage")


def sources(*folders: str) -> list[Path]:
    """Every Python file under these folders; all of the program's own when none is named."""
    return [
        path
        for folder in folders or FLOORS
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "__pycache__" not in path.parts
    ]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def nodes(*folders: str) -> Iterator[tuple[Path, ast.AST]]:
    """Every node of every file, with the file it stands in."""
    for path in sources(*folders):
        for node in ast.walk(parsed(path)):
            yield path, node


def top_level() -> set[str]:
    """What lies at the root and is kept: all but git's own folder and what .gitignore names."""
    ignored = [
        line.strip().rstrip("/")
        for line in (ROOT / ".gitignore").read_text("utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    ]
    return {
        path.name
        for path in ROOT.iterdir()
        if path.name != ".git" and not any(fnmatch(path.name, pattern) for pattern in ignored)
    }
