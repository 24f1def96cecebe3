"""The start of the program: what keeps it from one, where its settings lie, what makes it quick.

Loads nothing: whoever only asks for help waits for no library.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

DEFAULT_FILE = "groundswell.toml"
NOTHING_KEPT = (
    "The database cannot keep anything just now: see that it runs and has room, and try again."
)


class CannotStart(Exception):
    """One sentence that says what is wrong and what to do; exit code 2."""


@contextmanager
def loading() -> Iterator[Callable[[], None]]:
    """While a program is loaded its collector of cycles rests, which would look at everything again
    and again and find next to nothing: a fifth of a start. What is given tells that all is there;
    none of that is looked at from then on."""

    def loaded() -> None:
        gc.freeze()
        gc.enable()

    gc.disable()
    try:
        yield loaded
    finally:
        gc.enable()
