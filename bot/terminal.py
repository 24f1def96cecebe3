"""Sentences as wide as the terminal that shows them. What goes into a file or a pipe stays one line each.

Loads nothing: whoever only asks for help waits for no library.
"""

import shutil
import sys
import textwrap

import typer

WIDEST = 100  #: columns; what is longer is hard to read


def tell(words: str, hang: str = "", *, err: bool = False) -> None:
    """``hang``: what stands before all lines but the first."""
    typer.echo(
        _folded(words, hang) if (sys.stderr if err else sys.stdout).isatty() else words, err=err
    )


def tell_check(name: str, problem: str | None) -> None:
    """The line of one check; ``problem`` is None where all is well."""
    if problem is None:
        tell(f"ok   {name}")
    else:
        tell(f"FIX  {name}: {problem}", "     ")


def _folded(words: str, hang: str) -> str:
    """What stands there without a space, such as an address, stays whole."""
    width = min(shutil.get_terminal_size().columns, WIDEST)
    return "\n".join(
        textwrap.fill(
            line,
            width,
            subsequent_indent=hang,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in words.split("\n")
    )
