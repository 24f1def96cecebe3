"""Inputs led by coverage: atheris (libFuzzer) chooses the bytes, and keeps those that reach new code.

For ``make fuzz GUIDED=1`` alone: atheris has no wheel for every machine and Python, so it is in no lock and
is fetched then, by the hashes in atheris.txt. One process for each target, because libFuzzer leaves only with its process.
"""

import multiprocessing
import os
import sys
import time
from typing import Any

FACTORS = ("adapters", "bot", "storage")  #: whose branches lead


def guided(name: str, inputs: int) -> int:
    """One line, as for any other; the code to exit with."""
    child = multiprocessing.get_context("spawn").Process(target=_run, args=(name, inputs))
    child.start()
    child.join()
    return int(child.exitcode or 0)


def _run(name: str, inputs: int) -> None:
    try:
        import atheris
    except ImportError:
        sys.exit("There is no atheris for this Python: make fuzz without GUIDED=1.")
    with atheris.instrument_imports(include=list(FACTORS)):
        from tests.fuzz.__main__ import say
        from tests.fuzz.bending import TAPE
        from tests.fuzz.feeding import Feeding, Found
        from tests.fuzz.targets import TARGETS
    target, found, began = TARGETS[name], Found(), time.perf_counter()
    stages: list[Any] = []

    def one(tape: bytes) -> None:
        if found.inputs % target.anew == 0:
            if stages:
                stages.pop().__exit__()
            stages.append(Feeding(target, found).__enter__())
        stages[0].feed(tape)
        if found.inputs >= inputs:
            say(found)
            seconds = time.perf_counter() - began
            sys.stdout.write(
                f"{name:15} inputs={found.inputs} seconds={seconds:.0f} slowest={found.slowest:.2f} "
                f"uncaught={found.uncaught} guided\n"
            )
            sys.stdout.flush()
            os._exit(int(bool(found.uncaught)))

    atheris.Setup([name, f"-max_len={TAPE}", "-len_control=0", "-handle_alrm=0"], one)
    atheris.Fuzz()
