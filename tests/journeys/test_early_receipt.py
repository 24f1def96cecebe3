"""Where no answer is certain to arrive, the preview shows the receipt already: it opens nothing
before its case was sent, and the same one afterwards.
"""

from dataclasses import replace

import pytest

from adapters.sandbox import people
from bot.chat import Caller, Reply
from tests.fakes.acts import RECEIPT, STORY, Acts, button, names, receipt_in, shown
from tests.fakes.proving import said
from tests.fakes.world import World, caller
from tests.journeys.reading import WORKER, errors, fields, text

EARLY = replace(caller(WORKER), early_receipt=True)
SENTENCE = "It opens the case once you have sent it."
FILLED = {"category": "on_call", "spread": "team", "impact": "4", "story": STORY}


async def previewed(world: World, who: Caller = EARLY, **answers: str) -> Reply:
    form = (await world.bot.door.begin("continue", who)).form
    assert form is not None
    return await world.bot.door.submit(form.name, who, form.subject, FILLED | answers)


async def press(world: World, reply: Reply, name: str, who: Caller = EARLY) -> Reply:
    return await world.bot.door.begin(name, who, button(reply, name).subject)


async def come(world: World, receipt: str) -> Reply:
    return await world.bot.door.submit("receipt", EARLY, "", {"receipt": receipt})


async def test_the_preview_shows_the_receipt_and_says_from_when_it_opens(world: World) -> None:
    preview = await previewed(world)
    (sentence,) = (one for one in text(preview) if SENTENCE in one)
    assert sentence.endswith("Keep it now, on paper or on a private phone.")
    assert fields(preview)["Your receipt"] == receipt_in(preview)
    assert [one.name for one in preview.cards[0].buttons] == [
        "send",
        "edit",
        "cancel",
        "send_urgent",
    ]


async def test_elsewhere_the_preview_shows_none(world: World) -> None:
    preview = await previewed(world, caller(WORKER))
    assert not RECEIPT.search(shown(preview))
    assert SENTENCE not in shown(preview)


async def test_it_opens_nothing_before_the_case_was_sent(world: World) -> None:
    receipt = receipt_in(await previewed(world))
    assert said(await come(world, receipt)) == ["refused.receipt_unknown"]


@pytest.mark.parametrize("how", ["send", "send_urgent"])
async def test_what_is_sent_is_opened_by_the_receipt_that_was_shown(world: World, how: str) -> None:
    preview = await previewed(world)
    sent = await press(world, preview, how)
    assert receipt_in(sent) == receipt_in(preview)
    assert receipt_in(await press(world, sent, "show_again")) == receipt_in(preview)
    assert said(await come(world, receipt_in(preview)))[0] == "view.title"


async def test_an_answer_that_never_came_loses_nothing(world: World) -> None:
    """The person tries the receipt first, as they are told to: the case is there once."""
    preview = await previewed(world)
    await press(world, preview, "send")
    assert said(await come(world, receipt_in(preview)))[0] == "view.title"
    again = await press(world, preview, "send")
    assert receipt_in(again) == receipt_in(preview)
    acts = Acts(world)
    await world.slot()
    assert names(await acts.say("ines-moreau", "cases")) == ["open"]


async def test_an_edit_keeps_the_receipt_and_takes_the_preview_before_away(world: World) -> None:
    preview = await previewed(world)
    form = (await press(world, preview, "edit")).form
    assert form is not None
    changed = await world.bot.door.submit(
        form.name, EARLY, form.subject, FILLED | {"story": f"{STORY} Every week."}
    )
    assert changed.takes_away
    assert receipt_in(changed) == receipt_in(preview)


async def test_saved_and_cancel_take_the_preview_away(world: World) -> None:
    """It stands on the preview, too: whoever has it needs it nowhere else."""
    sent = await press(world, await previewed(world), "send")
    saved = await press(world, sent, "saved")
    assert saved.takes_away
    cancelled = await press(world, await previewed(world), "cancel")
    assert cancelled.takes_away


async def test_a_story_may_not_carry_the_receipt_that_was_shown(world: World) -> None:
    """It would show every reader the key to the case."""
    preview = await previewed(world)
    form = (await press(world, preview, "edit")).form
    assert form is not None
    story = f"{STORY} My receipt is {receipt_in(preview)}."
    refused = await world.bot.door.submit(form.name, EARLY, form.subject, FILLED | {"story": story})
    assert list(errors(refused)) == ["story"]


async def test_a_cancelled_receipt_never_opens_anything(world: World) -> None:
    preview = await previewed(world)
    await press(world, preview, "cancel")
    await world.slot()
    assert said(await come(world, receipt_in(preview))) == ["refused.receipt_unknown"]


async def test_each_preview_has_a_receipt_of_its_own(world: World) -> None:
    assert receipt_in(await previewed(world)) != receipt_in(await previewed(world))


async def test_the_receipt_of_the_preview_lies_in_no_file(world: World) -> None:
    receipt = receipt_in(await previewed(world))
    where = world.where
    files = [*where.data.rglob("*"), *where.keys.rglob("*.db*")]
    kept = b"".join(file.read_bytes() for file in files if file.is_file())
    assert receipt.encode() not in kept
    assert receipt.replace("-", "").encode() not in kept
    assert EARLY.platform == people.PLATFORM
