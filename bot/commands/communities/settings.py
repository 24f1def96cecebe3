"""The forms in which moderators change a community, each filled in with what is so now.

Here what must be answered, and its people and places. A form makes edits and no more; whether they
hold at once or wait, and for whom, the service says.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bot.chat import (
    About,
    Answers,
    Command,
    Here,
    Option,
    Reply,
    blank,
    choice,
    line,
    person,
    short_text,
)
from bot.commands.communities.changes import MODERATORS, changed_card, may_be_named
from bot.domain.communities import Account, Role, Trust
from bot.domain.communities.edits import (
    LONGEST_NAME,
    Calendar,
    Called,
    Edit,
    Ended,
    Left,
    Named,
    Offered,
    Roomed,
    Spoken,
    Trusted,
)
from bot.domain.communities.times import read_zone
from bot.services.communities.changing import Changing
from bot.texts import LANGUAGES

LONGEST_ZONE = 40
#: What may be answered to "could an employer read or switch off this place?"
ANSWERS = {
    "yes": Trust.EMPLOYER_OWNED,
    "unsure": Trust.EMPLOYER_OWNED,
    "neutral": Trust.NEUTRAL,
    "own": Trust.WORKER_OWNED,
}

Make = Callable[..., tuple[Edit, ...]]
Values = Callable[[Here], Answers]


def _languages(here: Here) -> tuple[Option, ...]:
    return tuple(Option(one, line(f"language.{one}")) for one in LANGUAGES)


def _answers(here: Here) -> tuple[Option, ...]:
    """Who can read the place; said to the bot alone there is none to ask about."""
    if not here.space.id:
        return ()
    return tuple(Option(one, line(f"setup.trust.{one}")) for one in ANSWERS)


def _roles(here: Here) -> tuple[Option, ...]:
    return tuple(
        Option(one.value, line(f"role.{one.value}")) for one in Role if one is not Role.WORKER
    )


def _held(here: Here) -> tuple[Option, ...]:
    """Every role somebody holds, of those whose names may be told here; as many as fit one dialog."""
    held = (
        Option(
            f"{one.id}/{role.value}",
            line("value.role", who=one.name[:LONGEST_SHOWN], role=line(f"role.{role.value}")),
        )
        for one in here.community.staff
        if may_be_named(here, one)
        for role in Role
        if role in one.roles
    )
    return tuple(held)[:MOST_OPTIONS]


def _spaces(here: Here) -> tuple[Option, ...]:
    return tuple(Option(one.id, one.name) for one in here.community.spaces)[:MOST_OPTIONS]


MOST_OPTIONS = 25  #: so many fit one dialog everywhere
LONGEST_SHOWN = 48  #: of a name beside a role, in an option


@dataclass(frozen=True, kw_only=True)
class SetupForm:
    name: str = short_text(LONGEST_NAME)
    you: str = short_text(LONGEST_NAME)
    language: str = choice(_languages)
    zone: str = short_text(LONGEST_ZONE)
    trust: str = choice(_answers, note="setup_first.asks_trust", default="")


@dataclass(frozen=True, kw_only=True)
class StaffForm:
    person: str = person()
    name: str = short_text(LONGEST_NAME)
    role: str = choice(_roles)


@dataclass(frozen=True, kw_only=True)
class EndRoleForm:
    who: str = choice(_held)


@dataclass(frozen=True, kw_only=True)
class UnlinkForm:
    space: str = choice(_spaces)


def commands(changing: Changing) -> tuple[Command, ...]:
    async def room(here: Here, subject: str) -> Reply:
        done = await changing.change(here, Roomed(here.space.id, subject, here.caller.room))
        return Reply((changed_card(here, *done),))

    return (
        setting(changing, "setup_first", SetupForm, _first, _first_values),
        setting(changing, "staff", StaffForm, _offer, _nothing, "changed.asked"),
        setting(changing, "end_role", EndRoleForm, _end, _nothing),
        setting(changing, "unlink", UnlinkForm, _unlink, _nothing),
        Command("room", About.ROOM, MODERATORS, opens=room, anywhere=True, sets_up=True),
    )


def setting(
    changing: Changing,
    name: str,
    form: type,
    make: Make,
    values: Values,
    held_as: str = "changed.held",
) -> Command:
    """A form that is filled in with what is so, and makes edits of what comes back."""

    async def begin(here: Here, subject: str) -> Reply:
        seen = here.community.fingerprint()
        return Reply(form=blank(form, here, name, seen, values(here)))

    async def run(here: Here, subject: str, answers: object) -> Reply:
        done = await changing.change(here, *make(here, answers), seen=subject)
        return Reply((changed_card(here, *done, held_as=held_as),))

    return Command(
        name,
        About.REVISION,
        MODERATORS,
        form=form,
        opens=begin,
        run=run,
        anywhere=True,
        sets_up=True,
    )


def _nothing(here: Here) -> Answers:
    return {}


def _first(here: Here, form: SetupForm) -> tuple[Edit, ...]:
    now = here.community.slots
    known: tuple[Edit, ...] = (
        Named(form.name),
        Called(here.person.id, form.you),
        Spoken(form.language),
        Calendar(read_zone(form.zone), now.weekdays, now.at.hour),
    )
    place = (Trusted(here.space.id, ANSWERS[form.trust].value),) if form.trust else ()
    return (*known, *place)


def _first_values(here: Here) -> Answers:
    community = here.community
    known = next((one for one, trust in ANSWERS.items() if trust is here.space.trust), "")
    return {
        "name": community.name or (here.space.name if here.space.id else ""),
        "you": here.person.name,
        "language": community.language,
        "zone": community.slots.zone,
        "trust": known if here.space.answered else "",
    }


def _offer(here: Here, form: StaffForm) -> tuple[Edit, ...]:
    account = Account.of(here.caller.platform, form.person, here.caller.space)
    return (Offered(form.name, form.role, account.platform, account.address, account.space),)


def _end(here: Here, form: EndRoleForm) -> tuple[Edit, ...]:
    staff, _, role = form.who.partition("/")
    return (Ended(staff, role),)


def _unlink(here: Here, form: UnlinkForm) -> tuple[Edit, ...]:
    return (Left(form.space),)
