"""Everything that has a default: the forms in which moderators set it otherwise.

Each makes edits and no more, as the forms of ``settings``; how it all stands, ``rest`` shows.
"""

from dataclasses import dataclass

from bot.chat import (
    Answers,
    Command,
    Here,
    Option,
    choice,
    choices,
    line,
    long_text,
    number,
    short_text,
)
from bot.commands.communities.changes import may_be_named
from bot.commands.communities.settings import setting
from bot.commands.digests.cards import DAYS
from bot.domain.communities import CATEGORIES, LEAST_KEPT, MOST_KEPT, Role, Target
from bot.domain.communities.edits import (
    HIGHEST_FLOOR,
    LONGEST_BODY,
    MOST_MEMBERS,
    Calendar,
    Climbed,
    Counted,
    Edit,
    Floored,
    Kept,
    Outside,
    OwnWords,
    Sorted,
)
from bot.domain.communities.policy import LONGEST_DEADLINE
from bot.domain.communities.words import LONGEST_LABEL
from bot.domain.privacy import PRIVACY_FLOOR
from bot.services.communities.changing import Changing

MOST_HOURS = int(LONGEST_DEADLINE.total_seconds() // 3600)


def _days(here: Here) -> tuple[Option, ...]:
    return tuple(Option(day, line(f"day.{day}")) for day in DAYS)


def _hours(here: Here) -> tuple[Option, ...]:
    return tuple(Option(str(hour), f"{hour:02}:00") for hour in range(24))


def _ours(here: Here) -> tuple[Option, ...]:
    return tuple(Option(one, line(f"category.{one}")) for one in CATEGORIES)


def _reps(here: Here) -> tuple[Option, ...]:
    return tuple(
        Option(one.id, one.name)
        for one in here.community.with_role(Role.REP)
        if may_be_named(here, one)
    )


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
class KeptForm:
    days: int = number(LEAST_KEPT, MOST_KEPT)


@dataclass(frozen=True, kw_only=True)
class WordsForm:
    rep: str = short_text(LONGEST_LABEL, required=False)
    organiser: str = short_text(LONGEST_LABEL, required=False)
    moderator: str = short_text(LONGEST_LABEL, required=False)


def commands(changing: Changing) -> tuple[Command, ...]:
    return (
        setting(changing, "setup_categories", CategoriesForm, _categories, _categories_values),
        setting(changing, "setup_outside", OutsideForm, _outside, _outside_values),
        setting(changing, "setup_steps", StepsForm, _steps, _steps_values),
        setting(changing, "setup_slots", SlotsForm, _slots, _slots_values),
        setting(changing, "setup_figures", FiguresForm, _figures, _figures_values),
        setting(changing, "setup_kept", KeptForm, _kept, _kept_values),
        setting(changing, "setup_words", WordsForm, _words, _words_values),
    )


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


def _kept(here: Here, form: KeptForm) -> tuple[Edit, ...]:
    return (Kept(form.days),)


def _kept_values(here: Here) -> Answers:
    return {"days": str(here.community.retention.days)}


def _words(here: Here, form: WordsForm) -> tuple[Edit, ...]:
    return (OwnWords(form.rep, form.organiser, form.moderator),)


def _words_values(here: Here) -> Answers:
    words = here.community.words
    return {"rep": words.rep, "organiser": words.organiser, "moderator": words.moderator}
