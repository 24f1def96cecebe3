"""Shapes of what is sent: texts, numbers, lists and objects with their limits, in tables.

Stricter than Discord in one thing: a field that is not documented is refused, not passed over.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.discord.errors import Wrong

At = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Spec:
    """``needed``: must be there; ``null``: may be null."""

    needed: bool = False
    null: bool = False

    def check(self, value: Any, at: At, wrong: Wrong) -> None: ...


@dataclass(frozen=True)
class Text(Spec):
    low: int = 0
    high: int = 10**9
    of: Collection[str] = ()

    def check(self, value: Any, at: At, wrong: Wrong) -> None:
        if not isinstance(value, str):
            wrong.add(at, "STRING_TYPE_CONVERT", f'Could not interpret "{value}" as string.')
        elif not self.low <= len(value) <= self.high:
            _length(self.low, self.high, at, wrong)
        elif self.of and value not in self.of:
            wrong.add(at, "BASE_TYPE_CHOICES", f"Value must be one of {sorted(self.of)}.")


@dataclass(frozen=True)
class Whole(Spec):
    low: int = -(2**53)
    high: int = 2**53
    of: Collection[int] = ()

    def check(self, value: Any, at: At, wrong: Wrong) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            wrong.add(at, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
        elif self.of and value not in self.of:
            wrong.add(at, "BASE_TYPE_CHOICES", f"Value must be one of {sorted(self.of)}.")
        elif value < self.low:
            wrong.add(
                at, "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {self.low}."
            )
        elif value > self.high:
            wrong.add(
                at, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {self.high}."
            )


@dataclass(frozen=True)
class Bool(Spec):
    def check(self, value: Any, at: At, wrong: Wrong) -> None:
        if not isinstance(value, bool):
            wrong.add(at, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")


@dataclass(frozen=True)
class Id(Spec):
    """A snowflake. Discord takes numbers, too, where they are sent; it sends strings."""

    def check(self, value: Any, at: At, wrong: Wrong) -> None:
        if isinstance(value, bool) or not re.fullmatch(r"\d{1,20}", str(value)):
            wrong.add(at, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')


@dataclass(frozen=True)
class Open(Spec):
    """Whatever it is: another place looks at it."""


@dataclass(frozen=True)
class Many(Spec):
    each: Spec
    low: int = 0
    high: int = 10**9
    once: bool = False

    def check(self, value: Any, at: At, wrong: Wrong) -> None:
        if not isinstance(value, list):
            wrong.add(at, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType.")
            return
        if not self.low <= len(value) <= self.high:
            _length(self.low, self.high, at, wrong)
        if self.once and len({str(one) for one in value}) < len(value):
            wrong.add(at, "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value.")
        for number, one in enumerate(value):
            self.each.check(one, (*at, number), wrong)


@dataclass(frozen=True)
class Shape(Spec):
    """``also``: what must be true of the whole, asked where each part is as it should be."""

    fields: Mapping[str, Spec]
    also: Callable[[Any, At, Wrong], None] | None = None

    def check(self, value: Any, at: At, wrong: Wrong) -> None:
        if not isinstance(value, dict):
            wrong.add(at, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType.")
            return
        inside = Wrong()
        for key in value.keys() - self.fields.keys():
            inside.add((key,), "UNKNOWN_FIELD", "Discord documents no such field here.")
        for key, spec in self.fields.items():
            if key not in value:
                if spec.needed:
                    inside.add((key,), "BASE_TYPE_REQUIRED", "This field is required")
            elif value[key] is None:
                if not spec.null:
                    inside.add((key,), "BASE_TYPE_REQUIRED", "This field is required")
            else:
                spec.check(value[key], (key,), inside)
        if not inside.tree and self.also is not None:
            self.also(value, (), inside)
        _graft(wrong, at, inside)


@dataclass(frozen=True)
class OneOf(Spec):
    """An object whose ``type`` says what else is in it: one of these kinds (or of all in the table,
    which may be filled after this was made)."""

    shapes: Mapping[int, Spec]
    kinds: tuple[int, ...] = ()

    def check(self, value: Any, at: At, wrong: Wrong) -> None:
        kinds = self.kinds or tuple(self.shapes)
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in kinds:
            said = f"Value of field type must be one of {kinds}."
            wrong.add((*at, "type"), "UNION_TYPE_CHOICES", said)
        else:
            self.shapes[kind].check(value, at, wrong)


@dataclass(frozen=True)
class Later(Spec):
    """A shape that is not made yet, as where it holds itself."""

    of: Callable[[], Spec]

    def check(self, value: Any, at: At, wrong: Wrong) -> None:
        self.of().check(value, at, wrong)


@dataclass(frozen=True)
class Map(Spec):
    """An object with keys of one kind."""

    keys: Collection[str]
    each: Spec

    def check(self, value: Any, at: At, wrong: Wrong) -> None:
        if not isinstance(value, dict):
            wrong.add(at, "DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType.")
            return
        for key, one in value.items():
            if key not in self.keys:
                wrong.add((*at, key), "ENUM_TYPE_COERCE", f'Value "{key}" is not a valid key.')
            else:
                self.each.check(one, (*at, key), wrong)


def refused(spec: Spec, value: Any, at: At = ()) -> None:
    """Refuse what is not of this shape."""
    wrong = Wrong()
    spec.check(value, at, wrong)
    wrong.refuse()


def _length(low: int, high: int, at: At, wrong: Wrong) -> None:
    if low == 0:
        wrong.add(at, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
    else:
        wrong.add(at, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")


def _graft(wrong: Wrong, at: At, inside: Wrong) -> None:
    def walk(tree: dict[str, Any], here: At) -> None:
        for key, one in tree.items():
            if key == "_errors":
                for said in one:
                    wrong.add(here, said["code"], said["message"])
            else:
                walk(one, (*here, key))

    walk(inside.tree, at)
