"""Journey 4 on Discord: a grievance is filed in a server that an employer may read, and a rep reads it
in the sandbox. What leaves for Discord is decoded: not a word of the case but to whoever holds it."""

from pathlib import Path

import pytest

from adapters.sandbox.people import OUTSIDE_BODY
from bot.domain.communities import Trust
from tests.fakes.acts import Acts
from tests.fakes.at_work import WORDS, answered_elsewhere
from tests.fakes.discord import Call
from tests.fakes.discord.record import strings
from tests.fakes.discord_week import FORM, STORY, Town, town_on
from tests.journeys.test_on_discord import looked

pytestmark = pytest.mark.xdist_group("discord")

REFUSED = (
    "Staff work is not done in a place an employer may read. Please use your account elsewhere."
)


def left(town: Town) -> list[Call]:
    """All that the bot asked of Discord: there is no other way out."""
    out = [one for one in town.server.bodies if one.to == "town" and one.kind.startswith("call ")]
    assert len(out) == len([one for one in town.server.calls if one.body is not None])
    return town.server.calls


def holding(calls: list[Call], *words: str) -> list[Call]:
    """Without the marks that keep Discord from reading words as more than words."""

    def holds(call: Call) -> bool:
        said = [one.replace("\\", "") for one in strings(call.body)]
        return any(word in one for one in said for word in words)

    return [one for one in calls if holds(one)]


def readers(town: Town, *words: str) -> set[str]:
    """Who was handed these words: whose act each call answers, "everybody" where it answers none."""
    acts = town.server.interactions.by_id.values()
    told = holding(left(town), *words)
    return {
        next((act.user.name for act in acts if act.token in call.path), "everybody")
        for call in told
    }


async def files_at_work(town: Town) -> str:
    """Warned first, and shown the ways that are safer; gives the receipt."""
    worker = town.person("worker")
    label = await worker.types("grievance")
    assert "An employer may read this place." in label
    assert label.index("Somewhere safer") < label.index("Continue")
    elsewhere = await worker.presses("elsewhere")
    assert "This community also meets here: Harbour" in elsewhere
    assert OUTSIDE_BODY in elsewhere
    assert "Nothing was filed." in elsewhere
    await worker.types("grievance")
    await worker.presses("continue")
    assert STORY in await worker.submits(**FORM)
    await worker.presses("send")
    receipt = worker.receipt
    await worker.presses("saved")
    return receipt


async def lives_at_work(town: Town) -> str:
    """A case from the form to the outcome; the number that staff speak of."""
    receipt = await files_at_work(town)
    await town.world.slot()
    assert REFUSED in await town.person("rep").types("cases")
    (number,) = await answered_elsewhere(town.world, lambda: looked(town, receipt))
    return number


async def test_not_a_word_of_it_goes_there_again_but_to_who_holds_the_receipt(
    tmp_path: Path,
) -> None:
    async with town_on(tmp_path, trust=Trust.EMPLOYER_OWNED) as town:
        number = await lives_at_work(town)
        for one in WORDS:
            assert readers(town, one) == {"worker"}
        for one in (number, town.server.user("worker").id):
            assert readers(town, one) == set()
        assert town.wrong == []


async def test_control_in_a_neutral_server_a_rep_is_handed_them(tmp_path: Path) -> None:
    async with town_on(tmp_path) as town:
        await Acts(town.world).file("somebody")
        await town.world.slot()
        rep = town.person("rep")
        await rep.types("cases")
        assert STORY in await rep.presses("open")
        assert readers(town, STORY) == {"rep"}
        assert readers(town, rep.hand.user.id) == {"everybody"}, "a talk with them was asked for"
