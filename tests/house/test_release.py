"""What is released: one wheel that holds what runs and nothing else, the same whoever builds it, and that
notices when it shares its folders with a stranger."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from bot import VERSION
from deploy.groundswell import SENTENCE, stranger
from tests.house.tree import FLOORS, ROOT, name

BESIDE = ("pyproject.toml", "README.md", "LICENSE", ".gitignore", "deploy/groundswell.py")


def runs() -> list[str]:
    """Every file of the program's own folders, by its path in the checkout."""
    files = (one for floor in FLOORS for one in (ROOT / floor).rglob("*") if one.is_file())
    return [name(one) for one in files if "__pycache__" not in one.parts]


def built(source: Path, to: Path) -> Path:
    (wheel,) = WheelBuilder(str(source)).build(directory=str(to), versions=["standard"])
    return Path(wheel)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture
def site(wheel: Path, tmp_path: Path) -> Path:
    """Where it is installed, as an installer does it."""
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "site")
    return tmp_path / "site"


def test_it_holds_what_runs_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        held = {one for one in packed.namelist() if ".dist-info/" not in one}
    assert held == {*runs(), "groundswell.py"}


def test_it_says_the_one_version_there_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        (told,) = [one for one in packed.namelist() if one.endswith("METADATA")]
        assert Parser().parsestr(packed.read(told).decode())["Version"] == VERSION
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" not in project, "it stands in bot/__init__.py"


def test_whoever_builds_it_builds_the_same(wheel: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    for one in (*runs(), *BESIDE):
        to = copy / one
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / one, to)
        os.utime(to, (1_000_000_000, 1_000_000_000))
        to.chmod(0o600)
    assert built(copy, tmp_path / "dist").read_bytes() == wheel.read_bytes()


def test_alone_it_finds_no_stranger(site: Path) -> None:
    assert stranger(str(site), [str(site.parent), str(site), *sys.path]) == ""
    shutil.copytree(site / "bot" / "domain", site / "bot" / "__pycache__")
    assert stranger(str(site), [str(site)]) == ""


def test_nor_in_a_checkout() -> None:
    assert stranger(str(ROOT / "deploy"), ["", str(ROOT), *sys.path]) == ""


@pytest.mark.parametrize("floor", FLOORS)
def test_a_package_installed_later_that_has_a_folder_of_the_same_name_is_found(
    site: Path, floor: str
) -> None:
    theirs = site / floor / "__init__.py"
    theirs.write_text("TOKEN = 'theirs'\n")
    assert stranger(str(site), [str(site)]) == str(theirs)


def test_one_that_was_there_before_is_found_by_what_it_left(site: Path) -> None:
    (site / "bot" / "client.py").write_text("")
    assert stranger(str(site), [str(site)]) == str(site / "bot" / "client.py")


@pytest.mark.parametrize("theirs", ["bot.py", "bot/__init__.py"])
def test_a_module_that_python_finds_first_is_found(site: Path, tmp_path: Path, theirs: str) -> None:
    first = tmp_path / "first" / theirs
    first.parent.mkdir(parents=True)
    first.write_text("")
    assert stranger(str(site), [str(tmp_path / "first"), str(site)]) == str(tmp_path / "first/bot")


def test_it_is_told_in_one_sentence_before_anything_of_theirs_is_run(site: Path) -> None:
    def starts() -> subprocess.CompletedProcess[str]:
        start = (
            "import sys; sys.argv = ['groundswell', '--help']; import groundswell as g; g.main()"
        )
        path = os.pathsep.join([str(site), *(one for one in sys.path if "site-packages" in one)])
        env = {**os.environ, "PYTHONPATH": path}
        of = [sys.executable, "-c", start]
        return subprocess.run(of, env=env, cwd=site.parent, capture_output=True, text=True)

    alone = starts()
    assert (alone.returncode, alone.stderr) == (0, "")
    assert "Groundswell" in alone.stdout
    theirs = site / "bot" / "__init__.py"
    theirs.write_text("print('theirs')\n")
    beside = starts()
    assert (beside.returncode, beside.stdout) == (2, "")
    assert beside.stderr == SENTENCE.format(what=theirs) + "\n"


def test_every_action_and_tool_of_the_public_checks_is_pinned() -> None:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()
    used = re.findall(r"uses: (\S+)", workflow)
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", one)] == []
    makefile = (ROOT / "Makefile").read_text()
    fetched = re.findall(r"uvx -q (?:--from )?(\S+)", makefile)
    assert fetched
    assert [one for one in fetched if not re.search(r"(@|==)[\d.]+$", one)] == []
