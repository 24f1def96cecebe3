"""/digest: what the next one will say, when and where it comes, a pause, a test."""

from dataclasses import dataclass
from datetime import time

from bot.chat import (
    About,
    Answers,
    Button,
    Card,
    Command,
    Field,
    Here,
    Line,
    Option,
    Reply,
    Rows,
    Tone,
    Voice,
    blank,
    choice,
    line,
    short_text,
)
from bot.commands.digests.cards import DAYS, day_of, digest_card
from bot.domain.communities import Role
from bot.domain.communities.times import read_zone
from bot.domain.digests import Plan, read_addresses
from bot.services.digests.setting import Setting, Settled, is_everybodys
from bot.texts import LANGUAGES

ORGANISERS = frozenset({Role.ORGANISER})
LONGEST_ZONE, LONGEST_ADDRESSES = 40, 400
#: What may stand behind the command, and the command each means.
WORDS = {
    "preview": "digest_preview",
    "set": "digest_set",
    "pause": "digest_pause",
    "test": "digest_test",
}


def _days(here: Here) -> tuple[Option, ...]:
    return tuple(Option(day, line(f"day.{day}")) for day in DAYS)


def _hours(here: Here) -> tuple[Option, ...]:
    return tuple(Option(str(hour), f"{hour:02}:00") for hour in range(24))


def _languages(here: Here) -> tuple[Option, ...]:
    return tuple(Option(one, line(f"language.{one}")) for one in LANGUAGES)


@dataclass(frozen=True, kw_only=True)
class DigestForm:
    day: str = choice(_days)
    hour: str = choice(_hours)
    zone: str = short_text(LONGEST_ZONE)
    language: str = choice(_languages)
    addresses: str = short_text(LONGEST_ADDRESSES, required=False)


def commands(setting: Setting) -> tuple[Command, ...]:
    async def look(here: Here, subject: str) -> Reply:
        return Reply((_settled(await setting.look(here)),))

    async def preview(here: Here, subject: str) -> Reply:
        issue = (await setting.look(here)).issue
        note = Card(line("digest_preview.title"), (line("digest_preview.words"),))
        voice = Voice(issue.plan.language, issue.plan.zone, here.community.words)
        card = digest_card(here.community, here.shown_trust, issue)
        return Reply((note, card), own_voice=voice)

    async def begin(here: Here, subject: str) -> Reply:
        found = await setting.look(here)
        values = _values(found.issue.plan)
        return Reply(form=blank(DigestForm, here, "digest", f"{found.revision}", values))

    async def set_(here: Here, subject: str, form: DigestForm) -> Reply:
        plan = Plan(
            weekday=DAYS.index(form.day),
            at=time(int(form.hour)),
            zone=read_zone(form.zone),
            language=form.language,
            addresses=read_addresses("addresses", form.addresses),
        )
        found = await setting.set(here, plan, subject)
        done = [line("digest.set")]
        done += [line("digest.not_here")] if is_everybodys(here) else []
        return Reply((_settled(found, *done),))

    async def pause(here: Here, subject: str) -> Reply:
        return Reply((_settled(await setting.pause(here), line("digest.now_paused")),))

    async def resume(here: Here, subject: str) -> Reply:
        return Reply((_settled(await setting.resume(here), line("digest.goes_on")),))

    async def test(here: Here, subject: str) -> Reply:
        return Reply((_settled(await setting.test(here), line("digest.tested")),))

    return (
        Command(
            "digest",
            About.REVISION,
            ORGANISERS,
            typed=True,
            form=DigestForm,
            opens=look,
            run=set_,
            words=WORDS,
        ),
        Command("digest_preview", roles=ORGANISERS, opens=preview),
        Command("digest_set", roles=ORGANISERS, opens=begin),
        Command("digest_pause", roles=ORGANISERS, opens=pause),
        Command("digest_resume", roles=ORGANISERS, opens=resume),
        Command("digest_test", roles=ORGANISERS, opens=test),
    )


def _settled(found: Settled, *done: Line) -> Card:
    """When and where it comes, and what is wrong with that."""
    plan, digest = found.issue.plan, found.issue.digest
    when = line("digest.paused") if found.paused else line("digest.next", date=digest.due)
    fields = (
        Field(
            line("digest.when"),
            line("digest.every", day=day_of(plan.weekday), hour=f"{plan.at:%H:%M}", zone=plan.zone),
        ),
        Field(line("digest.rooms"), Rows(_rooms(found))),
        Field(line("digest.by_mail"), Rows(plan.addresses or (line("digest.no_address"),))),
        Field(line("digest.language"), line(f"language.{plan.language}")),
    )
    wrong = _wrong(found)
    command = Command("digest", words=WORDS)
    pause = Button("digest_resume") if found.paused else command.word("pause")
    buttons = (command.word("preview"), command.word("set"), pause, command.word("test"))
    tone = Tone.WARNING if wrong else Tone.PLAIN
    said = (*done, when, *_to_come(found), *wrong)
    return Card(line("digest.settings"), said, fields, buttons, tone)


def _to_come(found: Settled) -> tuple[Line, ...]:
    """What waits, and for whom."""
    waits = found.waits
    if waits is None:
        return ()
    key = "digest.elsewhere_agreed" if waits.agreed else "digest.elsewhere"
    return (line(key, date=waits.earliest),)


def _rooms(found: Settled) -> tuple[Line, ...]:
    said = tuple(line("digest.room", space=one.name) for one in found.rooms)
    return said or (line("digest.no_room"),)


def _wrong(found: Settled) -> tuple[Line, ...]:
    said = [line("digest.nowhere")] if found.nowhere else []
    if found.issue.plan.addresses and not found.mails:
        said.append(line("digest.no_mail"))
    return tuple(said)


def _values(plan: Plan) -> Answers:
    """What the form is filled in with."""
    return {
        "day": DAYS[plan.weekday],
        "hour": str(plan.at.hour),
        "zone": plan.zone,
        "language": plan.language,
        "addresses": ", ".join(plan.addresses),
    }
