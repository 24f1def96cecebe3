"""The program on a disk that is nearly full: ``python -m tests.fakes.cramped ROOM WORDS...``, where none of
its files can grow beyond so many bytes."""

import resource
import runpy
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def room(size: int) -> Iterator[None]:
    """The same of this process, for as long as the block lasts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


if __name__ == "__main__":
    with room(int(sys.argv.pop(1))):
        runpy.run_module("bot", run_name="__main__", alter_sys=True)
