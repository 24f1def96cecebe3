"""Modals: one to five labels with a field in each, or texts, with the limits of every kind of field."""

from typing import Any

from tests.fakes.discord.components import (
    AUTO_SHAPE,
    CUSTOM,
    PLAIN,
    SELECT_SHAPE,
    WORDS_SHAPE,
    alone,
    chosen_from,
)
from tests.fakes.discord.errors import Wrong, misfit
from tests.fakes.discord.parts import (
    CHECK,
    CHECKS,
    INPUT,
    LABEL,
    RADIO,
    ROW,
    SELECT,
    SELECTS,
    UPLOAD,
    WORDS,
    inner,
)
from tests.fakes.discord.shapes import At, Bool, Many, OneOf, Shape, Spec, Text, Whole

Json = dict[str, Any]


def _input(value: Json, at: At, wrong: Wrong) -> None:
    low, high = value.get("min_length") or 0, value.get("max_length") or 4000
    if low > high:
        wrong.add((*at, "min_length"), "NUMBER_TYPE_MAX", f"should be {high} or less.")
    if value.get("value") and not low <= len(value["value"]) <= high:
        wrong.add(
            (*at, "value"), "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length."
        )


def _optional(value: Json, at: At, wrong: Wrong) -> None:
    """What must be answered wants one at least."""
    if value.get("required", True) and value.get("min_values", 1) < 1:
        wrong.add(
            (*at, "min_values"), "NUMBER_TYPE_MIN", "must be 1 or more where required is true"
        )
    if value.get("disabled"):
        wrong.add((*at, "disabled"), "BASE_TYPE_CHOICES", "Nothing in a modal can be disabled")


def _select(value: Json, at: At, wrong: Wrong) -> None:
    chosen_from(value, at, wrong)
    _optional(value, at, wrong)


def _radio(value: Json, at: At, wrong: Wrong) -> None:
    chosen_from(value, at, wrong)


def _checks(value: Json, at: At, wrong: Wrong) -> None:
    most = value.get("max_values", len(value["options"]))
    chosen_from(value | {"max_values": most}, at, wrong)
    _optional(value, at, wrong)


OPTION = Shape(
    {
        "label": Text(1, 100, needed=True),
        "value": Text(1, 100, needed=True),
        "description": Text(0, 100, null=True),
        "default": Bool(),
    }
)
ASKED = PLAIN | {"custom_id": CUSTOM, "required": Bool()}
INPUT_FIELDS: dict[str, Spec] = ASKED | {
    "style": Whole(1, 2, needed=True),
    "label": Text(0, 0, null=True),
    "min_length": Whole(0, 4000),
    "max_length": Whole(1, 4000),
    "value": Text(0, 4000, null=True),
    "placeholder": Text(0, 100, null=True),
}
UP_TO = {"min_values": Whole(0, 10), "max_values": Whole(1, 10)}
FIELD_SHAPES: dict[int, Spec] = {
    INPUT: Shape(INPUT_FIELDS, _input),
    SELECT: Shape(SELECT_SHAPE.fields, _select),
    **{kind: Shape(AUTO_SHAPE.fields, _select) for kind in SELECTS if kind != SELECT},
    UPLOAD: Shape(ASKED | UP_TO, _optional),
    RADIO: Shape(ASKED | {"options": Many(OPTION, 2, 10, needed=True)}, _radio),
    CHECKS: Shape(ASKED | UP_TO | {"options": Many(OPTION, 1, 10, needed=True)}, _checks),
    CHECK: Shape(PLAIN | {"custom_id": CUSTOM, "default": Bool()}),
}


#: A text input that stands in a row, as they did once, brings its own label.
OLD = Shape(INPUT_FIELDS | {"label": Text(1, 45, needed=True)}, _input)
TOP: dict[int, Spec] = {
    LABEL: Shape(
        PLAIN
        | {
            "label": Text(1, 45, needed=True),
            "description": Text(0, 100, null=True),
            "component": OneOf(FIELD_SHAPES, needed=True),
        }
    ),
    WORDS: WORDS_SHAPE,
    ROW: Shape(PLAIN | {"components": Many(OneOf({INPUT: OLD}), 1, 1, needed=True)}),
}
MODAL = Shape(
    {
        "custom_id": CUSTOM,
        "title": Text(1, 45, needed=True),
        "components": Many(OneOf(TOP), 1, 5, needed=True),
    }
)


def check_modal(data: Any) -> None:
    if data is None:
        raise misfit(("data",), "BASE_TYPE_REQUIRED", "This field is required")
    wrong, at = Wrong(), ("data",)
    MODAL.check(data, at, wrong)
    wrong.refuse()
    alone(list(inner(data["components"])), (*at, "components"), wrong)
    wrong.refuse()
