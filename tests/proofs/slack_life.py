"""A worker's whole life on Slack, and what Slack called it all. Knows nothing of what is looked for then."""

from itertools import pairwise

from tests.fakes.acts import Acts
from tests.fakes.slack import Town as Server
from tests.fakes.slack import Workspace
from tests.fakes.slack_week import FORM, STORY, Person, Town
from tests.journeys.over_slack import option

NAME = "gugelhupf.veilchen"  #: under which they are at Slack
TYPED = "Robert Miller of the night shift"
ANSWER = "Every night but the one before a holiday."
URGENT = "Zimtstern: the guard rail of the press has been off since the morning."
REGRETTED = "Dampfnudel: nobody may be away when the numbers are counted."
WRONG = "7KQ2M9X-0000000-0000000"
ASKED = "How often is that, roughly?"
REP = "karim-benali"


async def life(town: Town) -> list[str]:
    """Somebody does all that a worker can do; gives what they could be found by."""
    receipt = await _files(town)
    receipts = [receipt, *await _files_more(town)]
    await town.world.slot()
    reps = Acts(town.world)
    desk = await reps.desk_of(REP, STORY)
    await reps.press(REP, desk, "acknowledge")
    await reps.fill(REP, await reps.press(REP, desk, "ask"), text=ASKED)
    await town.world.live(days=2)
    await _goes_on(town, receipt)
    await _answers_a_poll(town)
    await town.world.live(days=3)
    await _ends_it(town, receipt)
    words = [WRONG, TYPED, STORY, ANSWER, URGENT, REGRETTED]
    user = town.person(NAME).hand._user.id
    return [*receipts, *words, NAME, *ids_of(town.server, town.space, user)]


async def _files(town: Town) -> str:
    """With words behind the command, in vain, without one rep; brought twice; and then a restart, and a
    command, the Home and a shortcut in its midst."""
    worker, faults = town.person(NAME), town.server.faults
    await worker.types("/grievance", TYPED)
    await worker.submits()
    await worker.hand.submit({}, forced=True)
    greta = await option(town, "Greta Holm")
    await worker.submits(**FORM, exclude=[greta])
    faults.twice = 1
    await worker.submits()
    receipt = worker.receipt
    await worker.presses("show_again")
    await worker.submits()
    await worker.hand.close()
    await town.restart()
    faults.error("views.open", "expired_trigger_id")
    await worker.hand.command("/receipt", channel=town.general)
    await worker.hand.home()
    await worker.hand.shortcut("grievance")
    await worker.answered()
    await worker.hand.close()
    return receipt


async def _files_more(town: Town) -> list[str]:
    """An urgent case, and then it is none; and one that is withdrawn before anybody saw it."""
    worker, receipts = town.person(NAME), []
    for story, how in ((URGENT, "send_urgent"), (REGRETTED, "")):
        await worker.types("/grievance")
        await worker.submits()
        await worker.submits(**FORM | {"story": story})
        await (worker.presses(how) if how else worker.submits())
        receipts.append(worker.receipt)
        await worker.hand.close()
        await worker.types("/receipt")
        await worker.submits(receipt=receipts[-1])
        await worker.presses("not_urgent" if how else "withdraw")
        if not how:
            await worker.presses("confirm")
        await worker.hand.close(everything=True)
    return receipts


async def _goes_on(town: Town, receipt: str) -> None:
    """By a wrong receipt and the right one, and whatever that opens."""
    worker = town.person(NAME)
    await worker.types("/receipt")
    await worker.submits(receipt=WRONG)
    assert ASKED in await worker.submits(receipt=receipt)
    await worker.presses("message")
    await worker.submits(text=ANSWER)
    await worker.presses("escalate")
    await worker.presses("exclude")
    await worker.submits(exclude=[await option(town, "Ines Moreau")])
    assert ANSWER in await worker.presses("export")
    await worker.hand.close(everything=True)


async def _answers_a_poll(town: Town) -> None:
    worker, organiser = town.person(NAME), town.person("organiser")
    await organiser.types("/poll", "new", town.organisers)
    poll = {"question": "Shall we?", "kind": "yes_no", "days": "2", "comment": "no"}
    await organiser.submits(**poll)
    await organiser.presses("confirm")
    await town.world.bot.tick()
    for answer in ("yes", "no"):
        await worker.presses("answer", where="message")
        await worker.submits(q1=answer)
        await worker.hand.close()


async def _ends_it(town: Town, receipt: str) -> None:
    """All of it is deleted, and then the receipt opens nothing."""
    worker = town.person(NAME)
    await worker.types("/receipt")
    await worker.submits(receipt=receipt)
    await worker.presses("delete")
    await worker.presses("confirm")
    await worker.hand.close(everything=True)
    await town.world.slot()
    await worker.types("/receipt")
    assert "opens nothing" in await worker.submits(receipt=receipt)
    await worker.hand.close()


def ids_of(server: Server, space: Workspace, user: str) -> list[str]:
    """What Slack called them, and all that they did."""
    found = {user}
    for body in server.bodies:
        if body.user == user and body.to == "bot":
            keys = ("trigger_id", "response_url", "hash", "id", "action_ts", "view_id")
            found |= {
                value
                for key, value in pairwise(body.words)
                if key in keys and len(value) > 9 and value[0].isalnum()
            }
    kept = {*space.channels, space.team, space.bot_id, space.bot_user_id, server.app.id}
    others = {one.id for one in space.users.values() if one.id != user}
    buttons = {one for one in found if one.partition(":")[0].isalpha() and ":" in one}
    return sorted(found - kept - others - buttons)


__all__ = ["NAME", "WRONG", "Person", "ids_of", "life"]
