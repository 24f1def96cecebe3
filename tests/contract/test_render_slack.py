"""What the Slack renderer promises: Slack takes every view and every message, and words stay words.

What is made here is taken by the Slack of the tests, which knows the documented limits, and by
slack_sdk's own models.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.slack import forms, render
from adapters.slack.carried import Carried, Kind, OldView, carried
from bot.chat import (
    Ask,
    Button,
    Card,
    Field,
    Form,
    Option,
    Picture,
    Question,
    Reply,
    Rows,
    Tone,
    Voice,
    Weight,
    blank,
    line,
    with_errors,
)
from bot.texts import LANGUAGES, Speaker
from tests.contract.test_render import QUESTIONS, WORDS
from tests.fakes.acts import Acts
from tests.fakes.lives import asked_life, whole_life
from tests.fakes.slack.chat_methods import calls_everybody, check_message
from tests.fakes.slack.views_methods import check_view
from tests.fakes.world import PIXEL, World, caller

ENGLISH = Speaker(Voice(), "/")
WORKER, REP = "noor-haddad", "ines-moreau"
RECEIPT = "0123456-789ABCD-EFGHJKM"
#: The worst that people write.
NASTY = [
    "<!channel> <@U1> @everyone *bold* _it_ ~no~ `code` > quote <https://evil.example|link>",
    "&" * 3000,
    "👩🏽‍💻" * 200,
    "\u202eright-to-left\u202c שלום مرحبا",
    ":+1: :smile: :warning:",
    *WORDS,
]

Json = dict[str, Any]


def view(reply: Reply, speaker: Speaker = ENGLISH, **more: Any) -> Json:
    """A modal, as Slack takes it."""
    return taken(render.view(speaker, reply, "Groundswell of the harbour", "C1", "T1", **more))


def taken(shown: Json) -> Json:
    check_view(shown, kind=shown["type"])
    return shown


def posted(card: Card, speaker: Speaker = ENGLISH) -> list[Json]:
    """Messages, as Slack takes them; and nobody is called."""
    said = render.messages(speaker, card)
    for one in said:
        assert not calls_everybody(check_message(one))
    return said


def texts(shown: Any, kind: str = "") -> Iterator[str]:
    """What is said in text objects, of one kind where it is named."""
    if isinstance(shown, list):
        for one in shown:
            yield from texts(one, kind)
    elif isinstance(shown, dict):
        if isinstance(shown.get("text"), str) and (not kind or shown.get("type") == kind):
            yield shown["text"]
        for one in shown.values():
            yield from texts(one, kind)


def test_a_card_is_a_modal_with_a_button_for_each_of_its_own() -> None:
    card = Card(
        line("view.title"),
        (line("slot.words"), line("reps.slots")),
        (Field(line("view.state"), line("state.waiting")),),
        (Button("message", "token", Weight.PRIMARY), Button("delete", "token", Weight.DANGER)),
        Tone.WARNING,
    )
    shown = view(Reply((card,)))
    assert (shown["callback_id"], "submit" in shown) == ("card", False)
    assert len(shown["title"]["text"]) == 24
    assert carried(shown["private_metadata"]) == Carried(Kind.CARD, "C1", "T1")
    header, words, fields, actions, only_you = shown["blocks"]
    assert only_you["elements"][0]["text"] == "Only you see this."
    assert header["text"]["text"] == "⚠️ Your case"
    assert words["text"]["text"].startswith("Your own list: /cases\n\nCases and answers")
    assert [one["text"] for one in fields["fields"]] == ["*State*", "Waiting for its slot"]
    assert [(one["action_id"], one.get("style")) for one in actions["elements"]] == [
        ("message:token", "primary"),
        ("delete:token", "danger"),
    ]


@pytest.mark.parametrize("on", ["send", "continue", "saved"])
def test_the_way_on_is_the_submit_and_all_else_are_buttons(on: str) -> None:
    buttons = (Button(on, "token", Weight.PRIMARY), Button("edit", "token"))
    shown = view(Reply((Card(line("preview.title"), buttons=buttons),)))
    assert shown["callback_id"] == f"{on}:token"
    assert shown["submit"]["text"] == ENGLISH.say(Button(on).label)
    assert [one["action_id"] for one in shown["blocks"][-2]["elements"]] == ["edit:token"]


def test_a_receipt_stands_in_a_field_that_it_can_be_copied_from() -> None:
    card = Card(
        line("receipt_card.title"),
        fields=(Field(line("receipt_card.receipt"), RECEIPT),),
        buttons=(Button("saved", "t"), Button("show_again", "t")),
    )
    shown = view(Reply((card,)))
    (field,) = [one for one in shown["blocks"] if one["type"] == "input"]
    assert field["element"]["initial_value"] == RECEIPT
    assert RECEIPT not in "".join(texts(shown))
    assert shown["blocks"][-2]["elements"][0]["action_id"] == "show_again:t"


def test_a_form_s_ids_are_the_published_ones_and_come_back_as_answers() -> None:
    form = Form("grievance", "token", line("reply.title"), (line("slot.words"),), QUESTIONS)
    shown = view(Reply(form=form))
    assert (shown["callback_id"], shown["submit"]["text"]) == ("grievance:token", "Send")
    asked = [one for one in shown["blocks"] if one["type"] == "input"]
    assert [(one["block_id"], one["element"]["action_id"]) for one in asked] == [
        (one.id, one.id) for one in QUESTIONS
    ]
    assert [one["optional"] for one in asked] == [not one.required for one in QUESTIONS]
    assert asked[2]["element"]["initial_option"]["value"] == "many"
    assert asked[3]["element"]["initial_options"][0]["value"] == "2"


def test_what_is_looked_at_once_more_says_so_on_its_button() -> None:
    form = Form("grievance", "", line("reply.title"), (), QUESTIONS[:1], previewed=True)
    assert view(Reply(form=form))["submit"]["text"] == "Show me first"


STATE = {
    "values": {
        "story": {"story": {"type": "plain_text_input", "value": " words \n"}},
        "empty": {"empty": {"type": "plain_text_input", "value": None}},
        "spread": {"spread": {"type": "radio_buttons", "selected_option": {"value": "me"}}},
        "none": {"none": {"type": "static_select", "selected_option": None}},
        "exclude": {"exclude": {"type": "checkboxes", "selected_options": [{"value": "1"}]}},
        "nobody": {"nobody": {"type": "checkboxes", "selected_options": []}},
        "person": {"person": {"type": "users_select", "selected_user": "U1"}},
        "number": {"number": {"type": "number_input", "value": "3"}},
    }
}


def test_answers_arrive_as_text_or_as_a_list_of_texts() -> None:
    assert forms.answers(STATE) == {
        "story": " words \n",
        "empty": "",
        "spread": "me",
        "none": "",
        "exclude": ["1"],
        "nobody": [],
        "person": "U1",
        "number": "3",
    }


@pytest.mark.parametrize("state", [None, {}, {"values": None}, {"values": {"a": 3}}, "x", []])
def test_what_is_no_state_holds_no_answers(state: object) -> None:
    assert forms.answers(state) == {}


@pytest.mark.parametrize("words", NASTY)
def test_peoples_words_are_shown_as_they_are_and_call_nobody(words: str) -> None:
    card = Card(
        line("message.text"),
        (line("list", items=words),),
        (Field(line("message.text"), words), Field(words or "-", words)),
    )
    shown = view(Reply((card,)))
    said = "".join(texts(shown, "plain_text"))
    assert said.count(words.strip() or "–") >= 2
    assert not any(words.strip() in one for one in texts(shown, "mrkdwn") if words.strip())
    assert all(words.strip() not in one["text"] for one in posted(card) if words.strip())


@pytest.mark.parametrize("words", NASTY)
def test_what_was_typed_comes_back_in_the_form_as_it_was(words: str) -> None:
    form = Form("grievance", "", line("reply.title"), (), QUESTIONS)
    wrong = {"story": line("refused.cannot_save")}
    back = with_errors(form, {"story": words, "exclude": ["1"]}, wrong)
    shown = view(Reply(form=back))
    (story,) = [one for one in shown["blocks"] if one.get("block_id") == "story"]
    assert story["element"].get("initial_value", "") == words[:3000]
    assert forms.errors(ENGLISH, back).keys() == {"story"}


def test_an_answer_that_is_too_long_is_cut_to_what_slack_takes() -> None:
    form = with_errors(Form("message", "", line("reply.title"), (), QUESTIONS[1:2]), {}, {})
    back = with_errors(form, {"story": "x" * 3001}, {"story": line("refused.cannot_save")})
    assert len(view(Reply(form=back))["blocks"][0]["element"]["initial_value"]) == 3000


KINDS = (
    Question("person", Ask.PERSON, line("message.text"), required=True, value="U1"),
    Question("days", Ask.NUMBER, line("message.text"), required=True, value="3"),
    Question("wrong", Ask.NUMBER, line("message.text"), required=True, value="three"),
    Question(
        "many",
        Ask.CHOICES,
        line("message.text"),
        required=True,
        options=tuple(Option(f"{n}", f"Person {n}") for n in range(25)),
        value=("3", "24"),
    ),
    Question(
        "one",
        Ask.CHOICE,
        line("message.text"),
        required=True,
        options=tuple(Option(f"{n}", f"Person {n}") for n in range(25)),
    ),
)


def test_every_kind_of_question_has_an_input_of_slack_s() -> None:
    shown = view(Reply(form=Form("staff", "", line("reply.title"), (), KINDS)))
    assert [one["element"]["type"] for one in shown["blocks"][:-1]] == [
        "users_select",
        "number_input",
        "number_input",
        "multi_static_select",
        "static_select",
    ]
    assert "initial_value" not in shown["blocks"][2]["element"]


def long_talk(entries: int) -> Card:
    fields = tuple(Field(line("message.text"), f"{n}. " + "&" * 2990) for n in range(entries))
    buttons = (Button("message", "token"), Button("exclude", "token"))
    return Card(line("view.title"), fields=fields, buttons=buttons)


def test_a_long_talk_goes_over_pages_that_are_turned_by_buttons() -> None:
    reply = Reply((long_talk(120),))
    seen, page, turned = set[str](), 0, 0
    while True:
        shown = view(reply, page=page, again="look:token")
        seen |= {one.split(".")[0] for one in texts(shown) if "&&" in one}
        turns, below = (one["elements"] for one in shown["blocks"][-3:-1])
        assert [one["action_id"] for one in below] == ["message:token", "exclude:token"]
        ways = [one["action_id"] for one in turns]
        if f"page:{page + 1}:look:token" not in ways:
            break
        page, turned = page + 1, turned + 1
        assert turned < 10
    assert seen == {f"{n}" for n in range(120)}
    assert f"page:{page - 1}:look:token" in ways


def test_what_cannot_be_shown_again_says_that_there_is_more() -> None:
    shown = view(Reply((long_talk(120),)))
    assert "There is more than fits here." in texts(shown)


def test_a_long_card_is_several_messages_with_its_buttons_on_the_last() -> None:
    said = posted(long_talk(12))
    assert len(said) > 1
    assert [one["blocks"][-1]["type"] == "actions" for one in said] == [
        *[False] * (len(said) - 1),
        True,
    ]


def test_several_lines_of_one_field_stay_one_below_the_other() -> None:
    rows = Rows((line("slot.words"), line("reps.slots")))
    shown = view(Reply((Card(line("view.title"), fields=(Field(line("view.state"), rows),)),)))
    assert shown["blocks"][-2]["text"]["text"].count("\n") == 1


def test_a_chart_whose_card_has_no_table_is_said_in_words() -> None:
    drawn = Card(line("results.title"), picture=Picture(PIXEL, "Yes: 68 %\nNo: 32 %"))
    (said,) = posted(drawn)
    assert "Yes: 68 %\nNo: 32 %" in texts(said)


@pytest.mark.parametrize(
    "told", [None, "", "{}", "[]", "3", '{"v": 0, "kind": "form", "room": ""}', '{"v": 2}', "{"]
)
def test_a_view_of_another_version_is_known_as_such(told: object) -> None:
    with pytest.raises(OldView):
        carried(told)


def test_a_view_carries_neither_words_nor_an_account() -> None:
    form = Form("grievance", "token", line("reply.title"), (), QUESTIONS)
    told = json.loads(render.view(ENGLISH, Reply(form=form), "G", "C7", "T7")["private_metadata"])
    assert told == {"v": 2, "kind": "form", "room": "C7", "space": "T7"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_home_is_the_same_for_everybody_and_fits(language: str) -> None:
    shown = taken(render.home(Speaker(Voice(language), "/gs-"), "T1"))
    offered = [one["action_id"] for one in shown["blocks"][-1]["elements"]]
    assert offered == ["grievance", "receipt", "pulse", "about"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_form_is_taken_in_every_language(world: World, language: str) -> None:
    here = await world.bot.communities.meet(caller(REP))
    speaker, names = Speaker(Voice(language), "/groundswell-"), set[str]()
    for command in world.bot.door.commands:
        if command.form is not None:
            form = blank(command.form, here, command.name, "a" * 26)
            view(Reply(form=form), speaker)
            names.add(command.name)
    assert names >= {"grievance", "receipt", "message", "leave_out", "reply", "staff", "poll_new"}


async def test_all_that_anyone_was_shown_is_taken(world: World) -> None:
    acts = Acts(world)
    workers = [f"worker-number-{n}" for n in range(12)]
    await whole_life(acts, workers)
    await asked_life(acts, workers)
    shown = 0
    for reply in acts.replies:
        view(reply, Speaker(reply.voice, "/"))
        shown += 1
    cards = {repr(card): card for _, _, card in (*world.post.heard, *world.post.weekly)}
    for card in cards.values():
        posted(card)
    assert shown > 100
    assert len(cards) > 10
