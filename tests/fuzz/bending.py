"""Payloads bent out of shape: keys gone, others' values, other kinds, and words as nobody should write
them. Pure: each choice is a number below another, read from bytes that Hypothesis or atheris gives.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from tests.fuzz.hearing import MARK

T = TypeVar("T")
Draw = Callable[[int], int]  #: a number from 0 to below the given one
TAPE = 256  #: bytes, of which one input is made

WORDS = (
    "",
    " ",
    MARK,
    "\0",
    "\ud800",
    f"{MARK}\udfff\udbff",
    "\u202e\u2066 gnirts \u2069",
    "\u200f\u05e9\u05dc\u05d5\u05dd",
    "a" + "\u0300" * 300,
    "9" * 5000,
    "-1",
    "1e999",
    "NaN",
    "\u00b2",
    "\u0663",
    "\U0001d7d7",
    "\u0130\u00df\ufb00\u1e9e",
    MARK * 300,
    "x" * 20_000,
    "\r\n\t\x1b[31m\x85\u2028",
    "<@U1> <!channel> @everyone @room",
    "`*_~|>#-1. [a](b)",
    "page:" + "9" * 4400 + ":cases",
    "again::",
    "confirm:delete:",
    "{/receipt} {0} %s %n",
    "../../../etc/passwd",
    "\ufeff\u200b\u2060",
    "0000000-0000000-0000000",
    "2026-02-30T25:61:00+99:00",
    "https://example.org/?q=" + MARK,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467" * 30,
)
DEEP = json.loads("[" * 300 + "]" * 300)
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2**31,
    2**63,
    -(2**64),
    10**400,
    1.5,
    1e308,
    float("nan"),
    float("inf"),
    [],
    {},
    [None],
    [[]],
    {"": None},
    {"type": MARK},
    DEEP,
)


def drawing(tape: bytes) -> Draw:
    """Reads the choices from bytes; where these end, each is the first. So the same bytes are the same
    input, whatever made them."""
    at = 0

    def draw(below: int) -> int:
        nonlocal at
        size = 1 if below <= 256 else 2 if below <= 65_536 else 4
        at += size
        return int.from_bytes(tape[at - size : at], "big") % below

    return draw


def one_of(draw: Draw, some: Sequence[T]) -> T:
    return some[draw(len(some))]


def words(draw: Draw) -> str:
    kind = draw(8)
    if kind < 5:
        return one_of(draw, WORDS)
    if kind == 5:
        return "".join(chr(draw(0x110000)) for _ in range(draw(12)))
    if kind == 6:
        return "".join(one_of(draw, WORDS) for _ in range(draw(4)))
    return MARK + chr(draw(0x300)) + str(draw(10**9))


def value(draw: Draw) -> Any:
    """Anything that JSON may hold, and NaN, which it should not and does."""
    kind = draw(6)
    if kind < 2:
        return words(draw)
    if kind == 2:
        return [value(draw) for _ in range(draw(4))]
    if kind == 3:
        return {words(draw): value(draw) for _ in range(draw(3))}
    return _copy(one_of(draw, VALUES))


def bent(draw: Draw, thing: Any, most: int = 4) -> Any:
    """A copy with up to so many changes, often none."""
    copy = _copy(thing)
    for _ in range(draw(most + 1)):
        copy = _changed(draw, copy)
    return copy


def _copy(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {key: _copy(one) for key, one in thing.items()}
    return [_copy(one) for one in thing] if isinstance(thing, list) else thing


def _changed(draw: Draw, thing: Any) -> Any:
    places = list(_places(thing))
    if not places:
        return value(draw)
    inside, key = one_of(draw, places)
    kind = draw(9)
    if kind == 0:
        del inside[key]
    elif kind == 1:
        other, its = one_of(draw, places)
        inside[key] = _copy(other[its])
    elif kind == 2:
        inside[key] = [inside[key]]
    elif kind == 3:
        inside[key] = {words(draw): inside[key]}
    elif kind == 4:
        inside[key] = _other_kind(inside[key])
    elif kind == 5 and isinstance(inside[key], str):
        inside[key] = one_of(draw, (inside[key] + words(draw), words(draw) + inside[key]))
    elif kind == 6 and isinstance(inside, list):
        inside.insert(key, _copy(inside[key]))
    elif kind == 6:
        inside[words(draw)] = value(draw)
    else:
        inside[key] = value(draw)
    return thing


def _other_kind(one: Any) -> Any:
    if isinstance(one, str):
        return int(one) if one.isdecimal() and len(one) < 100 else [*one[:50]]
    if isinstance(one, dict):
        return list(one.items())
    if isinstance(one, list):
        return {str(number): each for number, each in enumerate(one)}
    return str(one)


def _places(thing: Any) -> Any:
    """Every (container, key) in it; what lies deeper than anybody would put it is left."""
    waiting = [(thing, 0)]
    while waiting:
        here, depth = waiting.pop()
        keys = (
            here if isinstance(here, dict) else range(len(here)) if isinstance(here, list) else ()
        )
        for key in keys:
            yield here, key
            if depth < 12:
                waiting.append((here[key], depth + 1))
