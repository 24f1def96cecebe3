"""People at clients of our Discord: what they are offered, may type, press and choose, and then see."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.fakes.discord import Channel, Guild, Impossible, Town, discord_town, permissions
from tests.fakes.discord_botted import Answering, answering

Json = dict[str, Any]
V2, EPHEMERAL = 1 << 15, 1 << 6


def command(name: str = "tell", **more: Any) -> Json:
    return {"name": name, "description": "Tell us."} | more


def word(name: str, **more: Any) -> Json:
    return {"type": 3, "name": name, "description": "A word."} | more


COMMANDS = (
    command(
        contexts=[0, 1, 2],
        integration_types=[0, 1],
        options=[
            word("kind", choices=[{"name": "Pay", "value": "pay"}]),
            word("code", min_length=2, max_length=4),
        ],
    ),
    command("cases", contexts=[0], default_member_permissions=str(permissions.MANAGE_GUILD)),
    command("must", options=[word("kind", required=True)]),
    command("nobody", contexts=[0], default_member_permissions="0"),
)


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with discord_town() as made:
        yield made


@pytest.fixture
def guild(town: Town) -> Guild:
    made = town.guild("Acme")
    for name in ("ada", "bea"):
        made.joins(town.user(name, locale="de"))
    return made


@pytest.fixture
def room(guild: Guild) -> Channel:
    return guild.channel("general")


def option(value: str, **more: Any) -> Json:
    return {"label": value.title(), "value": value} | more


def label(inside: Json, words: str) -> Json:
    return {"type": 18, "label": words, "component": inside}


def form(custom_id: str = "form:7") -> Json:
    pay = [option("pay"), option("hours", default=True), option("other")]
    text = {"type": 4, "style": 2, "custom_id": "story:1", "min_length": 3, "max_length": 10}
    line = {"type": 4, "style": 1, "custom_id": "line", "required": False, "value": "there"}
    radio = {"type": 21, "custom_id": "about", "options": pay}
    checks = {"type": 22, "custom_id": "who", "options": pay, "max_values": 2}
    people = {"type": 5, "custom_id": "people", "required": False, "max_values": 3}
    parts = [
        label(text, "What happened?"),
        label(line, "Line"),
        label(radio, "About"),
        label(checks, "Who"),
        label(people, "People"),
    ]
    return {"custom_id": custom_id, "title": "Tell us", "components": parts}


def opening(heard: Json) -> Json:
    """A command opens a form; whatever comes after is answered by a whisper with its sender's words."""
    if heard["type"] == 2:
        return {"type": 9, "data": form()}
    who = (heard.get("member") or heard)["user"]["username"]
    said = heard["data"].get("components", [{}])[0].get("component", {}).get("value", "")
    parts = [{"type": 10, "content": f"{who}: {said}"}]
    return {"type": 4, "data": {"flags": V2 | EPHEMERAL, "components": parts}}


@pytest.fixture
async def bot(town: Town, guild: Guild) -> AsyncIterator[Answering]:
    async with answering(town, opening, *COMMANDS) as made:
        yield made


# Commands ----------------------------------------------------------------------------------------


async def test_a_client_offers_what_may_be_used_where_one_is(
    town: Town, guild: Guild, room: Channel, bot: Answering
) -> None:
    def offered(name: str, at: Channel | None) -> list[str]:
        return [one["name"] for one in town.hand(name, at).offered()]

    assert offered("ada", room) == ["tell", "must"]
    assert offered("ada", None) == ["tell", "must"]
    assert offered("operator", room) == ["tell", "cases", "must", "nobody"]
    guild.joins(town.user("bea"), guild.role("mod", permissions.MANAGE_GUILD))
    assert offered("bea", room) == ["tell", "cases", "must"]
    assert offered("zoe", None) == []
    assert offered("zoe", town.between(town.user("zoe"), town.user("ada"))) == []
    room.deny(guild.everyone, permissions.USE_COMMANDS)
    assert offered("ada", room) == []
    town.user("ada").installed = True
    assert offered("ada", room) == ["tell"]


async def test_nobody_types_what_is_not_offered_or_does_not_fit(
    town: Town, room: Channel, bot: Answering
) -> None:
    ada = town.hand("ada", room)
    for name, options in (
        ("/nothing", {}),
        ("/cases", {}),
        ("/must", {}),
        ("/tell", {"kind": "weather"}),
        ("/tell", {"code": "x"}),
        ("/tell", {"code": "xxxxx"}),
        ("/tell", {"other": "x"}),
    ):
        with pytest.raises(Impossible):
            await ada.types(name, **options)
    with pytest.raises(Impossible, match="no such room"):
        town.hand("zoe").goes(room)
    assert bot.heard == []


async def test_the_bot_is_told_who_types_what_where(
    town: Town, guild: Guild, room: Channel, bot: Answering
) -> None:
    ada = town.user("ada")
    await town.hand(ada, room).types("/tell", kind="Pay", code="abc")
    heard = bot.heard[-1]
    assert heard["data"]["options"] == [
        {"name": "kind", "type": 3, "value": "pay"},
        {"name": "code", "type": 3, "value": "abc"},
    ]
    assert (heard["locale"], heard["guild_locale"], heard["context"]) == ("de", "en-US", 0)
    assert heard["authorizing_integration_owners"] == {"0": guild.id}
    assert heard["member"]["user"]["id"] == ada.id
    assert int(heard["member"]["permissions"]) == permissions.USUAL
    assert int(heard["app_permissions"]) == permissions.USUAL
    assert heard["channel_id"] == heard["channel"]["id"] == room.id
    assert heard["guild"]["id"] == guild.id
    await town.hand(ada).types("/tell")
    heard = bot.heard[-1]
    assert heard["context"] == 1
    assert heard["authorizing_integration_owners"] == {"0": "0"}
    assert "guild_id" not in heard
    assert heard["user"]["id"] == ada.id


async def test_where_nobody_listens_nothing_answers(town: Town, room: Channel) -> None:
    async with answering(town, opening, *COMMANDS):
        pass
    await town.until(lambda: not town.gateway.sessions)
    seen = await town.hand("ada", room).types("/tell")
    assert seen.trouble == "The application did not respond"


# Forms -------------------------------------------------------------------------------------------

FILLED = {"story": "Too cold", "about": "Pay", "who": ["pay", "other"]}


async def test_a_client_objects_before_it_sends_anything(
    town: Town, room: Channel, bot: Answering
) -> None:
    ada = town.hand("ada", room)
    await ada.types("/tell")
    seen = await ada.submits()
    assert seen.errors == {"story:1": "This field is required."}
    assert (await ada.submits(story="xx")).errors.keys() == {"story:1"}
    assert (await ada.submits(story="x" * 11)).errors.keys() == {"story:1"}
    assert (await ada.submits(story="fine", who=["pay", "hours", "other"])).errors.keys() == {"who"}
    for no in ({"about": "weather"}, {"line": "two\nlines"}, {"nothing": "x"}, {"people": "ada"}):
        with pytest.raises(Impossible):
            ada.fills(no)
    assert len(bot.heard) == 1
    assert (await ada.submits(FILLED)).modal is None


async def test_what_is_sent_are_ids_and_values(
    town: Town, guild: Guild, room: Channel, bot: Answering
) -> None:
    ada, bea = town.hand("ada", room), town.user("bea")
    await ada.types("/tell")
    await ada.submits(FILLED | {"people": [bea]})
    data = bot.heard[-1]["data"]
    assert data["custom_id"] == "form:7"
    sent = [one["component"] for one in data["components"]]
    assert [one.get("value", one.get("values")) for one in sent] == [
        "Too cold",
        "there",
        "pay",
        ["pay", "other"],
        [bea.id],
    ]
    assert [sorted(one) for one in sent][:1] == [["custom_id", "id", "type", "value"]]
    assert list(data["resolved"]["users"]) == list(data["resolved"]["members"]) == [bea.id]


async def test_two_people_with_the_same_form_open_send_each_their_own(
    town: Town, room: Channel, bot: Answering
) -> None:
    hands = [town.hand(name, room) for name in ("ada", "bea")]
    for hand in hands:
        await hand.types("/tell")
    await asyncio.gather(*[hand.submits(story=f"by {hand.user.name}") for hand in hands])
    assert len({one["token"] for one in bot.heard}) == 4
    for hand in hands:
        assert hand.sees == f"{hand.user.name}: by {hand.user.name}\nOnly you can see this"


async def test_a_quick_finger_sends_a_form_twice(town: Town, room: Channel, bot: Answering) -> None:
    ada = town.hand("ada", room)
    await ada.types("/tell")
    await ada.submits(FILLED, twice=True)
    first, second = bot.heard[1:]
    assert first["data"] == second["data"]
    assert first["id"] != second["id"]
    assert len(ada.whispers) == 2


async def test_one_person_has_a_form_at_each_client_and_whispers_at_both(
    town: Town, room: Channel, bot: Answering
) -> None:
    phone, desk = town.hand("ada", room), town.hand("ada", room)
    await phone.types("/tell")
    assert desk.modal is None
    await phone.submits(FILLED)
    assert phone.sees == desk.sees == "ada: Too cold\nOnly you can see this"


async def test_a_form_that_is_closed_or_a_client_that_starts_anew_tells_nobody(
    town: Town, room: Channel, bot: Answering
) -> None:
    ada = town.hand("ada", room)
    await ada.types("/tell")
    ada.closes()
    with pytest.raises(Impossible, match="no modal"):
        await ada.submits()
    await ada.types("/tell")
    await ada.submits(FILLED)
    await ada.types("/tell")
    ada.reloads()
    assert (ada.modal, ada.whispers, ada.sees) == (None, [], "")
    assert len(bot.heard) == 4


# Messages ----------------------------------------------------------------------------------------


async def post(bot: Answering, room: Channel, *parts: Json) -> Json:
    body = {"flags": V2, "components": list(parts)}
    status, said = await bot.bare.call("POST", f"/channels/{room.id}/messages", body)
    assert status == 200, said
    return dict(said)


def row(*inside: Json) -> Json:
    return {"type": 1, "components": list(inside)}


def button(id: str, **more: Any) -> Json:
    return {"type": 2, "style": 1, "custom_id": id, "label": id.title()} | more


async def test_a_button_is_found_by_its_id_a_part_of_it_or_what_it_says(
    town: Town, room: Channel, bot: Answering
) -> None:
    ada = town.hand("ada", room)
    old = await post(bot, room, row(button("vote:1", label="Vote")))
    await post(bot, room, row(button("vote:2", label="Vote"), button("no", disabled=True)))
    for what, more, id in (
        ("vote:1", {}, "vote:1"),
        ("2", {}, "vote:2"),
        ("Vote", {}, "vote:2"),
        ("Vote", {"on": old}, "vote:1"),
    ):
        await ada.presses(what, **more)
        assert bot.heard[-1]["data"]["custom_id"] == id
    with pytest.raises(Impossible, match="greyed out"):
        await ada.presses("no")
    link = {"type": 2, "style": 5, "label": "Read", "url": "https://example.org"}
    await post(bot, room, row(link))
    with pytest.raises(Impossible, match="no Read to press"):
        await ada.presses("Read")


async def test_a_select_gives_what_was_chosen(
    town: Town, guild: Guild, room: Channel, bot: Answering
) -> None:
    ada, bea = town.hand("ada", room), town.user("bea")
    options = [option("pay"), option("hours"), option("other")]
    kind = {"type": 3, "custom_id": "kind", "options": options, "max_values": 2}
    roles = {"type": 6, "custom_id": "role"}
    await post(bot, room, row(kind), row({"type": 5, "custom_id": "user"}), row(roles))
    await ada.picks("kind", "Pay", "other")
    assert bot.heard[-1]["data"]["values"] == ["pay", "other"]
    assert bot.heard[-1]["data"]["component_type"] == 3
    await ada.picks("user", bea)
    assert list(bot.heard[-1]["data"]["resolved"]["members"]) == [bea.id]
    await ada.picks("role", guild.role("rep"))
    assert list(bot.heard[-1]["data"]["resolved"]["roles"]) == [guild.role("rep").id]
    for no in (("weather",), ("pay", "hours", "other"), ()):
        with pytest.raises(Impossible):
            await ada.picks("kind", *no)
    with pytest.raises(Impossible, match="cannot be chosen"):
        await ada.picks("user", guild.role("rep"))
    with pytest.raises(Impossible, match="no button"):
        await ada.presses("kind")


async def test_who_may_not_look_sees_nothing(
    town: Town, guild: Guild, room: Channel, bot: Answering
) -> None:
    inner = guild.channel("reps", members=(guild.role("rep"),))
    await post(bot, inner, {"type": 10, "content": "For reps."}, row(button("take")))
    ada, bea = town.hand("ada"), town.hand(guild.joins(town.user("bea"), guild.role("rep")), inner)
    with pytest.raises(Impossible, match="no take"):
        await ada.presses("take")
    with pytest.raises(Impossible, match="may not read"):
        ada.reads(inner)
    assert bea.sees == "For reps.\nTake"
    assert len(bea.reads()) == 1
    guild.loses(bea.user, guild.role("rep"))
    assert bea.sees == ""
    inner.allow(town.user("ada"), permissions.VIEW)
    ada.goes(inner)
    assert ada.sees == "For reps.\nTake"
    with pytest.raises(Impossible, match="may not write"):
        town.hand("zoe", inner).says("x")


async def test_an_act_waits_until_it_was_seen_to(town: Town, room: Channel, bot: Answering) -> None:
    ada = town.hand("ada", room)
    seen = await ada.types("/tell")
    assert seen.modal is not None
    assert seen.modal["custom_id"] == "form:7"
    assert 0 < seen.seconds < 3
    assert ada.sees.startswith("Tell us\nWhat happened?")
    with pytest.raises(TimeoutError):
        await ada.until(lambda: False, within=0.01)
