"""Feeds one target with inputs and counts what comes out of it that should not.

Hypothesis chooses the bytes that an input is made of; nothing is shrunk, for the targets remember what
they were fed with before. Every few thousand inputs a target begins anew.
"""

import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.bending import TAPE, Draw, drawing
from tests.fuzz.hasty import Hangs, Hasty, bounded
from tests.fuzz.hearing import Ear, all_ears


class Stage(Protocol):
    """One target, ready to be fed."""

    def make(self, draw: Draw) -> Any:
        """The next input; may look at what the last ones left."""
        ...

    async def feed(self, one: Any) -> None:
        """To where the world outside puts it. Raises what should not be raised."""
        ...


@dataclass(frozen=True)
class Target:
    """``plant``: a fault that the fuzzer must find; ``anew``: after so many inputs."""

    name: str
    opened: Callable[[Ear, Path], AbstractAsyncContextManager[Stage]]
    plant: Callable[[], AbstractContextManager[None]]
    anew: int = 2000


@dataclass
class Found:
    """``faults``: how often each (what, where); ``firsts``: an input that did it."""

    inputs: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    faults: Counter[tuple[str, str]] = field(default_factory=Counter)
    firsts: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def uncaught(self) -> int:
        return sum(self.faults.values())

    def add(self, one: Any, faults: list[tuple[str, str]], seconds: float) -> None:
        self.inputs += 1
        self.slowest = max(self.slowest, seconds)
        for fault in faults:
            self.faults[fault] += 1
            self.firsts.setdefault(fault, repr(one)[:2000])


class Feeding:
    """One target on a loop of its own, for as long as the block lasts."""

    def __init__(self, target: Target, found: Found) -> None:
        self._target, self._found, self._ear = target, found, Ear()

    def __enter__(self) -> "Feeding":
        self._folder = tempfile.TemporaryDirectory(prefix="fuzz-")
        self._loop = Hasty()
        self._loop.set_exception_handler(self._ear.unheard)
        self._ears = all_ears(self._ear)
        self._ears.__enter__()
        self._stage_of = self._target.opened(self._ear, Path(self._folder.name))
        self.stage = self._loop.run_until_complete(self._stage_of.__aenter__())
        self._ear.taken()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.run_until_complete(self._stage_of.__aexit__(None, None, None))
        self._ears.__exit__(None, None, None)
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
        self._folder.cleanup()

    def feed(self, tape: bytes) -> None:
        """What is made of these bytes."""
        one = self.stage.make(drawing(tape))
        began = time.perf_counter()
        try:
            with bounded():
                self._loop.run_until_complete(self.stage.feed(one))
        except (Exception, Hangs) as what:
            self._ear.caught(what)
        self._found.add(one, self._ear.taken(), time.perf_counter() - began)


def fed(target: Target, inputs: int, begin: int = 0) -> Found:
    """So many inputs; ``begin``: other ones."""
    found, began = Found(), time.perf_counter()
    while found.inputs < inputs:
        with Feeding(target, found) as feeding:
            _some(feeding, min(target.anew, inputs - found.inputs), begin + found.inputs)
    found.seconds = time.perf_counter() - began
    return found


def controlled(target: Target, most: int = 20_000, some: int = 50) -> int:
    """After how many inputs the planted fault was found; 0 where it never was."""
    found, planted = Found(), target.plant()
    with planted, Feeding(target, found) as feeding:
        while found.inputs < most:
            _some(feeding, some, 7 + found.inputs)
            if found.uncaught:
                return found.inputs
    return 0


def _some(feeding: Feeding, count: int, begin: int) -> None:
    @seed(begin)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(st.binary(min_size=TAPE, max_size=TAPE))
    def each(tape: bytes) -> None:
        feeding.feed(tape)

    each()
