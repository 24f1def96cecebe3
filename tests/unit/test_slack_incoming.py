"""What Slack brings and should not: understood as far as it is anything, and shown back as far as it goes."""

from typing import Any

import pytest

from adapters.slack import forms
from adapters.slack.incoming import Workspace, acted, happened, typed

ODD: tuple[Any, ...] = (None, 7, [], {}, ["x"], "\ud800", "x" * 1001, "a\0b", "\n", True)


@pytest.mark.parametrize("odd", ODD, ids=lambda one: repr(one)[:12])
def test_an_id_that_nothing_can_be_called_is_left_out(odd: Any) -> None:
    body = dict.fromkeys(("team_id", "enterprise_id", "user_id", "channel_id", "trigger_id"), odd)
    come = typed(body)
    assert come.workspace == Workspace("") == happened(body)
    assert (come.caller.account, come.caller.space, come.room) == ("", "", "")
    of = {"team": {"id": odd, "domain": odd}, "user": {"id": odd, "team_id": odd}}
    come = acted(of | {"channel": {"id": odd}, "enterprise": {"id": odd}})
    assert (come.caller.account, come.caller.space, come.room) == ("", "", "")


def test_an_id_of_slacks_stays_as_it_is() -> None:
    come = typed(
        {"team_id": "T0HARBOUR", "user_id": "U1", "channel_id": "C1", "team_domain": "Bä r"}
    )
    assert (come.caller.account, come.caller.space, come.room) == ("U1", "T0HARBOUR", "C1")
    assert come.caller.place == "Bä r"


@pytest.mark.parametrize("blocks", [None, "x", 7, {}, ["x", None, [], 7], [["input"]]], ids=str)
def test_blocks_that_are_none_are_passed_over(blocks: Any) -> None:
    assert acted({"view": {"blocks": blocks}}).blocks == []


FIELD = {"type": "input", "block_id": "b", "element": {"type": "static_select", "action_id": "a"}}
ONE = {"value": "x", "text": {"type": "plain_text", "text": "X"}}


@pytest.mark.parametrize(
    "state",
    [
        *(None, 7, [], {}, {"values": None}, {"values": []}, {"values": {"b": 7}}),
        *({"values": {"b": {"a": "x"}}}, {"values": {"b": {"a": {"value": None}}}}),
    ],
    ids=str,
)
def test_what_is_typed_nowhere_leaves_a_form_as_it_is(state: Any) -> None:
    assert forms.with_typed([FIELD], state) == [FIELD]


@pytest.mark.parametrize("options", [None, 7, [7, None, {"value": []}, ONE], {"x": 1}], ids=str)
def test_what_was_chosen_is_kept_whatever_else_stands_there(options: Any) -> None:
    element = FIELD["element"] | {"options": options}  # type: ignore[operator]  # a plain dict
    for key, said in (("selected_option", ONE), ("selected_options", [ONE])):
        state = {"values": {"b": {"a": {key: said}}}}
        (shown,) = forms.with_typed([FIELD | {"element": element}], state)
        assert shown["element"][key.replace("selected", "initial")] == said


@pytest.mark.parametrize(
    "block", [{"type": "input"}, {"type": "input", "element": "x"}, {}], ids=str
)
def test_an_input_without_a_field_stays_as_it_is(block: Any) -> None:
    assert forms.with_typed([block], {"values": {"b": {"a": {"value": "x"}}}}) == [block]
