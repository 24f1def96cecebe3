"""What overwrites freed memory: every way of running it offers the same two variables, the pages name them,
and they do what is said.

That nothing of a worker is then left is what `tests/proofs/test_memory.py` looks for at `SCALE=1`.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from tests.deploy.unit import FOLDER, read
from tests.deploy.words import DEPLOY
from tests.house.tree import ROOT
from tests.proofs.test_memory import GLIBC, WIPES

CHART = DEPLOY / "helm"
OFFERED: Mapping[str, Callable[[], dict[str, str]]] = {
    "systemd": lambda: dict(
        one.split("=", 1) for one in read(FOLDER / "freed-memory.conf")["Service"]["Environment"]
    ),
    "containers": lambda: dict(
        line.split("=", 1)
        for line in (DEPLOY / "container" / "freed-memory.env").read_text("utf-8").splitlines()
        if not line.startswith("#")
    ),
    "Kubernetes": lambda: {one["name"]: one["value"] for one in yaml.safe_load(in_the_chart())},
}


def in_the_chart() -> str:
    """What is rendered where the value says so, and not otherwise."""
    text = (CHART / "templates" / "_parts.tpl").read_text("utf-8")
    said = re.findall(
        r"\{\{- if \.Values\.overwriteFreedMemory \}\}\n(.*?)\{\{- end \}\}", text, re.S
    )
    (only,) = said
    return str(only)


@pytest.mark.parametrize("way", OFFERED)
def test_what_is_offered_is_what_the_proof_is_run_with(way: str) -> None:
    assert OFFERED[way]() == WIPES


@pytest.mark.parametrize("page", ["THREAT-MODEL.md", "deploy/README.md"])
def test_the_pages_name_both_and_what_they_are_set_to(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    for name, value in WIPES.items():
        assert f"`{name}={value}`" in text


def test_the_page_tells_how_with_each() -> None:
    text = (DEPLOY / "README.md").read_text("utf-8")
    _, _, told = text.partition("## What is freed")
    for how in ("systemd/freed-memory.conf", "freed-memory.env", "overwriteFreedMemory: true"):
        assert how in told.partition("\n## ")[0]


def test_it_is_off_until_somebody_says_so() -> None:
    assert (
        yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))["overwriteFreedMemory"] is False
    )
    for name in ("compose.yaml", "compose.postgresql.yaml"):
        text = (DEPLOY / "container" / name).read_text("utf-8")
        assert '# env_file: ["freed-memory.env"]\n' in text
        on = yaml.safe_load(text.replace("# env_file:", "env_file:"))
        ours = [one for one in on["services"].values() if "run" in one["command"]]
        assert ours
        assert {tuple(one["env_file"]) for one in ours} == {("freed-memory.env",)}


#: Somebody is answered, four hundred times; nothing of it is kept. No word of it is told as it is.
ANSWERS = """
import sys
for n in range(400):
    words = f"{sys.argv[1][::-1]} {n}"
words = None
print("done", flush=True)
sys.stdin.read()
"""
#: More than the registers of a processor hold, which may lie on its stack for a while.
WORDS = "Zwetschkenknödel for all, and nobody who eats them gets the next morning off; " * 3


def left(**environ: str) -> int:
    """How often these words are in the memory of a process that has ended its work."""
    process = subprocess.Popen(
        [sys.executable, "-c", ANSWERS, WORDS[::-1]],
        env={**os.environ, **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == b"done\n"
        return sum(page.count(WORDS.encode("latin-1")) for page in pages(process.pid))


def pages(pid: int) -> Iterator[bytes]:
    """All that it can write to."""
    there = Path(f"/proc/{pid}")
    with (there / "mem").open("rb", buffering=0) as memory:
        for line in (there / "maps").read_text().splitlines():
            span, rights, *_ = line.split()
            start, end = (int(one, 16) for one in span.split("-"))
            if rights.startswith("rw") and "[v" not in line:
                memory.seek(start)
                yield memory.read(end - start)


@pytest.mark.parametrize("way", OFFERED)
def test_with_them_nothing_is_left_of_what_was_freed_and_without_them_it_is(way: str) -> None:
    """With glibc, to which alone one of the two speaks."""
    assert not GLIBC or left(**OFFERED[way]()) == 0
    assert not GLIBC or left() > 0
