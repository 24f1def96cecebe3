"""What both sides said while neither could see the other's words ends in one order for both."""

from bot.domain.cases import Kind
from tests.fakes.acts import Acts
from tests.fakes.world import World

WORKER, REP = "noor-haddad", "ines-moreau"


async def test_a_word_that_crosses_with_the_outcome_reopens_the_case(world: World) -> None:
    """The rep could not have read it: were the outcome the last word, nobody ever would."""
    acts = Acts(world)
    receipt = await acts.file(WORKER)
    await world.slot()
    await acts.write(WORKER, await acts.visit(WORKER, receipt), "It has become much worse since.")
    for kind, field in ((Kind.NOTE, "text"), (Kind.RESOLVE, "outcome")):
        form = await acts.press(REP, await acts.desk(REP), kind.value)
        await acts.fill(REP, form, **{field: "You said, we did."})
    await world.slot()

    desk = await acts.desk(REP)
    said = [field.value for field in desk.cards[0].fields]
    assert "It has become much worse since." in said
    view = await acts.visit(WORKER, receipt)
    states = [getattr(field.value, "key", "") for field in view.cards[0].fields]
    assert "state.with_reps" in states


async def test_words_of_one_side_keep_their_order(world: World) -> None:
    acts = Acts(world)
    receipt = await acts.file(WORKER)
    await world.slot()
    words = ["First this happened.", "Then that happened.", "Then it ended."]
    for one in words:
        await acts.write(WORKER, await acts.visit(WORKER, receipt), one)
    await acts.fill(REP, await acts.press(REP, await acts.desk(REP), "note"), text="A note.")
    await world.slot()

    desk = await acts.desk(REP)
    said = [field.value for field in desk.cards[0].fields if field.value in words]
    assert said == words
