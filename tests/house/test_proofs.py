"""Every proof says what it shows, what it does not and by what it would be noticed; the pages name it."""

import ast
import re
from pathlib import Path

import pytest

from tests.house.tree import ROOT, name, parsed

PROOFS = sorted((ROOT / "tests" / "proofs").glob("test_*.py"))
PARTS = (r"\bShows\b", r"\bDoes not show\b", r"\bControls?\b")
THREATS = (ROOT / "THREAT-MODEL.md").read_text("utf-8")
PAGES = THREATS + (ROOT / "README.md").read_text("utf-8")
PLATFORMS = ["sandbox", "Matrix", "Slack", "Discord"]
#: Headings of THREAT-MODEL.md that are about nobody.
ABOUT_NOBODY = {
    "What lies where",
    "What is proven where",
    "Not built, because it would only look safe",
}


def missing(docstring: str) -> list[str]:
    words = " ".join(docstring.split())
    return [part for part in PARTS if not re.search(part, words)]


def rows(heading: str) -> list[list[str]]:
    """Of the first table behind this line, without its head."""
    behind = THREATS.partition(heading)[2]
    found = re.search(r"(?:^\|.*\n)+", behind, re.MULTILINE)
    assert found, heading
    lines = [re.split(r"\s*\|\s*", one.strip("| ")) for one in found.group().splitlines()]
    return lines[2:]


@pytest.mark.parametrize("path", PROOFS, ids=name)
def test_a_proof_says_what_it_shows_what_it_does_not_and_its_control(path: Path) -> None:
    assert missing(ast.get_docstring(parsed(path)) or "") == []


def test_control_a_proof_that_says_less_is_noticed() -> None:
    assert missing("Leaks: nothing lies anywhere. Shows: it. Does not\nshow: more.") == [PARTS[2]]
    assert missing("Shows it, and its control.") == [PARTS[1], PARTS[2]]


def test_every_proof_has_one_row_in_the_threat_model_whole() -> None:
    table = rows("Each has a control")
    assert sorted(row[0].strip("`") for row in table) == sorted(path.name for path in PROOFS)
    assert [row for row in table if len(row) != 3 or not all(row)] == []


def test_every_proof_that_a_page_names_is_there() -> None:
    named = set(re.findall(r"`(?:tests/proofs/)?(test_\w+\.py)`", PAGES))
    everywhere = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    assert sorted(named - everywhere) == []


def test_every_adversary_has_its_proof_or_is_said_to_have_none() -> None:
    sections = re.split(r"^## ", THREATS, flags=re.MULTILINE)[1:]
    about = {one.partition("\n")[0]: one for one in sections}
    assert len(about) > 15
    for adversary in about.keys() - ABOUT_NOBODY:
        proofs = re.findall(r"^- \*Proof[^*]*\*(.*)$", about[adversary], re.MULTILINE)
        assert proofs, f"{adversary}: name the proof, or say that there is none"
        for said in proofs:
            assert "`test" in said or "none" in said.lower(), f"{adversary}: {said}"


def test_what_is_proven_where_is_told_for_each_platform() -> None:
    """Each cell names a proof, or says none; what lies in the core alone is proven there, once."""
    told = rows("## What is proven where")
    assert len(told) > 10
    for what, *where in told:
        assert len(where) == len(PLATFORMS), what
        for cell in where:
            assert re.search(r"`test_\w+\.py`|\bnone\b|\bcore\b", cell), f"{what}: {cell}"
