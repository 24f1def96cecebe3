"""Whatever comes from outside is taken or refused: nothing is raised out of where it goes in, nothing is
noted as a bug, nothing hangs, and no word of a person's reaches the log. Each target with a control.

A few inputs of each here; ``make fuzz`` feeds many, and ``make fuzz GUIDED=1`` those that atheris finds.
"""

import asyncio

import pytest

from bot.ports import Noted
from tests.fuzz.bending import DEEP, TAPE, bent, drawing, value
from tests.fuzz.feeding import Found, controlled, fed
from tests.fuzz.hasty import Hangs, Hasty, bounded
from tests.fuzz.hearing import MARK, Ear, all_ears
from tests.fuzz.targets import TARGETS

INPUTS = 60


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_that_comes_from_outside_comes_out_as_a_bug(name: str) -> None:
    found = fed(TARGETS[name], INPUTS)
    assert found.inputs == INPUTS
    assert not found.faults, found.firsts


@pytest.mark.parametrize("name", TARGETS)
def test_a_fault_that_was_planted_is_found(name: str) -> None:
    assert controlled(TARGETS[name])


# What the proof itself rests on -----------------------------------------------------------------------


def test_the_same_bytes_are_the_same_input() -> None:
    for number in range(200):
        tape = bytes((number * 7 + at * 13) % 256 for at in range(TAPE))
        thing = {"a": [1, {"b": "c"}], "d": None}
        first, again = (repr(bent(drawing(tape), thing)) for _ in range(2))
        assert first == again
        assert repr(value(drawing(tape))) == repr(value(drawing(tape)))
        assert thing == {"a": [1, {"b": "c"}], "d": None}, "it is a copy that is bent"
    assert DEEP[0][0][0]


def test_what_hangs_is_ended_and_told() -> None:
    def hangs() -> None:
        with bounded(0.05):
            while True:
                pass

    with pytest.raises(Hangs):
        hangs()


def test_nobody_waits_on_a_hasty_loop() -> None:
    async def waits() -> float:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.sleep(100_000)
        return loop.time() - began

    loop = Hasty()
    try:
        with bounded(5.0):
            assert loop.run_until_complete(waits()) >= 100_000
    finally:
        loop.close()


async def test_all_that_goes_wrong_is_heard() -> None:
    ear = Ear()
    ear.note(Noted.BUG, kind="KeyError", place="here:1")
    ear.note(Noted.WARNED, kind="x", place=f"a {MARK.upper()} stands here")
    ear.caught(ValueError())
    ear.unheard(asyncio.get_running_loop(), {"message": "never awaited"})
    assert [what for what, _ in ear.taken()] == ["KeyError", "ValueError", "NoneType", "Written"]
    assert ear.taken() == []
    found = Found()
    found.add("x", [("KeyError", "here:1")], 0.5)
    assert (found.uncaught, found.slowest) == (1, 0.5)


def test_libraries_speak_to_the_ear_and_to_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    import logging

    ear = Ear()
    with all_ears(ear):
        logging.getLogger("aiohttp").warning("something of %s", MARK)
    assert ear.taken() == [], "its place alone"
    assert MARK not in caplog.text
