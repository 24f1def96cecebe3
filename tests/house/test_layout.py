"""The layout is the map: what lies where, what it says of itself, and what may go wrong in it."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import FLOORS, ROOT, name, nodes, parsed, sources, top_level

#: All that may lie at the root, besides what .gitignore names.
ALLOWED = {
    ".ci",
    ".github",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "THREAT-MODEL.md",
    "adapters",
    "bot",
    "deploy",
    "pyproject.toml",
    "requirements.lock",
    "storage",
    "tests",
}
NOUNS = {"communities", "grievances", "cases", "polls", "digests", "privacy"}
#: Rooms that hold one noun each, or parts of nouns; beside them only these.
BESIDE = {
    "domain": {"errors"},
    "services": {"export", "notices", "pictures", "status"},
    "commands": {"words", "notices"},
}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc", "lib"}


@pytest.mark.parametrize("path", sources(*FLOORS, "tests"), ids=name)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    if "migrations" in path.parts and path.name == "__init__.py":
        return
    assert ast.get_docstring(parsed(path)), "say in one to six lines what this module is for"


def test_the_root_holds_only_what_the_house_lists() -> None:
    assert top_level() - ALLOWED == set()


@pytest.mark.parametrize("room", BESIDE)
def test_a_noun_has_the_same_name_on_every_floor(room: str) -> None:
    inside = {
        path.stem
        for path in (ROOT / "bot" / room).iterdir()
        if path.name not in ("__init__.py", "__pycache__")
    }
    assert inside - NOUNS - BESIDE[room] == set()


def test_no_name_says_nothing() -> None:
    for path in sources(*FLOORS, "tests"):
        steps = (
            path.relative_to(ROOT).with_suffix("").parts
        )  # where it lies is nobody's choice here
        words = {part for step in steps for part in step.split("_")}
        assert not words & BANNED_NAMES, name(path)


# README's map -----------------------------------------------------------------------------------

#: Rooms whose files are all on the map, besides the root; of the others the folders alone.
OPEN_ROOMS = ("bot", "adapters", "storage")


def _blocks() -> list[str]:
    """The fenced blocks of README's section whose heading has "map" in it."""
    readme = (ROOT / "README.md").read_text("utf-8")
    section = re.search(r"^#+[^\n]*\bmap\b[^\n]*\n(.*?)(?=^#|\Z)", readme, re.I | re.M | re.S)
    assert section, "README.md has no section with 'map' in its heading"
    found: list[str] = re.findall(r"^```[a-z]*\n(.*?)^```", section.group(1), re.M | re.S)
    assert found, "README.md's map has no fenced block"
    return found


def _on_the_map() -> list[str]:
    """The first word of every line: a path from the root, of a folder with a slash behind it."""
    return [line.split()[0] for line in _blocks()[0].splitlines() if line.strip()]


def _folders(folder: Path) -> set[str]:
    """Every folder below that holds anything, with a slash behind it."""
    found = {path.parent for path in folder.rglob("*") if path.is_file()}
    return {
        f"{name(path)}/" for path in found if path != ROOT and "__pycache__" not in path.parts
    } | {f"{name(above)}/" for path in found for above in path.parents if ROOT in above.parents}


def test_everything_on_the_map_is_there_once() -> None:
    listed = _on_the_map()
    assert len(listed) == len(set(listed))
    for one in listed:
        there = (ROOT / one).is_dir() if one.endswith("/") else (ROOT / one).is_file()
        assert there, f"{one} is on README's map and not in the tree"


def test_every_folder_is_on_the_map() -> None:
    roots = [ROOT / one for one in top_level() if (ROOT / one).is_dir()]
    real = {f"{root.name}/" for root in roots}.union(*(_folders(root) for root in roots))
    assert sorted(real - set(_on_the_map())) == []


def test_every_file_of_the_open_rooms_is_on_the_map() -> None:
    real = {one for one in top_level() if (ROOT / one).is_file()}
    for room in OPEN_ROOMS:
        real |= {name(path) for path in (ROOT / room).glob("*.py")}
    assert sorted(real - set(_on_the_map())) == []


def test_the_table_of_nouns_is_the_tree() -> None:
    """A row per noun, a column per floor: what stands there is there, "not yet" is not."""
    header, *rows = [re.split(r"\s{2,}", line.rstrip()) for line in _blocks()[1].splitlines()]
    floors = header[1:]
    assert floors == ["bot/domain/", "bot/services/", "bot/commands/", "storage/"]
    assert {row[0] for row in rows} == NOUNS
    for noun, *cells in rows:
        assert len(cells) == len(floors)
        for floor, cell in zip(floors, cells, strict=True):
            here = {path.name for path in (ROOT / floor).glob(f"{noun}*") if path.stem == noun}
            assert here <= {cell.rstrip("/")}, f"{floor}{noun} is there, the table says {cell!r}"
            named = cell.endswith((".py", "/"))
            assert not named or (ROOT / floor / cell).exists(), f"{floor}{cell} is not there"


def _pages() -> list[str]:
    """Every page of words that is kept."""
    roots = [ROOT / one for one in top_level()]
    found = [page for one in roots for page in ([one] if one.is_file() else one.rglob("*.md"))]
    return sorted(name(page) for page in found if page.suffix == ".md")


def test_every_page_is_looked_at() -> None:
    known = {"README.md", "SECURITY.md", "THREAT-MODEL.md", "CHANGELOG.md", "CONTRIBUTING.md"}
    guides = {name(one) for one in (ROOT / "deploy" / "guides").glob("*.md")}
    more = {".github/pull_request_template.md", "deploy/README.md"}
    assert set(_pages()) == known | guides | more


@pytest.mark.parametrize("page", _pages())
def test_every_path_that_a_page_names_is_there(page: str) -> None:
    words = re.findall(r"`([\w./-]+)`", (ROOT / page).read_text("utf-8"))
    paths = {word for word in words if word.split("/")[0] in (*FLOORS, "tests") and "/" in word}
    assert sorted(path for path in paths if not (ROOT / path).exists()) == []


# How long a file may be ---------------------------------------------------------------------------

LONGEST = 300  #: lines; beyond it there is a seam to be found
LONGEST_TEST = 2 * LONGEST  #: a file of tests is a list of sentences, read one at a time
#: What is longer, being one thing that is read as a whole, and up to where.
ONE_THING = {
    "storage/tables.py": (550, "all that is ever written down, on one page"),
    "bot/domain/errors.py": (420, "a catalogue, a sentence's key each"),
    "bot/services/grievances/release.py": (320, "one slot, from its claim to its last word"),
    "tests/platforms/test_sandbox_api.py": (
        800,
        "one program, which is started once for all of it",
    ),
    "tests/platforms/test_bad_input.py": (700, "likewise"),
}


def _lines(paths: list[Path]) -> int:
    return sum(len(path.read_text("utf-8").splitlines()) for path in paths)


def _usual(file: str) -> int:
    return LONGEST_TEST if file.startswith("tests/") else LONGEST


def test_no_file_is_longer_than_what_can_be_held_in_mind() -> None:
    """Where one is, find the seam; do not squeeze."""
    lengths = {name(path): _lines([path]) for path in sources(*FLOORS, "tests")}
    bounds = {one: ONE_THING[one][0] if one in ONE_THING else _usual(one) for one in lengths}
    assert {one: n for one, n in lengths.items() if n > bounds[one]} == {}


def test_what_may_be_longer_is() -> None:
    assert [one for one in ONE_THING if _lines([ROOT / one]) <= _usual(one)] == []


# What is looked away from ------------------------------------------------------------------------

#: A line that a checker is told to pass over, with nothing behind that says why.
UNREASONED = re.compile(r"#\s*(?:noqa(?:: [A-Z0-9, ]+)?|type: ignore(?:\[[a-z, -]+\])?)\s*$", re.M)


def test_every_exception_to_a_check_says_why() -> None:
    found = {
        name(path): UNREASONED.findall(text)
        for path in sources(*FLOORS, "tests")
        if UNREASONED.search(text := path.read_text("utf-8"))
    }
    assert found == {}


@pytest.mark.parametrize(
    "planted", ["# noqa", "# noqa: S311", "#type: ignore", "# type: ignore[a-b]"]
)
def test_an_exception_without_a_reason_is_seen(planted: str) -> None:
    assert UNREASONED.search(f"x = 1  {planted}\n")
    assert not UNREASONED.search(f"x = 1  {planted} because of that\n")


# What may go wrong ------------------------------------------------------------------------------

#: Where anything may go wrong and nothing may stop.
CATCH_ALL = {"bot/dispatch.py", "bot/heartbeat.py", "bot/postman.py"}


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        one is None or (isinstance(one, ast.Name) and one.id in ("Exception", "BaseException"))
        for one in caught
    )


def test_only_three_places_catch_whatever_goes_wrong() -> None:
    """A handler that ends by raising what it caught swallows nothing."""
    found = {
        name(path)
        for path, node in nodes()
        if isinstance(node, ast.ExceptHandler)
        and _is_broad(node)
        and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)
    }
    assert found == CATCH_ALL


def test_nothing_is_registered_by_being_imported() -> None:
    """At import a module defines; it opens, starts and asks nothing (the command line apart)."""
    for path in sources("bot/domain", "bot/services", "bot/commands"):
        for node in parsed(path).body:
            assert not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)), (
                f"{name(path)}:{node.lineno}"
            )


# Tests ------------------------------------------------------------------------------------------


def test_there_are_more_lines_of_tests_than_of_code() -> None:
    tests, code = _lines(sources("tests")), _lines(sources())
    assert tests > code


def test_tests_are_sentences() -> None:
    for path, node in nodes("tests"):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name[:5] == "test_":
            assert node.name.count("_") >= 3, f"{name(path)}: {node.name}"


#: Where a test may be skipped, by a call with a sentence that says why.
MAY_SKIP = {
    "tests/contract/test_calm.py",
    "tests/fakes/postgres.py",
    "tests/journeys/tabs.py",
    "tests/platforms/test_sandbox_api.py",
}
SKIPS = {"skip", "skipif", "xfail", "importorskip", "skipTest"}


def _skips(node: ast.AST) -> str:
    """What skips there, or expects a failure; empty where nothing does."""
    if isinstance(node, ast.Attribute) and node.attr in SKIPS:
        return ast.unparse(node)
    if isinstance(node, ast.ImportFrom):
        return next((one.name for one in node.names if one.name in SKIPS), "")
    return ""


def test_no_test_is_skipped_in_silence() -> None:
    """No mark skips or expects a failure; what is missing is said loudly, by a call with words."""
    found = {(name(path), said) for path, node in nodes("tests") if (said := _skips(node))}
    assert found == {(path, "pytest.skip") for path in MAY_SKIP}


def test_every_skip_says_why() -> None:
    for path, node in nodes("tests"):
        if isinstance(node, ast.Call) and _skips(node.func):
            assert len(node.args) == 1, f"{name(path)}:{node.lineno}"


@pytest.mark.parametrize(
    "planted",
    [
        "pytest.mark.skip(reason='x')",
        "pytest.mark.skipif(True)",
        "pytest.mark.xfail",
        "pytest.importorskip('x')",
        "from pytest import skip",
        "self.skipTest('x')",
    ],
)
def test_a_skip_is_seen_however_it_is_written(planted: str) -> None:
    found = {_skips(node) for node in ast.walk(ast.parse(planted))} - {""}
    assert found
    assert "pytest.skip" not in found
