"""Journeys on Discord: each person at a client that is as strict as Discord is."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from adapters.discord.manifest import PERMISSIONS
from adapters.sandbox.people import OUTSIDE_BODY
from bot.ports import Noted
from tests.fakes.acts import Acts, shown
from tests.fakes.discord import Role, permissions
from tests.fakes.discord_week import FORM, STORY, Person, Town, town_on, words
from tests.journeys import digesting
from tests.journeys.asking import answers
from tests.journeys.digesting import (
    comes_at_nine_in_summer_and_in_winter,
    comes_once_whatever_becomes_of_the_process,
)

pytestmark = [pytest.mark.xdist_group("discord"), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """The town that a module's tests share."""
    async with town_on(tmp_path_factory.mktemp("town")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def town(one_town: Town) -> AsyncIterator[Town]:
    await one_town.monday()
    yield one_town
    assert one_town.wrong == []
    assert Noted.BUG not in {event for event, _ in one_town.world.log.lines}


async def filed(town: Town, **answers: object) -> str:
    """A worker files a grievance; gives its receipt."""
    worker = town.person("worker")
    await worker.types("grievance")
    await worker.presses("continue")
    await worker.submits(**FORM | answers)
    await worker.presses("send")
    receipt = worker.receipt
    await worker.presses("saved")
    return receipt


async def looked(town: Town, receipt: str) -> Person:
    """The worker comes back another time, with nothing but the receipt."""
    worker = town.person("worker")
    await worker.types("receipt")
    await worker.submits(receipt=receipt.lower().replace("-", " "))
    return worker


async def test_the_digest_comes_at_nine_by_the_clock_on_the_wall_in_summer_and_in_winter(
    town: Town,
) -> None:
    """The first story here: to come to that day from another year takes long."""
    await comes_at_nine_in_summer_and_in_winter(digesting.OnDiscord(town))


async def test_a_worker_is_heard(town: Town) -> None:
    rep = town.person("rep")
    receipt = await filed(town)

    await town.world.slot()
    await rep.hears(f"A case needs you by {town.day(1)}.")
    assert STORY not in "\n".join(rep.heard())
    await rep.types("cases")
    assert STORY in await rep.presses("open")
    assert "You took this case." in await rep.presses("acknowledge")
    await rep.presses("ask")
    assert "Your question is kept." in await rep.submits(text="How often?")

    await town.world.slot()
    worker = await looked(town, receipt)
    assert "asked" in worker.sees
    assert "How often?" in worker.sees
    await worker.presses("message")
    assert "Readers see your message on" in await worker.submits(text="Every night.")

    await town.world.slot()
    await rep.types("cases")
    assert "Every night." in await rep.presses("open")
    await rep.presses("resolve")
    await rep.submits(outcome="You said, we did.")

    await town.world.slot()
    worker = await looked(town, receipt)
    assert "Resolved" in worker.sees
    assert "You said, we did." in worker.sees

    town.world.clock.move(timedelta(days=63))
    await town.world.bot.tick()
    worker = town.person("worker")
    await worker.types("receipt")
    assert "opens nothing" in await worker.submits(receipt=receipt)


async def test_a_worker_sees_the_label_before_they_type_a_word(town: Town) -> None:
    worker = town.person("worker")
    label = await worker.types("grievance")
    assert "Your name is not kept" in label
    assert "Discord can tell that you used this bot" in label
    assert "What happened" in await worker.presses("continue")
    assert worker.hand.modal is not None
    assert STORY in await worker.submits(**FORM)
    shown = await worker.presses("send")
    assert worker.receipt in shown
    assert len(worker.hand.whispers) == 1, "each step stands in the place of the last"
    assert "What you typed" not in await worker.presses("saved")
    assert worker.hand.reads(town.general) == [], "nobody else saw any of it"


async def test_a_long_story_typed_before_a_restart_and_handed_in_after_it_arrives(
    town: Town,
) -> None:
    """Three thousand characters, in a form that another process opened. With what it takes to keep the
    stars and strokes in them from being marks, they need a page of their own."""
    worker = town.person("worker")
    story = "".join(f"{n:03} *nobody* _slept_. " for n in range(200))[:2999] + "!"
    await worker.types("grievance")
    await worker.presses("continue")
    worker.hand.fills(FORM | {"story": story})
    await town.restart()
    await worker.submits()
    await worker.presses("send")
    receipt = worker.receipt
    await town.world.slot()
    reader = await looked(town, receipt)
    assert story in await reader.presses("Next page")


async def test_nobody_answers_and_the_case_climbs(town: Town) -> None:
    rep, organiser = town.person("rep"), town.person("organiser")
    await rep.types("duty", "quiet_hours")
    quiet = await rep.submits(**{"from": "08:00", "until": "11:00", "zone": "UTC"})
    assert "08:00" in quiet
    receipt = await filed(town)

    await town.world.slot()
    needed = f"A case needs you by {town.day(1, '11:00')}."
    await town.world.live(hours=1)
    assert rep.heard() == [], "their quiet hours"
    await town.world.live(hours=1)
    await rep.hears(needed)

    await town.world.live(hours=24)
    await rep.hears(f"A case needs you by {town.day(1, '11:00')}.")
    assert "needs you" not in "\n".join(organiser.heard())
    await town.world.slot()
    worker = await looked(town, receipt)
    assert "We are late. This should have been answered by" in worker.sees
    assert "It has gone to all reps." in worker.sees

    await town.world.live(hours=2)
    await organiser.hears(f"A case needs you by {town.day(2, '11:00')}.")
    await town.world.live(hours=48)
    await organiser.hears("no step is left")
    await town.world.slot()
    worker = await looked(town, receipt)
    assert OUTSIDE_BODY in worker.sees


def options(person: Person, field: str) -> dict[str, str]:
    """What a field of the open modal offers: the value of each label."""
    assert person.hand.modal
    found = (one["component"] for one in person.hand.modal["components"] if "component" in one)
    (asked,) = [one for one in found if one["custom_id"] == field]
    return {one["label"]: one["value"] for one in asked["options"]}


async def test_whoever_is_left_out_never_learns_of_it(town: Town) -> None:
    rep, worker = town.person("rep"), town.person("worker")
    before = await rep.types("cases")
    await worker.types("grievance")
    await worker.presses("continue")
    ines = options(worker, "exclude")["Ines Moreau"]
    await worker.submits(**FORM | {"category": "surveillance", "exclude": [ines]})
    await worker.presses("send")
    await town.world.live(days=4)
    assert "A case" not in "\n".join(rep.heard())
    assert await rep.types("cases") == before
    in_the_sandbox = shown(await Acts(town.world).say("karim-benali", "cases"))
    assert "Surveillance" in in_the_sandbox


async def test_a_poll_is_asked_in_the_channel_and_answered_in_a_form(town: Town) -> None:
    organiser, worker, colleague = (
        town.person(name) for name in ("organiser", "worker", "colleague")
    )
    await organiser.types("poll", "new", town.organisers)
    poll = {"question": "Shall we ask for rest days?", "kind": "yes_no", "days": "2"}
    await organiser.submits(**poll, comment="no")
    assert "The poll is open" in await organiser.presses("confirm")
    await town.world.bot.tick()
    (posted,) = [m for m in town.general.messages if "rest days" in words(m.data)]

    for person, answer in ((worker, "no"), (worker, "yes"), (colleague, "no")):
        await person.hand.presses("answer", on=posted.told())
        assert "Your answer is kept" in await person.submits(q1=answer)
    assert words(posted.data) == words(town.general.messages[0].data), "the card stays as it is"
    acts = Acts(town.world)
    for name, answer in zip("abcde", ("yes", "yes", "yes", "no", "no"), strict=True):
        await answers(acts, name, q1=answer)
    await town.world.live(days=2, hours=1)
    (results,) = [m for m in town.general.messages if "Results of a poll" in words(m.data)]
    assert "50-75 %" in words(results.data)
    assert "25-50 %" in words(results.data)
    assert results.data["attachments"]


async def test_a_pulse_is_answered_in_a_form_and_its_next_wave_shows_the_trend(town: Town) -> None:
    organiser, acts = town.person("organiser"), Acts(town.world)
    await organiser.types("poll", "pulse", town.organisers)
    bank = next(iter(options(organiser, "bank").values()))
    every = next(iter(options(organiser, "every").values()))
    start = f"{town.world.clock.at + timedelta(days=1):%Y-%m-%d}"
    said = await organiser.submits(bank=[bank], every=every, days="2", start=start, comment="no")
    assert "pulse" in said.lower()
    worker, seen = town.person("worker"), ""
    for _ in range(2):
        await town.world.live(days=1, hours=12)
        town.general.messages[:] = [
            m for m in town.general.messages if "pulse" in words(m.data).lower()
        ]
        await worker.types("pulse")
        if not worker.hand.modal:
            await worker.presses("answer")
        value = [*options(worker, "q1").values()][-1]
        assert "Your answer is kept" in await worker.submits(q1=value)
        for name in "abcdef":
            await answers(acts, name, q1=value)
        await town.world.live(days=5, hours=12)
        seen = "\n".join(words(m.data) for m in town.general.messages)
    assert "wave 1" in seen.lower()
    assert "wave 2" in seen.lower()


async def test_the_digest_comes_once_on_monday_morning_whatever_becomes_of_the_process(
    town: Town,
) -> None:
    await comes_once_whatever_becomes_of_the_process(digesting.OnDiscord(town))


async def test_a_moderator_sets_a_community_up_by_chat_alone(town: Town) -> None:
    """In another server; its reps are picked from those who are there, and told by the bot alone."""
    server = town.server
    dock = server.guild("Dock", may=PERMISSIONS)
    general, manager = dock.channel("general"), dock.role("manager", permissions.MANAGE_GUILD)

    def there(name: str, *roles: Role) -> Person:
        user = dock.joins(server.user(name), *roles)
        return Person(server.hand(user, general), general, town)

    oskar, nobody = there("oskar", manager), there("nobody")
    code = (await town.world.bot.founding.code(7)).code
    await nobody.types("setup")
    assert "does not let you decide about this place" in await nobody.submits(code=code)
    await oskar.types("setup")
    claimed = await oskar.submits(code=code)
    assert "Set-up" in claimed
    await oskar.presses("setup")
    await oskar.presses("setup_first")
    assert "Could an employer" in oskar.sees, (
        "what stood above five fields stands below their labels"
    )
    first = {"name": "Dock", "you": "Oskar", "language": "en", "zone": "Europe/Berlin"}
    await oskar.submits(**first, trust="yes")
    for name in ("ada", "ben"):
        rep = there(name)
        await oskar.types("setup", "staff")
        await oskar.submits(person=rep.hand.user, name=name.title(), role="rep")
        await town.world.live(minutes=1)
        assert "Would you take on this role: rep?" in await rep.hears("A role is offered to you")
        rep.hand.goes(None)
        assert "your role is: rep" in await rep.presses("accept")
    await oskar.types("setup")
    await oskar.presses("setup_open")
    await oskar.presses("open_community")
    assert "Your name is not kept" in await nobody.types("grievance")
    bot = dock.roles[dock.members[server.bot.id].roles[0]]
    for who in (dock.everyone, bot):
        general.deny(who, permissions.SEND)
    status = await oskar.types("setup", "status")
    assert "A room cannot be reached\nDock: the room for bulletins" in status
