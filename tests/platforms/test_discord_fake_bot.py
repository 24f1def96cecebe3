"""discord.py's own client in our Discord: what a person does, what the bot answers, what is seen."""

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
