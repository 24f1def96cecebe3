"""The town refuses every view and message that Slack's documented limits refuse, and takes what they take."""

from typing import Any

import pytest

from tests.fakes.slack.blocks import refused_by_models, wrong_in_blocks, wrong_in_view
from tests.fakes.slack_bolted import button, field, modal, section

Json = dict[str, Any]


def plain(words: str) -> Json:
    return {"type": "plain_text", "text": words}


def option(value: str = "pay", words: str = "Pay", **more: Any) -> Json:
    return {"text": plain(words), "value": value} | more


def select(**more: Any) -> Json:
    return {"type": "static_select", "action_id": "category", "options": [option()]} | more


def asking(element: Json, **more: Any) -> Json:
    return {"type": "input", "block_id": "b", "label": plain("Label"), "element": element} | more


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def text_field(**more: Any) -> Json:
    return {"type": "plain_text_input", "action_id": "story"} | more


GOOD_BLOCKS = [
    section("x" * 3000),
    section("*bold* <!channel>", "mrkdwn"),
    {"type": "section", "fields": [plain("x" * 2000)] * 10},
    {"type": "section", "text": plain("x"), "accessory": button("a", "x" * 75)},
    {"type": "header", "text": plain("x" * 150)},
    {"type": "context", "elements": [plain("x"), {"type": "mrkdwn", "text": "y"}]},
    {"type": "divider"},
    {"type": "image", "image_url": "https://example.org/a.png", "alt_text": "A chart"},
    actions(*[button(f"a{n}") for n in range(25)]),
    actions(button("a") | {"value": "x" * 2000, "style": "danger"}),
    actions(select(options=[option(str(n)) for n in range(100)])),
    field("a" * 255, max_length=3000, multiline=True, initial_value="x" * 3000),
    asking(
        select(options=[option("v" * 150, "w" * 75)], initial_option=option("v" * 150, "w" * 75))
    ),
    asking(
        {"type": "checkboxes", "action_id": "c", "options": [option(str(n)) for n in range(10)]}
    ),
    asking({"type": "number_input", "action_id": "n", "is_decimal_allowed": False}),
    asking({"type": "users_select", "action_id": "u"}, optional=True),
]


@pytest.mark.parametrize("block", GOOD_BLOCKS, ids=str)
def test_what_slack_documents_is_taken(block: Json) -> None:
    assert list(wrong_in_blocks([block], "modal")) == []
    assert list(refused_by_models([block])) == []


BAD_BLOCKS = {
    "an unknown kind": {"type": "paragraph"},
    "an unknown field": section("x") | {"colour": "red"},
    "a section without words": {"type": "section"},
    "an empty section": section(""),
    "a long section": section("x" * 3001),
    "eleven fields": {"type": "section", "fields": [plain("x")] * 11},
    "a long field": {"type": "section", "fields": [plain("x" * 2001)]},
    "a long block_id": section("x") | {"block_id": "b" * 256},
    "a long header": {"type": "header", "text": plain("x" * 151)},
    "a header in mrkdwn": {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
    "eleven in a context": {"type": "context", "elements": [plain("x")] * 11},
    "no actions": actions(),
    "twenty-six actions": actions(*[button(f"a{n}") for n in range(26)]),
    "one action twice": actions(button("a"), button("a")),
    "a field among actions": actions(text_field()),
    "a button with long words": actions(button("a", "x" * 76)),
    "a button with a long value": actions(button("a") | {"value": "x" * 2001}),
    "a button with a long id": actions(button("a" * 256)),
    "a button in a style of its own": actions(button("a") | {"style": "warning"}),
    "a button in mrkdwn": actions(button("a") | {"text": {"type": "mrkdwn", "text": "x"}}),
    "a button in an input": asking(button("a")),
    "a long max_length": asking(text_field(max_length=3001)),
    "a max_length of none": asking(text_field(max_length=0)),
    "a min above the max": asking(text_field(min_length=5, max_length=4)),
    "a long label": asking(text_field(), label=plain("x" * 2001)),
    "a label in mrkdwn": asking(text_field(), label={"type": "mrkdwn", "text": "x"}),
    "a long placeholder": asking(text_field(placeholder=plain("x" * 151))),
    "no options": asking(select(options=[])),
    "a hundred and one options": asking(select(options=[option(str(n)) for n in range(101)])),
    "an option with long words": asking(select(options=[option(words="x" * 76)])),
    "an option with a long value": asking(select(options=[option("v" * 151)])),
    "an option without value": asking(select(options=[{"text": plain("x")}])),
    "an option in mrkdwn": asking(
        select(options=[{"text": {"type": "mrkdwn", "text": "x"}, "value": "v"}])
    ),
    "a first choice that is none": asking(select(initial_option=option("none"))),
    "eleven boxes": asking(
        {"type": "checkboxes", "action_id": "c", "options": [option(str(n)) for n in range(11)]}
    ),
    "a number without its kind": asking({"type": "number_input", "action_id": "n"}),
    "a picture without words": {"type": "image", "image_url": "https://example.org/a.png"},
    "a picture from nowhere": {"type": "image", "alt_text": "x"},
    "a picture of no address": {"type": "image", "image_url": "a.png", "alt_text": "x"},
    "a confirmation too long": actions(
        button("a")
        | {
            "confirm": {
                "title": plain("x" * 101),
                "text": plain("x"),
                "confirm": plain("x"),
                "deny": plain("x"),
            }
        }
    ),
    "emoji in mrkdwn": {"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}},
}


@pytest.mark.parametrize("what", BAD_BLOCKS)
def test_what_slack_refuses_is_refused(what: str) -> None:
    assert list(wrong_in_blocks([BAD_BLOCKS[what]], "modal"))


def test_a_view_takes_a_hundred_blocks_and_a_message_fifty() -> None:
    many = [section("x")] * 101
    assert list(wrong_in_view(modal(*many[:100]))) == []
    assert list(wrong_in_view(modal(*many)))
    assert list(wrong_in_blocks(many[:50], "message")) == []
    assert list(wrong_in_blocks(many[:51], "message"))


def test_no_two_blocks_have_one_id_and_one_field_alone_has_the_focus() -> None:
    twice = [field("story"), field("story")]
    assert any("not unique" in words for _, words in wrong_in_blocks(twice, "modal"))
    focused = [field("a", focus_on_load=True), field("b", focus_on_load=True)]
    assert any("focus" in words for _, words in wrong_in_blocks(focused, "modal"))


BAD_VIEWS = {
    "a long title": {"title": plain("x" * 25)},
    "an empty title": {"title": plain("")},
    "a title in mrkdwn": {"title": {"type": "mrkdwn", "text": "x"}},
    "a long submit": {"submit": plain("x" * 25)},
    "a long close": {"close": plain("x" * 25)},
    "long metadata": {"private_metadata": "x" * 3001},
    "a long callback_id": {"callback_id": "x" * 256},
    "a long external_id": {"external_id": "x" * 256},
    "an unknown field": {"colour": "red"},
    "a kind of its own": {"type": "dialog"},
}


@pytest.mark.parametrize("what", BAD_VIEWS)
def test_a_view_beyond_the_limits_is_refused(what: str) -> None:
    assert list(wrong_in_view(modal(field("story")))) == []
    assert list(wrong_in_view(modal(field("story")) | BAD_VIEWS[what]))


def test_a_view_at_the_limits_is_taken() -> None:
    full = {
        "title": plain("x" * 24),
        "submit": plain("x" * 24),
        "close": plain("x" * 24),
        "private_metadata": "x" * 3000,
        "callback_id": "x" * 255,
        "notify_on_close": True,
    }
    view = modal(field("story")) | full
    assert list(wrong_in_view(view)) == []
    assert list(refused_by_models(view)) == []


def test_a_form_needs_something_to_send_it_with() -> None:
    assert list(wrong_in_view(modal(section("x"), submit=""))) == []
    wrong = list(wrong_in_view(modal(field("story"), submit="")))
    assert wrong == [("/view", "must define `submit` to use an input block in modals")]


def test_a_home_has_no_title_and_nothing_to_send() -> None:
    home = {"type": "home", "blocks": [section("x")]}
    assert list(wrong_in_view(home)) == []
    assert list(wrong_in_view(home | {"title": plain("x")}))
    assert list(wrong_in_view(home | {"submit": plain("x")}))


def test_what_only_the_models_find_is_found() -> None:
    assert list(refused_by_models([{"type": "section"}]))
