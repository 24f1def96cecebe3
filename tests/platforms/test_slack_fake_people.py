"""People at the town's clients: what they can fill in, press and close, and what they then see."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.fakes.slack import Hand, Impossible, Town, Workspace, slack_town, words_of
from tests.fakes.slack_bolted import HTTP, button, modal, section, serving
from tests.fakes.slack_bolted import field as asks

Json = dict[str, Any]


def option(value: str, words: str = "") -> Json:
    return {"text": {"type": "plain_text", "text": words or value}, "value": value}


def chooses(id: str, kind: str = "static_select", *values: str, **more: Any) -> Json:
    options = [option(one) for one in values or ("pay", "hours")]
    element = {"type": kind, "action_id": id, "options": options} | more
    label = {"type": "plain_text", "text": id}
    return {"type": "input", "block_id": id, "label": label, "element": element}


def other(id: str, kind: str, **more: Any) -> Json:
    element = {"type": kind, "action_id": id} | more
    label = {"type": "plain_text", "text": id}
    return {"type": "input", "block_id": id, "label": label, "element": element}


@dataclass
class Bot:
    """Opens ``view``, answers a submission with ``answer``, and keeps every payload."""

    town: Town
    space: Workspace
    view: Json = field(default_factory=lambda: modal(asks("story")))
    answer: Json = field(default_factory=dict)
    heard: list[Json] = field(default_factory=list)
    pressed: Callable[[Json, Any], Any] | None = None

    def listen(self, app: Any) -> None:
        @app.command("/form")
        async def form(ack, body, client):
            await client.views_open(trigger_id=body["trigger_id"], view=self.view)
            await ack()

        @app.view("grievance")
        @app.view({"type": "view_closed", "callback_id": "grievance"})
        async def sent(ack, body):
            self.heard.append(body)
            await ack(**self.answer)

        async def action(ack, body, client, respond):
            self.heard.append(body)
            if self.pressed is not None:
                await self.pressed(body, client if "view" in body else respond)
            await ack()

        for one in ("send:d1", "pick", "menu", "edit"):
            app.action(one)(action)

    @property
    def last(self) -> Json:
        return self.heard[-1]

    @property
    def values(self) -> Json:
        """What came of the fields, by their id."""
        given = self.last["view"]["state"]["values"]
        return {key: next(iter(inner.values())) for key, inner in given.items()}


@dataclass
class Stage:
    bot: Bot
    hand: Hand

    async def open(self, *blocks: Json, **more: Any) -> None:
        self.bot.view = modal(*blocks, **more)
        await self.hand.command("/form")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with slack_town() as town:
        space = town.workspace("T1")
        ana = space.user("ana")
        hand, bot = town.hand(ana), Bot(town, space)
        hand.at, hand.patience = space.channel("general", members=[ana]), 0
        async with serving(town, HTTP, bot.listen):
            yield Stage(bot, hand)


# Fields -------------------------------------------------------------------------------------------


async def test_what_is_put_into_fields_arrives_as_slack_sends_it(stage: Stage) -> None:
    bea = stage.bot.space.user("bea")
    await stage.open(
        asks("story:d1"),
        asks("more", optional=True),
        chooses("category"),
        chooses("exclude", "checkboxes", "ines", "omar"),
        chooses("many", "multi_static_select"),
        chooses("one", "radio_buttons"),
        other("days", "number_input", is_decimal_allowed=False),
        other("who", "users_select"),
        other("from", "datepicker"),
    )
    words = "Überstunden & <@U1> <!channel> 🙂 אני\nnew line"
    chosen = {"category": "pay", "exclude": ["omar"], "many": ["hours"], "one": "pay"}
    rest = {"days": "3", "who": bea, "from": "2026-03-04"}
    seen = await stage.hand.submit({"story": words} | chosen | rest)
    assert seen.errors == {}
    values = stage.bot.values
    assert values["story:d1"] == {"type": "plain_text_input", "value": words}
    assert values["more"]["value"] is None
    assert values["category"]["selected_option"]["value"] == "pay"
    assert [one["value"] for one in values["exclude"]["selected_options"]] == ["omar"]
    assert [one["value"] for one in values["many"]["selected_options"]] == ["hours"]
    assert values["one"]["selected_option"]["value"] == "pay"
    assert values["days"]["value"] == "3"
    assert values["who"]["selected_user"] == bea.id
    assert values["from"]["selected_date"] == "2026-03-04"
    assert stage.hand.view is None


async def test_fields_begin_with_what_the_bot_put_there(stage: Stage) -> None:
    await stage.open(
        asks("story", initial_value="old"), chooses("category", initial_option=option("hours"))
    )
    await stage.hand.submit()
    assert stage.bot.values["story"]["value"] == "old"
    assert stage.bot.values["category"]["selected_option"]["value"] == "hours"


@pytest.mark.parametrize(
    ("block", "value", "said"),
    [
        (asks("a"), "", "required"),
        (asks("a", max_length=3000), "x" * 3001, "less than 3001"),
        (asks("a", max_length=5), "xxxxxx", "less than 6"),
        (asks("a", min_length=5), "xxxx", "at least 5"),
        (chooses("a"), "", "required"),
        (chooses("a", "checkboxes"), [], "required"),
        (chooses("a", "multi_static_select", max_selected_items=1), ["pay", "hours"], "at most 1"),
        (other("a", "number_input", is_decimal_allowed=False), "1.5", "valid number"),
        (other("a", "number_input", is_decimal_allowed=True, max_value="3"), "3.5", "at most 3"),
        (other("a", "number_input", is_decimal_allowed=True, min_value="3"), "2", "at least 3"),
        (other("a", "email_text_input"), "nobody", "email"),
        (other("a", "url_text_input"), "here", "URL"),
    ],
)
async def test_a_client_says_what_is_wrong_and_sends_nothing(
    stage: Stage, block: Json, value: Any, said: str
) -> None:
    await stage.open(block)
    seen = await stage.hand.submit({"a": value})
    assert said in seen.errors["a"]
    assert stage.hand.errors == seen.errors
    assert stage.bot.heard == []


async def test_nobody_can_choose_what_is_not_there(stage: Stage) -> None:
    await stage.open(chooses("category"))
    with pytest.raises(Impossible, match="not offered"):
        await stage.hand.submit({"category": "lunch"})
    with pytest.raises(Impossible, match="no such fields"):
        await stage.hand.submit({"story": "x"})
    with pytest.raises(Impossible, match="nothing to press"):
        await stage.hand.press("send")
    await stage.hand.close()
    with pytest.raises(Impossible, match="no modal"):
        await stage.hand.submit()
    await stage.open(section("x"), submit="")
    with pytest.raises(Impossible, match="nothing to send"):
        await stage.hand.submit()


async def test_a_client_of_ones_own_checks_nothing(stage: Stage) -> None:
    await stage.open(asks("story", max_length=10))
    await stage.hand.submit({"story": "x" * 3001}, forced=True)
    assert len(stage.bot.values["story"]["value"]) == 3001


# What the bot answers -----------------------------------------------------------------------------


async def test_errors_stand_under_their_fields_and_what_was_typed_stays(stage: Stage) -> None:
    await stage.open(asks("story"))
    stage.bot.answer = {"response_action": "errors", "errors": {"story": "Say more."}}
    seen = await stage.hand.submit({"story": "x"})
    assert seen.errors == stage.hand.errors == {"story": "Say more."}
    stage.bot.answer = {}
    before = stage.hand.view["hash"]
    await stage.hand.submit()
    assert stage.bot.values["story"]["value"] == "x"
    assert stage.bot.last["view"]["hash"] == before
    assert stage.hand.errors == {}


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "explode"},
        {"response_action": "update", "view": modal(section("x" * 3001))},
    ],
)
async def test_an_answer_that_slack_does_not_take_is_trouble(stage: Stage, answer: Json) -> None:
    await stage.open(asks("story"))
    stage.bot.answer = answer
    seen = await stage.hand.submit({"story": "x"})
    assert seen.trouble.startswith("We had some trouble connecting")
    assert stage.hand.view is not None


async def test_views_are_updated_pushed_closed_one_by_one_and_cleared(stage: Stage) -> None:
    await stage.open(asks("story"))
    first = stage.hand.view["id"]
    stage.bot.answer = {"response_action": "update", "view": modal(asks("more"))}
    await stage.hand.submit({"story": "x"})
    assert stage.hand.view["id"] == first
    stage.bot.answer = {"response_action": "push", "view": modal(asks("other"))}
    await stage.hand.submit({"more": "x"})
    assert stage.hand.view["previous_view_id"] == first
    assert len(stage.hand.stack) == 2
    stage.bot.answer = {}
    await stage.hand.submit({"other": "x"})
    assert stage.hand.view["id"] == first
    assert stage.hand.view["state"]["values"]["more"]["more"]["value"] == "x"
    stage.bot.answer = {"response_action": "push", "view": modal(asks("other"))}
    await stage.hand.submit()
    stage.bot.answer = {"response_action": "clear"}
    await stage.hand.submit({"other": "x"})
    assert stage.hand.stack == []


async def test_what_was_typed_outlives_an_update_only_in_the_same_field(stage: Stage) -> None:
    actions = {"type": "actions", "elements": [button("edit")]}
    await stage.open(asks("story"), asks("gone", optional=True), actions)
    stage.hand.fill(story="typed", gone="typed")
    shown = modal(asks("story", initial_value="the bot's"), asks("new", optional=True), actions)

    async def update(body: Json, client: Any) -> None:
        assert body["view"]["state"]["values"]["story"]["story"]["value"] == "typed"
        await client.views_update(view_id=body["view"]["id"], view=shown)

    stage.bot.pressed = update
    await stage.hand.press("edit")
    back = modal(asks("story"), asks("new", optional=True), asks("gone", optional=True))
    stage.bot.answer = {"response_action": "update", "view": back}
    await stage.hand.submit()
    assert stage.bot.values["story"]["value"] == "typed"
    assert stage.bot.values["new"]["value"] is None
    assert "gone" not in stage.bot.values
    await stage.hand.submit()
    assert stage.bot.values["gone"]["value"] is None


async def test_the_bot_hears_of_a_closed_view_only_if_it_asked(stage: Stage) -> None:
    await stage.open(asks("story"))
    await stage.hand.close()
    assert stage.bot.heard == []
    await stage.open(asks("story"), notify_on_close=True)
    await stage.hand.close()
    assert (stage.bot.last["type"], stage.bot.last["is_cleared"]) == ("view_closed", False)


# Messages -----------------------------------------------------------------------------------------


async def post(stage: Stage, *elements: Json) -> Json:
    """A card in the room one looks at."""
    space, channel = stage.bot.space, stage.hand.at
    message = {
        "type": "message",
        "ts": space.town.stamp(),
        "text": "A & B",
        "bot_id": space.bot_id,
        "blocks": [
            {"type": "section", "block_id": "s", **section("A & <b>")},
            {"type": "actions", "block_id": "acts", "elements": list(elements)},
        ],
    }
    channel.messages.append(message)
    return message


async def test_a_button_of_a_message_is_told_with_where_it_was(stage: Stage) -> None:
    message = await post(stage, button("send:d1", "Send & go") | {"value": "a & b"})

    async def answer(body: Json, respond: Any) -> None:
        await respond(text="done", replace_original=False)

    stage.bot.pressed = answer
    stage.hand.patience = 0.5
    seen = await stage.hand.press("send")
    told = stage.bot.last
    assert told["container"]["message_ts"] == message["ts"]
    assert told["channel"]["id"] == stage.hand.at.id
    action = told["actions"][0]
    assert action["text"]["text"] == "Send &amp; go"
    assert action["value"] == "a & b"
    assert told["message"]["blocks"][0]["text"]["text"] == "A &amp; &lt;b&gt;"
    assert [one["text"] for one in seen.ephemerals] == ["done"]
    assert words_of(message)[0] == "A & <b>"


async def test_a_menu_and_a_select_say_what_was_chosen(stage: Stage) -> None:
    menu = {"type": "overflow", "action_id": "menu", "options": [option("one"), option("two")]}
    pick = {"type": "static_select", "action_id": "pick", "options": [option("one")]}
    await post(stage, menu, pick)
    await stage.hand.press("menu", "two")
    assert stage.bot.last["actions"][0]["selected_option"]["value"] == "two"
    await stage.hand.press("pick", "one")
    assert stage.bot.last["actions"][0]["selected_option"]["value"] == "one"
    with pytest.raises(Impossible):
        await stage.hand.press("menu", "three")


async def test_people_see_only_the_rooms_they_are_in(stage: Stage) -> None:
    await post(stage, button("send:d1"))
    bea = stage.bot.town.hand(stage.bot.space.user("bea"))
    assert bea.messages() == bea.messages(stage.hand.at) == []
    with pytest.raises(Impossible):
        await bea.press("send")


async def test_who_is_gone_does_nothing_unless_their_client_does_not_know(stage: Stage) -> None:
    stage.bot.town.retries = ()
    await stage.bot.town.installing.uninstall(stage.bot.space)
    with pytest.raises(Impossible, match="no longer there"):
        await stage.hand.command("/form")
    stage.hand.stale = True
    assert (await stage.hand.command("/form")).trouble == "dispatch_failed"
