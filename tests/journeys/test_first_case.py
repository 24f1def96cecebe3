"""A worker is heard: from the label to the outcome, and then it is forgotten."""

from datetime import timedelta

from bot.chat import Reply
from tests.fakes.world import World

WORKER, REP = "noor-haddad", "ines-moreau"
STORY = "The pager goes off most nights and nobody gets the next morning off."


def receipt_in(reply: Reply) -> str:
    (card,) = reply.cards
    (field,) = card.fields
    assert isinstance(field.value, str)
    return field.value


async def file(world: World, who: str = WORKER, **changes: str | list[str]) -> str:
    """Someone files a grievance and gives the receipt back."""
    answers = {"category": "on_call", "spread": "team", "impact": "4", "story": STORY} | changes
    label = await world.type(who, "grievance")
    preview = await world.submit(who, await world.press(who, label, "continue"), **answers)
    return receipt_in(await world.press(who, preview, "send"))


async def visit(world: World, receipt: str, who: str = WORKER) -> Reply:
    return await world.submit(who, await world.type(who, "receipt"), receipt=receipt)


def states(reply: Reply) -> list[str]:
    return [
        f.value.key
        for card in reply.cards
        for f in card.fields
        if not isinstance(f.value, str) and "state." in f.value.key
    ]


async def test_a_worker_is_heard(world: World) -> None:
    receipt = await file(world)
    assert states(await visit(world, receipt)) == ["state.waiting"]

    await world.slot()
    (told,) = world.post.people
    assert told[0] == REP
    work_list = await world.type(REP, "cases")
    case = await world.press(REP, work_list, "open")
    case = await world.press(REP, case, "acknowledge")
    asked = await world.submit(REP, await world.press(REP, case, "ask"), text="How often?")
    assert states(await visit(world, receipt)) == ["state.with_reps"]

    await world.slot()
    view = await visit(world, receipt)
    assert states(view) == ["state.waiting_on_you"]
    assert "How often?" in [f.value for f in view.cards[0].fields]
    await world.submit(WORKER, await world.press(WORKER, view, "message"), text="Every night.")

    await world.slot()
    case = await world.press(REP, asked, "reply")
    case = await world.press(REP, await world.type(REP, "cases"), "open")
    assert "Every night." in [f.value for f in case.cards[0].fields]
    outcome = await world.press(REP, case, "resolve")
    await world.submit(REP, outcome, outcome="You said, we did.")

    await world.slot()
    view = await visit(world, receipt)
    assert states(view) == ["state.resolved"]
    assert "You said, we did." in [f.value for f in view.cards[0].fields]

    world.clock.move(timedelta(days=63))
    await world.bot.tick()
    gone = await visit(world, receipt)
    assert gone.form is not None
    assert [line.key for line in gone.form.errors.values()] == ["refused.receipt_unknown"]
