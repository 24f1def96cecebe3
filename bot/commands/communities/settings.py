"""The forms in which moderators change a community, each filled in with what is so now.

A form makes edits and no more; whether they hold at once or wait, and for whom, the service says.
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
    choices,
    line,
    long_text,
    number,
    person,
    short_text,
)
from bot.commands.communities.changes import MODERATORS, changed_card, may_be_named
from bot.commands.digests.cards import DAYS
from bot.domain.communities import CATEGORIES, Account, Role, Target, Trust
from bot.domain.communities.edits import (
    HIGHEST_FLOOR,
    LONGEST_BODY,
    LONGEST_NAME,
    MOST_MEMBERS,
    Calendar,
    Called,
    Climbed,
    Counted,
    Edit,
    Ended,
    Floored,
    Left,
    Named,
    Offered,
    Outside,
    OwnWords,
    Roomed,
    Sorted,
    Spoken,
    Trusted,
)
from bot.domain.communities.policy import LONGEST_DEADLINE
from bot.domain.communities.times import read_zone
from bot.domain.communities.words import LONGEST_LABEL
from bot.domain.privacy import PRIVACY_FLOOR
from bot.services.communities.changing import Changing, fingerprint
from bot.texts import LANGUAGES

LONGEST_ZONE = 40
MOST_HOURS = int(LONGEST_DEADLINE.total_seconds() // 3600)
#: What may be answered to "could an employer read or switch off this place?"
ANSWERS = {
    "yes": Trust.EMPLOYER_OWNED,
    "unsure": Trust.EMPLOYER_OWNED,
    "neutral": Trust.NEUTRAL,
    "own": Trust.WORKER_OWNED,
}

Make = Callable[..., tuple[Edit, ...]]


def _languages(here: Here) -> tuple[Option, ...]:
    return tuple(Option(one, line(f"language.{one}")) for one in LANGUAGES)


def _answers(here: Here) -> tuple[Option, ...]:
    """Who can read the place; said to the bot alone there is none to ask about."""
    if not here.space.id:
        return ()
    return tuple(Option(one, line(f"setup.trust.{one}")) for one in ANSWERS)


def _days(here: Here) -> tuple[Option, ...]:
    return tuple(Option(day, line(f"day.{day}")) for day in DAYS)


def _hours(here: Here) -> tuple[Option, ...]:
    return tuple(Option(str(hour), f"{hour:02}:00") for hour in range(24))


def _ours(here: Here) -> tuple[Option, ...]:
    return tuple(Option(one, line(f"category.{one}")) for one in CATEGORIES)


def _roles(here: Here) -> tuple[Option, ...]:
    return tuple(
        Option(one.value, line(f"role.{one.value}")) for one in Role if one is not Role.WORKER
    )


def _reps(here: Here) -> tuple[Option, ...]:
    return tuple(
        Option(one.id, one.name)
        for one in here.community.with_role(Role.REP)
        if may_be_named(here, one)
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
class CategoriesForm:
    ours: tuple[str, ...] = choices(_ours)
    own: str = long_text(required=False)


@dataclass(frozen=True, kw_only=True)
class OutsideForm:
    body: str = short_text(LONGEST_BODY, required=False)


@dataclass(frozen=True, kw_only=True)
class StepsForm:
    on_duty: int = number(1, MOST_HOURS)
    named: tuple[str, ...] = choices(_reps)
    all_reps: int = number(0, MOST_HOURS)
    organisers: int = number(0, MOST_HOURS)


@dataclass(frozen=True, kw_only=True)
class SlotsForm:
    days: tuple[str, ...] = choices(_days, required=True)
    hour: str = choice(_hours)


@dataclass(frozen=True, kw_only=True)
class FiguresForm:
    members: int = number(0, MOST_MEMBERS)
    floor: int = number(PRIVACY_FLOOR, HIGHEST_FLOOR)


@dataclass(frozen=True, kw_only=True)
class WordsForm:
    rep: str = short_text(LONGEST_LABEL, required=False)
    organiser: str = short_text(LONGEST_LABEL, required=False)
    moderator: str = short_text(LONGEST_LABEL, required=False)


@dataclass(frozen=True, kw_only=True)
class UnlinkForm:
    space: str = choice(_spaces)


def commands(changing: Changing) -> tuple[Command, ...]:
    def setting(
        name: str,
        form: type,
        make: Make,
        values: Callable[[Here], Answers],
        held_as: str = "changed.held",
    ) -> Command:
        """A form that is filled in with what is so, and makes edits of what comes back."""

        async def begin(here: Here, subject: str) -> Reply:
            seen = fingerprint(here.community)
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

    async def room(here: Here, subject: str) -> Reply:
        done = await changing.change(here, Roomed(here.space.id, subject, here.caller.room))
        return Reply((changed_card(here, *done),))

    return (
        setting("setup_first", SetupForm, _first, _first_values),
        setting("staff", StaffForm, _offer, _nothing, "changed.asked"),
        setting("end_role", EndRoleForm, _end, _nothing),
        setting("setup_categories", CategoriesForm, _categories, _categories_values),
        setting("setup_outside", OutsideForm, _outside, _outside_values),
        setting("setup_steps", StepsForm, _steps, _steps_values),
        setting("setup_slots", SlotsForm, _slots, _slots_values),
        setting("setup_figures", FiguresForm, _figures, _figures_values),
        setting("setup_words", WordsForm, _words, _words_values),
        setting("unlink", UnlinkForm, _unlink, _nothing),
        Command("room", About.ROOM, MODERATORS, opens=room, anywhere=True, sets_up=True),
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


def _categories(here: Here, form: CategoriesForm) -> tuple[Edit, ...]:
    return (Sorted((*form.ours, *form.own.splitlines())),)


def _categories_values(here: Here) -> Answers:
    names = here.community.categories
    return {
        "ours": [one for one in names if one in CATEGORIES],
        "own": "\n".join(one for one in names if one not in CATEGORIES),
    }


def _outside(here: Here, form: OutsideForm) -> tuple[Edit, ...]:
    return (Outside(form.body),)


def _outside_values(here: Here) -> Answers:
    return {"body": here.community.policy.outside_body}


def _steps(here: Here, form: StepsForm) -> tuple[Edit, ...]:
    """The rep on duty, perhaps named reps, all reps, organisers. Of the named ones, those whose
    names may not be told here stay."""
    shown = {one.value for one in _reps(here)}
    reps = {one.id for one in here.community.with_role(Role.REP)}
    stay = {*form.named, *(reps - shown)}
    kept = [one for one in _named(here) if one in stay]
    named = (*kept, *(one for one in form.named if one not in kept))
    found: list[tuple[str, int, int, tuple[str, ...]]] = []
    found.append((Target.ON_DUTY.value, form.on_duty, 0, ()))
    if named:
        found.append((Target.NAMED_REPS.value, form.all_reps or form.on_duty, 0, named))
    if form.all_reps:
        found.append((Target.ALL_REPS.value, form.all_reps, 0, ()))
    if form.organisers:
        found.append((Target.ORGANISERS.value, form.organisers, 0, ()))
    return (Climbed(tuple(found)),)


def _steps_values(here: Here) -> Answers:
    hours = {
        one.target: int(one.within.total_seconds() // 3600) for one in here.community.policy.steps
    }
    shown = {one.value for one in _reps(here)}
    return {
        "on_duty": str(hours.get(Target.ON_DUTY, 24)),
        "named": [one for one in _named(here) if one in shown],
        "all_reps": str(hours.get(Target.ALL_REPS, 0)),
        "organisers": str(hours.get(Target.ORGANISERS, 0)),
    }


def _named(here: Here) -> list[str]:
    """Whom the steps of named reps name."""
    steps = here.community.policy.steps
    return [id for one in steps if one.target is Target.NAMED_REPS for id in one.people]


def _slots(here: Here, form: SlotsForm) -> tuple[Edit, ...]:
    days = tuple(sorted(DAYS.index(one) for one in form.days))
    return (Calendar(here.community.slots.zone, days, int(form.hour)),)


def _slots_values(here: Here) -> Answers:
    slots = here.community.slots
    return {"days": [DAYS[one] for one in slots.weekdays], "hour": str(slots.at.hour)}


def _figures(here: Here, form: FiguresForm) -> tuple[Edit, ...]:
    return (Counted(form.members), Floored(form.floor))


def _figures_values(here: Here) -> Answers:
    return {"members": str(here.community.members), "floor": str(here.community.floor)}


def _words(here: Here, form: WordsForm) -> tuple[Edit, ...]:
    return (OwnWords(form.rep, form.organiser, form.moderator),)


def _words_values(here: Here) -> Answers:
    words = here.community.words
    return {"rep": words.rep, "organiser": words.organiser, "moderator": words.moderator}


def _unlink(here: Here, form: UnlinkForm) -> tuple[Edit, ...]:
    return (Left(form.space),)
