"""discord.py's own client in our Discord: what a person does, what the bot answers, what is seen."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
from discord import ui

from tests.fakes.discord import Guild, Town, discord_town
from tests.fakes.discord_botted import Bot, running

Json = dict[str, Any]


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with discord_town() as made:
        yield made


@pytest.fixture
def guild(town: Town) -> Guild:
    made = town.guild("Acme")
    made.joins(town.user("ada"))
    made.joins(town.user("bea"))
    made.channel("general")
    return made


def card(words: str, *buttons: tuple[str, str]) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(words))
    if buttons:
        row = ui.ActionRow[Any]()
        for id, label in buttons:
            row.add_item(ui.Button(custom_id=id, label=label))
        view.add_item(row)
    return view


def form() -> ui.Modal:
    modal = ui.Modal(title="Tell us", custom_id="form:1", timeout=900)
    story = ui.TextInput[Any](custom_id="story", style=discord.TextStyle.paragraph)
    modal.add_item(ui.Label(text="What happened?", component=story))
    about = [discord.RadioGroupOption(label=one) for one in ("pay", "hours")]
    radio = ui.RadioGroup[Any](custom_id="about", options=about, required=False)
    modal.add_item(ui.Label(text="What about?", component=radio))
    return modal


def filing(bot: Bot) -> None:
    """/grievance opens a form; what is sent comes back for its sender's eyes, with a button."""

    @bot.tree.command(name="grievance", description="Tell us what is wrong.")
    @discord.app_commands.allowed_installs(guilds=True, users=True)
    @discord.app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def grievance(asked: discord.Interaction) -> None:
        await asked.response.send_modal(form())

    @bot.event
    async def on_interaction(asked: discord.Interaction) -> None:
        data: Any = asked.data
        if asked.type is discord.InteractionType.modal_submit:
            said = data["components"][0]["component"]["value"]
            view = card(f"You said: {said}", ("send:7", "Send"))
            await asked.response.send_message(view=view, ephemeral=True)

    class Send(ui.DynamicItem[ui.Button[Any]], template=r"send:(?P<number>\d+)"):
        def __init__(self, item: Any, number: str) -> None:
            super().__init__(item)
            self.number = number

        @classmethod
        async def from_custom_id(cls, asked: Any, item: Any, match: Any) -> Any:
            return cls(item, match["number"])

        async def callback(self, asked: Any) -> None:
            await asked.response.defer()
            await asked.edit_original_response(view=card(f"Sent, number {self.number}."))

    bot.add_dynamic_items(Send)


async def test_a_command_opens_a_form_and_its_answer_is_for_the_sender_alone(
    town: Town, guild: Guild
) -> None:
    room = guild.channel("general")
    async with running(town, filing):
        ada = town.hand("ada", room)
        assert (await ada.types("/grievance")).modal is not None
        assert "What happened?" in ada.sees
        seen = await ada.submits(story="No heating.", about="pay")
        assert (seen.trouble, seen.modal, len(seen.whispers)) == ("", None, 1)
        assert ada.sees == "You said: No heating.\nSend\nOnly you can see this"
        bea = town.hand("bea", room)
        assert bea.sees == ""
        assert ada.reads() == bea.reads() == []


async def test_a_form_and_a_button_outlive_a_restart_of_the_bot(town: Town, guild: Guild) -> None:
    ada = town.hand("ada", guild.channel("general"))
    async with running(town, filing):
        await ada.types("/grievance")
    seen = await ada.submits(story="Still here.")
    assert seen.trouble == "Something went wrong. Try again."
    assert seen.modal is not None
    async with running(town, filing):
        await ada.submits()
        assert "Still here." in ada.sees
    async with running(town, filing):
        await ada.presses("Send")
        assert ada.sees.startswith("Sent, number 7.")


# What the library makes of what Discord does ----------------------------------------------------


async def test_commands_are_synced_with_where_they_may_be_used(town: Town) -> None:
    async with running(town, filing):
        (one,) = town.commands.values()
        assert (one["name"], one["contexts"], one["integration_types"]) == (
            "grievance",
            [0, 1, 2],
            [0, 1],
        )


async def test_what_happened_while_the_line_was_cut_is_caught_up_with(
    town: Town, guild: Guild
) -> None:
    ada = town.hand("ada", guild.channel("general"))
    async with running(town, filing):
        session = town.gateway.joined[0].id
        await town.gateway.drop()
        await town.until(lambda: not town.gateway.joined)
        assert (await ada.types("/grievance")).modal is not None
        assert town.gateway.joined[0].id == session
        assert (town.gateway.resumed, len(town.gateway.identified)) == (1, 1)


async def test_it_comes_again_when_it_is_asked_to_and_anew_when_it_must(
    town: Town, guild: Guild
) -> None:
    ada = town.hand("ada", guild.channel("general"))
    async with running(town, filing):
        town.gateway.reconnect()
        await town.until(lambda: town.gateway.resumed == 1)
        town.gateway.invalidate(resumable=True)
        await town.until(lambda: town.gateway.resumed == 2)
        town.gateway.invalidate()
        await town.until(lambda: len(town.gateway.identified) == 2)
        await town.joined()
        assert (await ada.types("/grievance")).modal is not None


async def test_a_broken_payload_ends_the_client(town: Town, guild: Guild) -> None:
    async with running(town) as bot:
        town.faults.broken = 1
        guild.channel("another")
        with pytest.raises(ValueError, match="Unterminated"):
            await asyncio.wait_for(asyncio.shield(bot.started), 5)


async def test_a_wrong_token_and_an_intent_that_was_not_granted_end_it(town: Town) -> None:
    town.faults.error("GET /users/@me", 401, 0)
    with pytest.raises(discord.LoginFailure):
        async with running(town):
            pass
    intents = discord.Intents(guilds=True, members=True)
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running(town, intents=intents):
            pass


async def test_it_waits_as_long_as_it_is_told_and_tries_again(town: Town, guild: Guild) -> None:
    room = guild.channel("general")
    async with running(town) as bot:
        route = "POST /channels/{channel}/messages"
        town.faults.ratelimit(route, retry_after=0.02)
        there = bot.get_partial_messageable(int(room.id))
        sent = await there.send(view=card("Hello."), nonce=7)
        again = await there.send(view=card("Hello."), nonce=7)
        assert (sent.id, len(room.messages)) == (again.id, 1)
        assert [one.status for one in town.calls if one.route == route] == [429, 200, 200]


async def test_late_and_double_answers_come_back_as_numbers(town: Town, guild: Guild) -> None:
    codes: list[int] = []

    async def tries(answer: Any) -> None:
        with pytest.raises(discord.HTTPException) as refused:
            await answer
        codes.append(refused.value.code)
        town.changed()

    def listen(bot: Bot) -> None:
        @bot.tree.command(name="twice", description="Answers twice.")
        async def twice(asked: discord.Interaction) -> None:
            await asked.response.send_message("once", ephemeral=True)
            asked.response._response_type = None  # the library would not ask at all
            await tries(asked.response.send_message("again"))
            town.later(901)
            await tries(asked.followup.send("much later"))

        @bot.tree.command(name="late", description="Answers late.")
        async def late(asked: discord.Interaction) -> None:
            town.later(4)
            await tries(asked.response.send_message("late"))

    async with running(town, listen):
        ada = town.hand("ada", guild.channel("general"))
        await ada.types("/twice")
        await town.until(lambda: codes == [40060, 50027])
        waiting = asyncio.create_task(ada.types("/late"))
        await town.until(lambda: codes[2:] == [10062])
        waiting.cancel()


async def test_a_direct_message_and_a_picture_arrive(town: Town, guild: Guild) -> None:
    async with running(town) as bot:
        ada = town.user("ada")
        direct = await bot.create_dm(discord.Object(int(ada.id)))
        view = ui.LayoutView()
        view.add_item(ui.TextDisplay("Bars"))
        view.add_item(ui.MediaGallery(discord.MediaGalleryItem("attachment://a.png")))
        picture = discord.File(io.BytesIO(b"\x89PNG"), "a.png", description="Bars")
        await direct.send(view=view, file=picture)
        assert town.hand(ada).heard() == ["Bars"]
        assert list(town.files.values()) == [b"\x89PNG"]
        ada.closed = True
        with pytest.raises(discord.Forbidden) as refused:
            await direct.send(view=card("x"))
        assert refused.value.code == 50007


async def test_every_shard_joins(town: Town) -> None:
    async with running(town, shard_count=2):
        await town.joined(2)
        assert {one.shard for one in town.gateway.joined} == {(0, 2), (1, 2)}
