"""Answers to interactions in our Discord: once, in time, of the right kind; and what may follow."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.fakes.discord import Channel, Guild, Impossible, Town, discord_town, permissions
from tests.fakes.discord_botted import Answering, answering

Json = dict[str, Any]
V2, EPHEMERAL = 1 << 15, 1 << 6
SAY, LATER, CHANGE_LATER, CHANGE, MODAL = 4, 5, 6, 7, 9
TELL = {
    "name": "tell",
    "description": "Tell us.",
    "contexts": [0, 1, 2],
    "integration_types": [0, 1],
}


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with discord_town() as made:
        yield made


@pytest.fixture
def room(town: Town) -> Channel:
    guild = town.guild("Acme")
    guild.joins(town.user("ada"))
    guild.joins(town.user("bea"))
    return guild.channel("general")


def words(content: str, *buttons: str, **more: Any) -> Json:
    parts: list[Json] = [{"type": 10, "content": content}]
    if buttons:
        inside = [{"type": 2, "style": 1, "label": one, "custom_id": one} for one in buttons]
        parts.append({"type": 1, "components": inside})
    return {"flags": V2, "components": parts} | more


def whisper(content: str, *buttons: str) -> Json:
    return words(content, *buttons, flags=V2 | EPHEMERAL)


def form() -> Json:
    field = {"type": 4, "style": 1, "custom_id": "story"}
    label = {"type": 18, "label": "Story", "component": field}
    return {"custom_id": "form", "title": "Tell us", "components": [label]}


def says(kind: int, data: Json | None = None) -> Any:
    return lambda heard: {"type": kind, "data": data}


async def followed(bot: Answering, method: str, path: str = "", body: Any = None) -> Any:
    """(status, the code of the refusal or the answer)."""
    status, said = await bot.follow(-1, method, path, body)
    return status, said["code"] if status >= 400 else said


# The first ---------------------------------------------------------------------------------------


async def test_an_answer_is_seen_by_all_or_by_one(town: Town, room: Channel) -> None:
    ada, bea = town.hand("ada", room), town.hand("bea", room)
    async with answering(town, says(SAY, words("To all.")), TELL) as bot:
        seen = await ada.types("/tell")
        assert [one["components"][0]["content"] for one in seen.messages] == ["To all."]
        assert bea.sees == "To all."
        assert bea.reads()[0]["interaction_metadata"]["user"]["username"] == "ada"
        bot.answer = says(SAY, whisper("To one."))
        seen = await ada.types("/tell")
        assert (len(seen.whispers), seen.messages) == (1, ())
        assert ada.sees == "To one.\nOnly you can see this"
        assert bea.sees == "To all."
        assert len(ada.reads()) == len(bea.reads()) == 1
        status, said = await bot.bare.call("GET", f"/channels/{room.id}/messages")
        assert (status, len(said)) == (200, 1)
        way = f"/channels/{room.id}/messages/{seen.whispers[0]['id']}"
        assert (await bot.bare.call("GET", way))[1]["code"] == 10008


async def test_the_answer_to_an_answer_tells_what_was_made(town: Town, room: Channel) -> None:
    async with answering(town, lambda heard: None, TELL) as bot:
        task = asyncio.create_task(town.hand("ada", room).types("/tell"))
        one = await bot.hears()
        body = {"type": SAY, "data": whisper("x")}
        way = f"/interactions/{one['id']}/of-another/callback"
        assert (await bot.bare.call("POST", way, body))[1]["code"] == 10062
        status, said = await bot.first(-1, body, "?with_response=1")
        assert status == 200
        assert said["interaction"]["response_message_ephemeral"] is True
        assert said["resource"]["message"]["id"] == said["interaction"]["response_message_id"]
        assert (await task).whispers == (said["resource"]["message"],)


async def test_nobody_answers_twice(town: Town, room: Channel) -> None:
    async with answering(town, says(SAY, words("x")), TELL) as bot:
        await town.hand("ada", room).types("/tell")
        status, said = await bot.first(0, {"type": SAY, "data": words("y")})
        assert (status, said["code"]) == (400, 40060)
        assert said["message"] == "Interaction has already been acknowledged."
        assert len(room.messages) == 1


async def test_an_answer_that_is_late_finds_nothing(town: Town, room: Channel) -> None:
    async with answering(town, lambda heard: None, TELL) as bot:
        town.interactions.within = 0.03
        seen = await town.hand("ada", room).types("/tell")
        assert seen.trouble == "The application did not respond"
        town.later(1)
        await bot.hears()
        status, said = await bot.first(0, {"type": SAY, "data": words("x")})
        assert (status, said["code"]) == (404, 10062)
        assert await followed(bot, "POST", "", words("x")) == (404, 10015)


async def test_three_seconds_are_what_there_is() -> None:
    async with discord_town() as town:
        assert town.interactions.within == 3.0


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"type": 8, "data": {"choices": []}}, ["type"]),
        ({"type": 1}, ["type"]),
        ({"data": {}}, ["type"]),
        ({"type": SAY}, ["data"]),
        ({"type": SAY, "data": {"content": "x" * 2001}}, ["data", "content"]),
        ({"type": SAY, "data": {"content": "x", "nonce": "y"}}, ["data", "nonce"]),
        ({"type": SAY, "data": {"content": "x", "flags": 128}}, ["data", "flags"]),
        ({"type": SAY, "data": words("x" * 4001)}, ["data", "components"]),
        ({"type": LATER, "data": {"flags": V2}}, ["data", "flags"]),
        ({"type": CHANGE, "data": words("x")}, ["type"]),
        ({"type": CHANGE_LATER}, ["type"]),
        ({"type": MODAL}, ["data"]),
        ({"type": MODAL, "data": form() | {"title": "x" * 46}}, ["data", "title"]),
        ({"type": MODAL, "data": form() | {"components": []}}, ["data", "components"]),
    ],
)
async def test_an_answer_that_does_not_fit_is_refused_and_another_may_come(
    town: Town, room: Channel, body: Json, at: list[str]
) -> None:
    async with answering(town, lambda heard: body, TELL) as bot:
        task = asyncio.create_task(town.hand("ada", room).types("/tell"))
        status, said = await bot.answers()
        assert (status, said["code"]) == (400, 50035)
        tree = said["errors"]
        for step in at:
            tree = tree[step]
        assert (await bot.first(0, {"type": SAY, "data": words("x")}))[0] == 204
        assert (await task).trouble == ""


async def test_a_modal_cannot_answer_a_modal(town: Town, room: Channel) -> None:
    async with answering(town, says(MODAL, form()), TELL) as bot:
        ada = town.hand("ada", room)
        await ada.types("/tell")
        task = asyncio.create_task(ada.submits(story="x"))
        status, said = await bot.answers(2)
        assert (status, list(said["errors"])) == (400, ["type"])
        assert ada.modal is not None
        await bot.first(-1, {"type": SAY, "data": whisper("x")})
        assert (await task).modal is None


async def test_a_late_answer_closes_no_other_form(town: Town, room: Channel) -> None:
    async with answering(town, says(MODAL, form()), TELL) as bot:
        ada = town.hand("ada", room)
        await ada.types("/tell")
        bot.answer = lambda heard: None
        task = asyncio.create_task(ada.submits(story="first"))
        await bot.hears(2)
        bot.answer = says(MODAL, form() | {"custom_id": "another"})
        await ada.types("/tell")
        await bot.first(1, {"type": SAY, "data": whisper("x")})
        assert (await task).trouble == ""
        assert ada.modal is not None
        assert ada.modal["custom_id"] == "another"


async def test_a_whisper_calls_nobody_and_is_told_to_nobody(town: Town, room: Channel) -> None:
    bea = town.user("bea").id
    async with answering(town, says(SAY, words(f"<@{bea}>")), TELL, intents=1 | 1 << 9) as bot:
        await town.hand("ada", room).types("/tell")
        bot.answer = says(SAY, whisper(f"<@{bea}>"))
        await town.hand("ada", room).types("/tell")
        assert [one.pings for one in town.pinged] == [[bea]]
        told = [one for one in town.gateway.joined[0].log if one[1]["t"] == "MESSAGE_CREATE"]
        assert len(told) == 1


# Later -------------------------------------------------------------------------------------------


async def test_thinking_stands_until_it_is_replaced(town: Town, room: Channel) -> None:
    async with answering(town, says(LATER, {"flags": EPHEMERAL}), TELL) as bot:
        ada = town.hand("ada", room)
        ada.patience = 0.01
        assert (await ada.types("/tell")).trouble == "still thinking"
        assert ada.sees == "is thinking...\nOnly you can see this"
        status, said = await followed(bot, "PATCH", "/messages/@original", words("Done."))
        assert (status, said["flags"], said["edited_timestamp"]) == (200, V2 | EPHEMERAL, None)
        assert ada.sees == "Done.\nOnly you can see this"
        await ada.types("/tell")
        status, said = await followed(bot, "POST", "", words("In its place."))
        assert said["id"] == (await followed(bot, "GET", "/messages/@original"))[1]["id"]
        assert said["flags"] & EPHEMERAL
        assert len(ada.whispers) == 2


async def test_what_follows_can_be_seen_changed_and_taken_back(town: Town, room: Channel) -> None:
    async with answering(town, says(SAY, whisper("First.")), TELL) as bot:
        ada = town.hand("ada", room)
        await ada.types("/tell")
        status, said = await followed(bot, "POST", "", whisper("More."))
        assert status == 200
        assert ada.sees.startswith("More.")
        way = f"/messages/{said['id']}"
        new = {"components": words("Changed.")["components"]}
        status, said = await followed(bot, "PATCH", way, new)
        assert (status, said["flags"]) == (200, V2 | EPHEMERAL)
        assert await followed(bot, "DELETE", way) == (204, "")
        assert await followed(bot, "PATCH", way, new) == (404, 10008)
        assert (await followed(bot, "GET", "/messages/@original"))[0] == 200
        assert await followed(bot, "DELETE", "/messages/@original") == (204, "")
        assert await followed(bot, "GET", "/messages/@original") == (404, 10008)
        assert ada.sees == ""
        assert await followed(bot, "PATCH", "/messages/1", new) == (404, 10008)


async def test_a_token_lives_fifteen_minutes(town: Town, room: Channel) -> None:
    async with answering(town, says(SAY, whisper("x")), TELL) as bot:
        await town.hand("ada", room).types("/tell")
        town.later(899)
        assert (await followed(bot, "POST", "", words("x")))[0] == 200
        town.later(2)
        assert await followed(bot, "POST", "", words("x")) == (401, 50027)
        assert await followed(bot, "PATCH", "/messages/@original", words("x")) == (401, 50027)


async def test_nothing_follows_what_was_not_answered(town: Town, room: Channel) -> None:
    async with answering(town, lambda heard: None, TELL) as bot:
        town.interactions.within = 0.01
        await town.hand("ada", room).types("/tell")
        await bot.hears()
        assert await followed(bot, "POST", "", words("x")) == (404, 10015)
        status, said = await bot.bare.call("POST", f"/webhooks/1/{bot.heard[0]['token']}", {})
        assert (status, said["code"]) == (404, 10015)


async def test_a_webhook_takes_five_calls_in_two_seconds(town: Town, room: Channel) -> None:
    town.pace.now = lambda: 1000.0
    async with answering(town, says(SAY, whisper("x")), TELL) as bot:
        await town.hand("ada", room).types("/tell")
        for _ in range(5):
            assert (await followed(bot, "POST", "", words("x")))[0] == 200
        status, said = await bot.follow(-1, "POST", "", words("x"))
        assert (status, said["global"]) == (429, False)


# On messages -------------------------------------------------------------------------------------


async def test_a_press_changes_the_message_it_was_on(town: Town, room: Channel) -> None:
    async with answering(town, says(SAY, whisper("Sure?", "yes")), TELL) as bot:
        ada = town.hand("ada", room)
        await ada.types("/tell")
        bot.answer = says(CHANGE, {"components": words("Gone.")["components"]})
        seen = await ada.presses("yes")
        assert len(ada.whispers) == len(seen.whispers) == 1
        assert ada.sees == "Gone.\nOnly you can see this"
        heard = bot.heard[-1]
        assert heard["data"] == {"component_type": 2, "id": 3, "custom_id": "yes"}
        assert heard["message"]["flags"] & EPHEMERAL
        with pytest.raises(Impossible, match="no yes to press"):
            await ada.presses("yes")


async def test_a_press_may_be_taken_and_its_message_changed_after(
    town: Town, room: Channel
) -> None:
    async with answering(town, says(SAY, words("Poll", "vote")), TELL) as bot:
        ada = town.hand("ada", room)
        await ada.types("/tell")
        bot.answer = says(CHANGE_LATER)
        ada.patience = 0.01
        assert (await ada.presses("vote")).trouble == ""
        new = {"components": words("1 vote")["components"]}
        assert (await followed(bot, "PATCH", "/messages/@original", new))[0] == 200
        assert town.hand("bea", room).sees == "1 vote"


async def test_a_press_that_is_not_answered_failed(town: Town, room: Channel) -> None:
    async with answering(town, says(SAY, words("Poll", "vote")), TELL) as bot:
        ada = town.hand("ada", room)
        await ada.types("/tell")
        bot.answer, town.interactions.within = lambda heard: None, 0.01
        assert (await ada.presses("vote")).trouble == "This interaction failed"


async def test_a_modal_from_a_button_may_change_its_message(town: Town, room: Channel) -> None:
    async with answering(town, says(SAY, whisper("Start", "go")), TELL) as bot:
        ada = town.hand("ada", room)
        await ada.types("/tell")
        bot.answer = says(MODAL, form())
        await ada.presses("go")
        bot.answer = says(CHANGE, words("Preview", "send", flags=V2))
        seen = await ada.submits(story="x")
        assert (seen.modal, len(ada.whispers)) == (None, 1)
        assert "Preview" in ada.sees
        assert bot.heard[-1]["message"]["id"] == ada.whispers[0]["id"]
        assert bot.heard[-1]["data"]["components"] == [
            {
                "type": 18,
                "id": 1,
                "component": {"type": 4, "id": 2, "custom_id": "story", "value": "x"},
            }
        ]


# Where the bot is not ----------------------------------------------------------------------------


def alone(town: Town) -> Guild:
    """A guild without the bot, in which somebody has it in their own account."""
    guild = town.guild("Elsewhere", with_bot=False)
    guild.joins(town.user("cy", installed=True))
    guild.joins(town.user("dee"))
    return guild


async def test_who_has_the_app_in_their_account_may_use_it_anywhere(town: Town) -> None:
    guild = alone(town)
    cy = town.user("cy")
    group = town.between(cy, town.user("dee"), town.user("eve"))
    async with answering(town, says(SAY, whisper("x")), TELL) as bot:
        for at, context in ((guild.channel("general"), 0), (None, 1), (group, 2)):
            hand = town.hand(cy, at)
            assert (await hand.types("/tell")).trouble == ""
            heard = bot.heard[-1]
            assert heard["context"] == context
            assert heard["authorizing_integration_owners"] == {"1": cy.id}
            assert heard["channel"]["type"] == {0: 0, 1: 1, 2: 3}[context]
            assert ("member" in heard, "user" in heard) == (context == 0, context != 0)
        with pytest.raises(Impossible, match="no command"):
            await town.hand("dee", guild.channel("general")).types("/tell")


async def test_there_five_followups_are_the_most(town: Town) -> None:
    hand = town.hand("cy", alone(town).channel("general"))
    async with answering(town, says(SAY, whisper("x")), TELL) as bot:
        await hand.types("/tell")
        for _ in range(5):
            assert (await followed(bot, "POST", "", words("x")))[0] == 200
            town.later(1)
        assert await followed(bot, "POST", "", words("x")) == (400, 40094)


async def test_there_an_answer_is_a_whisper_where_the_guild_wants_that(town: Town) -> None:
    guild = alone(town)
    room = guild.channel("general")
    room.deny(guild.everyone, permissions.EXTERNAL_APPS)
    async with answering(town, says(SAY, words("To all?")), TELL):
        hand = town.hand("cy", room)
        assert len((await hand.types("/tell")).whispers) == 1
        assert town.hand("dee", room).sees == ""
