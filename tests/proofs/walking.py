"""What our own structures hold in memory, from some objects on: every word and every byte string.

Walks through ours, nio's and the plain containers between them. Does not see what a coroutine that
waits just now holds, nor what libraries keep for themselves.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from types import FunctionType, MethodType
from typing import Any

OURS = ("adapters.", "bot.", "storage.", "nio.")
_MANY = (list, tuple, set, frozenset, deque)


def held(roots: Iterable[object]) -> Iterator[str | bytes]:
    seen: set[int] = set()
    waiting: list[Any] = list(roots)
    kept: list[Any] = []  # so that no number is given twice
    while waiting:
        one = waiting.pop()
        if isinstance(one, str | bytes | bytearray):
            yield one if isinstance(one, str) else bytes(one)
        elif id(one) not in seen:
            seen.add(id(one))
            kept.append(one)
            waiting += _inside(one)


def _inside(one: Any) -> Iterable[Any]:
    if isinstance(one, Mapping):
        return [*one.keys(), *one.values()]
    if isinstance(one, _MANY):
        return one
    if isinstance(one, MethodType):
        return [one.__self__]
    if isinstance(one, partial):
        return [one.func, *one.args, *one.keywords.values()]
    if isinstance(one, FunctionType):
        return [_content(cell) for cell in one.__closure__ or ()]
    if isinstance(one, type) or not type(one).__module__.startswith(OURS):
        return ()
    slots = [name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ())]
    return [*getattr(one, "__dict__", {}).values(), *(getattr(one, name, None) for name in slots)]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it is not filled yet
        return None
