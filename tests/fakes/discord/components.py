"""Components of messages: rows of buttons, selects, and what Components V2 adds, with their limits."""

import re
from typing import Any

from tests.fakes.discord.errors import Wrong
from tests.fakes.discord.parts import (
    BUTTON,
    CONTAINER,
    FILE,
    GALLERY,
    LINK,
    PREMIUM,
    ROW,
    SECTION,
    SELECT,
    SELECTS,
    SEPARATOR,
    THUMBNAIL,
    WORDS,
    inner,
    media,
)
from tests.fakes.discord.shapes import At, Bool, Id, Many, OneOf, Open, Shape, Spec, Text, Whole

Json = dict[str, Any]
MOST, CHARACTERS = 40, 4000

PLAIN: dict[str, Spec] = {"type": Whole(needed=True), "id": Whole(0, 2**31 - 1)}
CUSTOM = Text(1, 100, needed=True)
EMOJI = Shape({"id": Id(null=True), "name": Text(1, 100, null=True), "animated": Bool()})
MEDIA = Shape({"url": Text(1, 2048, needed=True)})


def _button(value: Json, at: At, wrong: Wrong) -> None:
    style = value["style"]
    needs = {LINK: "url", PREMIUM: "sku_id"}.get(style, "custom_id")
    for key in ("url", "sku_id", "custom_id"):
        if key == needs and not value.get(key):
            wrong.add((*at, key), "BASE_TYPE_REQUIRED", "This field is required")
        elif key != needs and value.get(key):
            wrong.add(
                (*at, key),
                "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
                f"A button of style {style} cannot have this field",
            )
    name = (value.get("emoji") or {}).get("name") or ""
    if re.search(r"[A-Za-z ]", name) and not value["emoji"].get("id"):
        wrong.add((*at, "emoji", "name"), "BUTTON_COMPONENT_INVALID_EMOJI", "Invalid emoji")
    if style != PREMIUM and not value.get("label") and not value.get("emoji"):
        wrong.add(at, "BASE_TYPE_REQUIRED", "A label or an emoji is required")
    if style == LINK and not re.match(r"(https?|discord)://\S+$", value.get("url") or "http://x"):
        wrong.add((*at, "url"), "URL_TYPE_INVALID_URL", "Not a well formed URL.")


BUTTON_SHAPE = Shape(
    PLAIN
    | {
        "style": Whole(1, 6, needed=True),
        "label": Text(0, 80, null=True),
        "emoji": EMOJI,
        "custom_id": Text(1, 100),
        "sku_id": Id(),
        "url": Text(1, 512),
        "disabled": Bool(),
    },
    _button,
)
OPTION = Shape(
    {
        "label": Text(1, 100, needed=True),
        "value": Text(1, 100, needed=True),
        "description": Text(0, 100, null=True),
        "emoji": EMOJI,
        "default": Bool(),
    }
)


def chosen_from(value: Json, at: At, wrong: Wrong, low: int = 1) -> None:
    """The options of anything that has some, and how many of them may be chosen."""
    options = value.get("options", [])
    if len({one["value"] for one in options}) < len(options):
        wrong.add(
            (*at, "options"),
            "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
            "The specified option value is already used",
        )
    least, most = value.get("min_values", low), value.get("max_values", max(1, low))
    if least > most:
        wrong.add((*at, "max_values"), "NUMBER_TYPE_MIN", f"should be {least} or more.")
    if "options" in value and most > max(len(options), 1):
        wrong.add((*at, "max_values"), "NUMBER_TYPE_MAX", f"should be {len(options)} or less.")
    if sum(bool(one.get("default")) for one in options) > most:
        wrong.add(
            (*at, "options"),
            "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES",
            f"No more than {most} can be chosen from the start",
        )


CHOOSING = PLAIN | {
    "custom_id": CUSTOM,
    "placeholder": Text(0, 150, null=True),
    "min_values": Whole(0, 25),
    "max_values": Whole(1, 25),
    "required": Bool(),
    "disabled": Bool(),
}
SELECT_SHAPE = Shape(CHOOSING | {"options": Many(OPTION, 1, 25, needed=True)}, chosen_from)
AUTO_SHAPE = Shape(
    CHOOSING | {"default_values": Many(Open(), high=25), "channel_types": Many(Whole())},
    chosen_from,
)
WORDS_SHAPE = Shape(PLAIN | {"content": Text(1, CHARACTERS, needed=True)})
PICTURED = {
    "media": Shape(MEDIA.fields, needed=True),
    "description": Text(0, 1024, null=True),
    "spoiler": Bool(),
}


SHAPES: dict[int, Spec] = {}


def within(*kinds: int, needed: bool = False) -> OneOf:
    """A component of one of these kinds."""
    return OneOf(SHAPES, kinds, needed=needed)


def _row(value: Json, at: At, wrong: Wrong) -> None:
    kinds = [one["type"] for one in value["components"]]
    if any(kind != BUTTON for kind in kinds) and len(kinds) > 1:
        wrong.add(
            (*at, "components"),
            "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
            "The specified component exceeds the maximum width",
        )


INSIDE = (ROW, SECTION, WORDS, GALLERY, FILE, SEPARATOR)
SHAPES |= {
    BUTTON: BUTTON_SHAPE,
    SELECT: SELECT_SHAPE,
    **{kind: AUTO_SHAPE for kind in SELECTS if kind != SELECT},
    WORDS: WORDS_SHAPE,
    ROW: Shape(PLAIN | {"components": Many(within(BUTTON, *SELECTS), 1, 5, needed=True)}, _row),
    SECTION: Shape(
        PLAIN
        | {
            "components": Many(within(WORDS), 1, 3, needed=True),
            "accessory": within(BUTTON, THUMBNAIL, needed=True),
        }
    ),
    THUMBNAIL: Shape(PLAIN | PICTURED),
    GALLERY: Shape(PLAIN | {"items": Many(Shape(PICTURED), 1, 10, needed=True)}),
    FILE: Shape(PLAIN | {"file": Shape(MEDIA.fields, needed=True), "spoiler": Bool()}),
    SEPARATOR: Shape(PLAIN | {"divider": Bool(), "spacing": Whole(1, 2)}),
    CONTAINER: Shape(
        PLAIN
        | {
            "components": Many(within(*INSIDE), 1, MOST, needed=True),
            "accent_color": Whole(0, 0xFFFFFF, null=True),
            "spoiler": Bool(),
        }
    ),
}


def check_components(components: Any, *, v2: bool, files: frozenset[str] = frozenset()) -> None:
    """``files``: the names of what is attached to the message."""
    wrong, at = Wrong(), ("components",)
    top = within(*INSIDE, CONTAINER) if v2 else within(ROW)
    Many(top, high=MOST if v2 else 5).check(components, at, wrong)
    wrong.refuse()
    every = list(inner(components))
    alone(every, at, wrong)
    if v2 and len(every) > MOST:
        wrong.add(
            at,
            "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
            f"The total number of components cannot exceed {MOST}.",
        )
    words = sum(len(one["content"]) for one in every if one["type"] == WORDS)
    if words > CHARACTERS:
        wrong.add(
            at,
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            f"The total displayable text size exceeds maximum size of {CHARACTERS}",
        )
    for url in media(every):
        if url.startswith("attachment://") and url[13:] not in files:
            wrong.add(
                at,
                "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
                f"The referenced attachment {url[13:]} was not found",
            )
    wrong.refuse()


def alone(every: list[Json], at: At, wrong: Wrong) -> None:
    """No custom_id and no id twice."""
    for key in ("custom_id", "id"):
        kept = [one[key] for one in every if one.get(key)]
        if len(set(kept)) < len(kept):
            wrong.add(
                at,
                f"COMPONENT_{key.upper()}_DUPLICATED",
                f"Component {key.replace('_', ' ')} cannot be duplicated",
            )
