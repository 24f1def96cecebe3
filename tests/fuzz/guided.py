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
MOST = 20_000  #: inputs within which the planted fault must be found


def guided(name: str, inputs: int) -> int:
    """Two lines: as for any other, and after how many inputs the planted fault was found. The code to
    exit with."""
    return _in_a_process(name, inputs, False) or _in_a_process(name, MOST, True)


def _in_a_process(*of: Any) -> int:
    child = multiprocessing.get_context("spawn").Process(target=_run, args=of)
    child.start()
    child.join()
    return int(child.exitcode or 0)


def _run(name: str, inputs: int, planted: bool) -> None:
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
    if planted:
        target.plant().__enter__()

    def one(tape: bytes) -> None:
        if found.inputs % target.anew == 0:
            if stages:
                stages.pop().__exit__()
            stages.append(Feeding(target, found).__enter__())
        stages[0].feed(tape)
        if planted and (found.uncaught or found.inputs >= inputs):
            after = f"found after {found.inputs}" if found.uncaught else "NOT FOUND"
            leaves(f"{name:15} control={after} guided", int(not found.uncaught))
        elif found.inputs >= inputs:
            say(found)
            seconds = time.perf_counter() - began
            leaves(
                f"{name:15} inputs={found.inputs} seconds={seconds:.0f} slowest={found.slowest:.2f} "
                f"uncaught={found.uncaught} guided",
                int(bool(found.uncaught)),
            )

    atheris.Setup([name, f"-max_len={TAPE}", "-len_control=0", "-handle_alrm=0"], one)
    atheris.Fuzz()


def leaves(said: str, code: int) -> None:
    """The whole process: libFuzzer ends with nothing less."""
    sys.stdout.write(f"{said}\n")
    sys.stdout.flush()
    os._exit(code)
