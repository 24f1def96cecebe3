"""Every limit of our Discord on what a bot sends: what fits passes, one more is refused where it is."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.fakes.discord.commands import checked
from tests.fakes.discord.components import check_components
from tests.fakes.discord.errors import ApiError
from tests.fakes.discord.modals import check_modal

Json = dict[str, Any]


def where(check: Callable[[], Any]) -> set[str]:
    """The places that are refused, with dots between; nothing where nothing is."""
    try:
        check()
    except ApiError as why:
        kept = why
    else:
        return set()
    assert (kept.status, kept.code) == (400, 50035)
    return set(leaves(kept.more["errors"]))


def leaves(tree: Json, at: str = "") -> Iterator[str]:
    for key, one in tree.items():
        if key == "_errors":
            assert all(said["code"] and said["message"] for said in one)
            yield at
        else:
            yield from leaves(one, f"{at}.{key}".lstrip("."))


# Messages ---------------------------------------------------------------------------------------


def words(content: str = "Hello") -> Json:
    return {"type": 10, "content": content}


def button(id: str = "a", **more: Any) -> Json:
    return {"type": 2, "style": 1, "label": "Send", "custom_id": id} | more


def row(*inside: Json) -> Json:
    return {"type": 1, "components": list(inside)}


def option(value: str = "pay", **more: Any) -> Json:
    return {"label": value, "value": value} | more


def select(*options: Json, **more: Any) -> Json:
    return {"type": 3, "custom_id": "s", "options": list(options or [option()])} | more


def link(**more: Any) -> Json:
    return {"type": 2, "style": 5, "label": "Open", "url": "https://example.org"} | more


def many(count: int) -> list[Json]:
    return [option(str(number)) for number in range(count)]


def picture(url: str) -> Json:
    return {"type": 12, "items": [{"media": {"url": url}}]}


FITS: dict[str, list[Json]] = {
    "nothing": [],
    "forty parts": [words() for _ in range(40)],
    "four thousand characters": [words("x" * 2000), words("y" * 2000)],
    "five buttons": [row(*[button(str(n)) for n in range(5)])],
    "the longest button": [row(button("x" * 100, label="x" * 80))],
    "a link": [row(link())],
    "a button with an emoji alone": [row(button(label=None, emoji={"name": "🔔"}))],
    "twenty-five options": [row(select(*many(25), min_values=0, max_values=25))],
    "people": [row({"type": 5, "custom_id": "u"})],
    "a section": [{"type": 9, "components": [words()], "accessory": button()}],
    "a container": [{"type": 17, "accent_color": 0xFF, "components": [words(), row(button())]}],
    "a picture": [picture("attachment://a.png")],
    "a separator": [{"type": 14, "divider": True, "spacing": 2}],
}
REFUSED: dict[str, tuple[list[Json], str]] = {
    "forty-one parts": ([words() for _ in range(41)], "components"),
    "forty-one parts in rows": (
        [row(*[button(f"{a}-{b}") for b in range(5)]) for a in range(7)],
        "components",
    ),
    "a character too many": ([words("x" * 2000), words("y" * 2001)], "components"),
    "words that are none": ([words("")], "components.0.content"),
    "six buttons": ([row(*[button(str(n)) for n in range(6)])], "components.0.components"),
    "an empty row": ([row()], "components.0.components"),
    "a row in a row": ([row(row(button()))], "components.0.components.0.type"),
    "a bare button": ([button()], "components.0.type"),
    "a select beside a button": ([row(button(), select())], "components.0.components"),
    "a long label": ([row(button(label="x" * 81))], "components.0.components.0.label"),
    "no label": ([row(button(label=""))], "components.0.components.0"),
    "a long id": ([row(button("x" * 101))], "components.0.components.0.custom_id"),
    "no id": ([row(button(""))], "components.0.components.0.custom_id"),
    "the same id twice": ([row(button()), row(button())], "components"),
    "the same number twice": ([words() | {"id": 3}, words() | {"id": 3}], "components"),
    "a link with an id": ([row(link(custom_id="a"))], "components.0.components.0.custom_id"),
    "a link to nowhere": ([row(link(url="example"))], "components.0.components.0.url"),
    "a button to somewhere": ([row(button(url="https://x.org"))], "components.0.components.0.url"),
    "no such style": ([row(button(style=7))], "components.0.components.0.style"),
    "a long link": (
        [row(link(url="https://" + "x" * 505))],
        "components.0.components.0.url",
    ),
    "a long value": (
        [row(select(option("a") | {"value": "x" * 101}))],
        "components.0.components.0.options.0.value",
    ),
    "a choice of more than any": (
        [row(select(*many(25), max_values=26))],
        "components.0.components.0.max_values",
    ),
    "a choice of at least more than any": (
        [row({"type": 5, "custom_id": "u", "min_values": 26})],
        "components.0.components.0.min_values",
    ),
    "a choice of none": (
        [row(select(max_values=0))],
        "components.0.components.0.max_values",
    ),
    "a long word for a picture": (
        [{"type": 12, "items": [{"media": {"url": "https://x"}, "description": "x" * 1025}]}],
        "components.0.items.0.description",
    ),
    "eleven pictures": (
        [{"type": 12, "items": [{"media": {"url": "https://x"}}] * 11}],
        "components.0.items",
    ),
    "an address that never ends": (
        [picture("https://" + "x" * 2041)],
        "components.0.items.0.media.url",
    ),
    "a gap too wide": ([{"type": 14, "spacing": 3}], "components.0.spacing"),
    "an empty container": ([{"type": 17, "components": []}], "components.0.components"),
    "a colour that is none": (
        [{"type": 17, "accent_color": 0x1000000, "components": [words()]}],
        "components.0.accent_color",
    ),
    "no emoji": ([row(button(emoji={"name": "bell"}))], "components.0.components.0.emoji.name"),
    "twenty-six options": ([row(select(*many(26)))], "components.0.components.0.options"),
    "no option": ([row(select() | {"options": []})], "components.0.components.0.options"),
    "an option twice": ([row(select(option(), option()))], "components.0.components.0.options"),
    "a long option": (
        [row(select(option("x" * 101)))],
        "components.0.components.0.options.0.label",
    ),
    "a long description": (
        [row(select(option(description="x" * 101)))],
        "components.0.components.0.options.0.description",
    ),
    "a long placeholder": (
        [row(select(placeholder="x" * 151))],
        "components.0.components.0.placeholder",
    ),
    "more than there is": ([row(select(max_values=2))], "components.0.components.0.max_values"),
    "two of one from the start": (
        [row(select(option("a", default=True), option("b", default=True)))],
        "components.0.components.0.options",
    ),
    "a section without anything beside": (
        [{"type": 9, "components": [words()]}],
        "components.0.accessory",
    ),
    "four texts in a section": (
        [{"type": 9, "components": [words()] * 4, "accessory": button()}],
        "components.0.components",
    ),
    "a container in a container": (
        [{"type": 17, "components": [{"type": 17, "components": [words()]}]}],
        "components.0.components.0.type",
    ),
    "a picture that is not there": ([picture("attachment://b.png")], "components"),
    "a field": ([row({"type": 4, "custom_id": "a", "style": 1})], "components.0.components.0.type"),
    "what is not documented": ([words() | {"colour": 1}], "components.0.colour"),
    "a number for words": ([{"type": 10, "content": 5}], "components.0.content"),
}


@pytest.mark.parametrize("name", FITS)
def test_components_that_fit_are_taken(name: str) -> None:
    files = frozenset({"a.png"})
    assert where(lambda: check_components(FITS[name], v2=True, files=files)) == set()


@pytest.mark.parametrize("name", REFUSED)
def test_components_that_do_not_fit_are_refused_where_they_are(name: str) -> None:
    parts, at = REFUSED[name]
    assert at in where(lambda: check_components(parts, v2=True, files=frozenset({"a.png"})))


def test_without_components_v2_there_are_five_rows_and_nothing_else() -> None:
    rows = [row(button(str(number))) for number in range(6)]
    assert where(lambda: check_components(rows[:5], v2=False)) == set()
    assert where(lambda: check_components(rows, v2=False)) == {"components"}
    assert where(lambda: check_components([words()], v2=False)) == {"components.0.type"}


# Modals -----------------------------------------------------------------------------------------


def text(**more: Any) -> Json:
    return {"type": 4, "style": 2, "custom_id": "t"} | more


def label(inside: Json, **more: Any) -> Json:
    return {"type": 18, "label": "What happened?", "component": inside} | more


def modal(*inside: Json, **more: Any) -> Json:
    return {"title": "Tell us", "custom_id": "form", "components": list(inside)} | more


def radio(count: int = 2, **more: Any) -> Json:
    return {"type": 21, "custom_id": "r", "options": many(count)} | more


def checks(count: int = 1, **more: Any) -> Json:
    return {"type": 22, "custom_id": "c", "options": many(count)} | more


MODALS: dict[str, Json] = {
    "all it may be": modal(
        words(),
        label(text(min_length=0, max_length=4000, value="x" * 4000, placeholder="x" * 100)),
        label(radio(10), description="x" * 100),
        label(checks(10, min_values=0, required=False)),
        label(select(option(), required=False, min_values=0), label="x" * 45),
        title="x" * 45,
        custom_id="x" * 100,
    ),
    "a single box": modal(label({"type": 23, "custom_id": "b", "default": True})),
    "as it once was": modal(row(text(label="Story"))),
}
NO_MODALS: dict[str, tuple[Json, str]] = {
    "a long title": (modal(label(text()), title="x" * 46), "title"),
    "no title": (modal(label(text()), title=""), "title"),
    "a long id": (modal(label(text()), custom_id="x" * 101), "custom_id"),
    "nothing in it": (modal(), "components"),
    "six parts": (modal(*[words()] * 6), "components"),
    "a button": (modal(row(button())), "components.0.components.0.type"),
    "a button in a label": (modal(label(button())), "components.0.component.type"),
    "a bare field": (modal(text()), "components.0.type"),
    "a long label": (modal(label(text(), label="x" * 46)), "components.0.label"),
    "a long description": (modal(label(text(), description="x" * 101)), "components.0.description"),
    "two labels": (modal(label(text(label="Story"))), "components.0.component.label"),
    "no label in a row": (modal(row(text())), "components.0.components.0.label"),
    "two fields in a row": (
        modal(row(text(label="a"), text(label="b", custom_id="u"))),
        "components.0.components",
    ),
    "too much": (modal(label(text(max_length=4001))), "components.0.component.max_length"),
    "less than nothing": (modal(label(text(min_length=-1))), "components.0.component.min_length"),
    "the least above the most": (
        modal(label(text(min_length=9, max_length=8))),
        "components.0.component.min_length",
    ),
    "more in it than fits": (
        modal(label(text(max_length=3, value="four"))),
        "components.0.component.value",
    ),
    "more in it than fits anywhere": (
        modal(label(text(value="x" * 4001))),
        "components.0.component.value",
    ),
    "a long hint in it": (
        modal(label(text(placeholder="x" * 101))),
        "components.0.component.placeholder",
    ),
    "no such style": (modal(label(text(style=3))), "components.0.component.style"),
    "one radio button": (modal(label(radio(1))), "components.0.component.options"),
    "eleven radio buttons": (modal(label(radio(11))), "components.0.component.options"),
    "two of them pressed": (
        modal(
            label(radio(2) | {"options": [option("a", default=True), option("b", default=True)]})
        ),
        "components.0.component.options",
    ),
    "eleven boxes": (modal(label(checks(11))), "components.0.component.options"),
    "none of what is required": (
        modal(label(checks(min_values=0))),
        "components.0.component.min_values",
    ),
    "a long option": (
        modal(label(radio() | {"options": [option("x" * 101), option()]})),
        "components.0.component.options.0.label",
    ),
    "a long value": (
        modal(label(checks() | {"options": [option() | {"value": "x" * 101}]})),
        "components.0.component.options.0.value",
    ),
    "a long word about it": (
        modal(label(radio() | {"options": [option(description="x" * 101), option("b")]})),
        "components.0.component.options.0.description",
    ),
    "at least too much": (
        modal(label(text(min_length=4001, max_length=4000))),
        "components.0.component.min_length",
    ),
    "boxes by the dozen": (
        modal(label(checks(10, max_values=11))),
        "components.0.component.max_values",
    ),
    "at least boxes by the dozen": (
        modal(label(checks(10, min_values=11))),
        "components.0.component.min_values",
    ),
    "a long label in a row": (
        modal(row(text(label="x" * 46))),
        "components.0.components.0.label",
    ),
    "something greyed out": (
        modal(label(select(disabled=True))),
        "components.0.component.disabled",
    ),
    "the same id twice": (modal(label(text()), label(text())), "components"),
    "what is not documented": (modal(label(text(rows=5))), "components.0.component.rows"),
}


@pytest.mark.parametrize("name", MODALS)
def test_a_modal_that_fits_is_taken(name: str) -> None:
    assert where(lambda: check_modal(MODALS[name])) == set()


@pytest.mark.parametrize("name", NO_MODALS)
def test_a_modal_that_does_not_fit_is_refused_where_it_does_not(name: str) -> None:
    given, at = NO_MODALS[name]
    assert f"data.{at}" in where(lambda: check_modal(given))


# Commands ---------------------------------------------------------------------------------------


def command(**more: Any) -> Json:
    return {"name": "grievance", "description": "Tell us.", "type": 1} | more


def asks(name: str = "word", **more: Any) -> Json:
    return {"name": name, "description": "A word.", "type": 3} | more


COMMANDS: dict[str, list[Json]] = {
    "none": [],
    "a hundred": [command(name=f"c{number}") for number in range(100)],
    "in other languages": [
        command(
            name_localizations={"de": "beschwerde", "pt-BR": "queixa"},
            description_localizations={"es-ES": "Cuéntanos.", "zh-CN": "告诉我们"},
        )
    ],
    "everywhere": [command(contexts=[0, 1, 2], integration_types=[0, 1])],
    "for some": [command(default_member_permissions="32", contexts=[0])],
    "in another script": [command(name="विनती", options=[asks("слово")])],
    "with choices": [
        command(options=[asks(required=True, choices=[{"name": "Pay", "value": "p"}]), asks("b")])
    ],
    "one above another": [command(), {"name": "Look at", "type": 2}],
    "a name of its own for whom one looks at": [{"name": "Look At", "type": 3}],
    "in parts": [command(options=[asks("open", type=1, options=[asks()])])],
}
NO_COMMANDS: dict[str, tuple[list[Json], str]] = {
    "a long name": ([command(name="x" * 33)], "0.name"),
    "no name": ([command(name="")], "0.name"),
    "a space": ([command(name="a b")], "0.name"),
    "a capital": ([command(name="Grievance")], "0.name"),
    "a capital elsewhere": ([command(name_localizations={"de": "Was"})], "0.name_localizations.de"),
    "no such language": ([command(name_localizations={"es": "queja"})], "0.name_localizations.es"),
    "a long description": ([command(description="x" * 101)], "0.description"),
    "no description": ([{"name": "a"}], "0.description"),
    "a long one elsewhere": (
        [command(description_localizations={"fr": "x" * 101})],
        "0.description_localizations.fr",
    ),
    "twenty-six options": ([command(options=[asks(f"o{n}") for n in range(26)])], "0.options"),
    "twenty-six choices": (
        [command(options=[asks(choices=[{"name": str(n), "value": str(n)} for n in range(26)])])],
        "0.options.0.choices",
    ),
    "a long choice": (
        [command(options=[asks(choices=[{"name": "x" * 101, "value": "x"}])])],
        "0.options.0.choices.0.name",
    ),
    "an empty choice": (
        [command(options=[asks(choices=[{"name": "x", "value": ""}])])],
        "0.options.0.choices.0.value",
    ),
    "required after optional": (
        [command(options=[asks(), asks("b", required=True)])],
        "0.options.1",
    ),
    "an option twice": ([command(options=[asks(), asks()])], "0.options.1.name"),
    "options beside parts": ([command(options=[asks(), asks("b", type=1)])], "0.options"),
    "a long choice elsewhere": (
        [
            command(
                options=[
                    asks(
                        choices=[
                            {"name": "x", "value": "x", "name_localizations": {"de": "x" * 101}}
                        ]
                    )
                ]
            )
        ],
        "0.options.0.choices.0.name_localizations.de",
    ),
    "a long value": (
        [command(options=[asks(choices=[{"name": "x", "value": "x" * 101}])])],
        "0.options.0.choices.0.value",
    ),
    "a long name elsewhere": (
        [command(name_localizations={"de": "x" * 33})],
        "0.name_localizations.de",
    ),
    "a long option": ([command(options=[asks("x" * 33)])], "0.options.0.name"),
    "a long description of one": (
        [command(options=[asks(description="x" * 101)])],
        "0.options.0.description",
    ),
    "an option of no type": ([command(options=[asks(type=12)])], "0.options.0.type"),
    "choices where there are none": (
        [command(options=[asks(type=5, choices=[{"name": "x", "value": "x"}])])],
        "0.options.0.choices",
    ),
    "no such context": ([command(contexts=[3])], "0.contexts.0"),
    "no context": ([command(contexts=[])], "0.contexts"),
    "a context twice": ([command(contexts=[0, 0])], "0.contexts"),
    "no such install": ([command(integration_types=[2])], "0.integration_types.0"),
    "the same name twice": ([command(), command()], ""),
    "what is not documented": ([command(colour=1)], "0.colour"),
    "described where nobody sees it": (
        [{"name": "Look at", "type": 2, "description": "x"}],
        "0.description",
    ),
    "eight thousand and one": (
        [
            command(
                options=[
                    asks(
                        f"o{n}",
                        choices=[
                            {"name": "x" * 95 + f"{c:02}", "value": f"{c:02}"} for c in range(25)
                        ],
                    )
                    for n in range(4)
                ]
            )
        ],
        "0",
    ),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_that_fit_are_taken(name: str) -> None:
    assert where(lambda: checked(COMMANDS[name])) == set()


@pytest.mark.parametrize("name", NO_COMMANDS)
def test_commands_that_do_not_fit_are_refused_where_they_do_not(name: str) -> None:
    given, at = NO_COMMANDS[name]
    assert at in where(lambda: checked(given))


def test_the_hundred_and_first_command_is_one_too_many() -> None:
    with pytest.raises(ApiError) as refused:
        checked([command(name=f"c{number}") for number in range(101)])
    assert refused.value.code == 30032
