"""`make mutation`: how many small breaks of what must not be wrong by a hair its tests notice.

mutmut makes the breaks, which pyproject.toml names the places of, and runs the tests on each. Here
they are counted. A break that changes nothing (another spelling of "utf-8") counts as unnoticed.
"""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import typer

LEAST = 0.9  #: of the breaks in each place
_MUTMUT = str(Path(sys.executable).with_name("mutmut"))
_RESULT = re.compile(r"\s+(?P<place>.+)\.x(?:_|ǁ)\S+: (?P<what>.+)")
NOTICED = ("killed", "timeout", "segfault")


def counted(results: str) -> dict[str, Counter[bool]]:
    """By place, how many were noticed and how many were not."""
    found: dict[str, Counter[bool]] = {}
    for one in map(_RESULT.fullmatch, results.splitlines()):
        if one:
            place = found.setdefault(one["place"], Counter())
            place[one["what"] in NOTICED] += 1
    return found


def told(found: dict[str, Counter[bool]]) -> list[str]:
    lines = []
    for place, of in sorted(found.items()):
        all_, share = of.total(), of[True] / of.total()
        short = "" if share >= LEAST else f": short of {LEAST:.0%}"
        lines.append(f"{place}: {of[True]} of {all_} breaks noticed, {share:.1%}{short}")
    return lines


def main() -> int:
    typer.echo("A few minutes: the tests are run once for each break.", err=True)
    ran = subprocess.run([_MUTMUT, "run"], capture_output=True, text=True, check=False)
    all_ = subprocess.run(
        [_MUTMUT, "results", "--all", "true"], capture_output=True, text=True, check=False
    )
    found = counted(all_.stdout)
    if not found:
        typer.echo(ran.stdout[-2000:] + ran.stderr + all_.stderr, err=True)
        return 2
    typer.echo("\n".join(told(found)))
    typer.echo("Which were not: .venv/bin/mutmut results; one of them: .venv/bin/mutmut show NAME")
    return any(one[True] < LEAST * one.total() for one in found.values())


if __name__ == "__main__":
    sys.exit(main())
