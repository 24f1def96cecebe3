"""Changes of a community: how they are told, seconded and withdrawn (privacy rule 12).

Workers read of them in the bulletin room, in ``/about`` and on the label; of a person to whom a
role is to be offered nobody but moderators is told the name.
"""

from collections.abc import Iterable
from dataclasses import replace

from bot.chat import (
    About,
    Button,
    Card,
    Command,
    Day,
    Field,
    Here,
    Line,
    Reply,
    Rows,
    Tone,
    Weight,
    line,
)
from bot.commands.digests.cards import DAYS
from bot.commands.polls.words import asked_again
from bot.commands.words import category
from bot.domain.communities import Community, Role, Staff, StaffId, Trust
from bot.domain.communities.edits import (
    Calendar,
    Called,
    Climbed,
    Counted,
    Destined,
    Edit,
    Ended,
    Floored,
    Joined,
    Kept,
    Left,
    Named,
    Offered,
    Outside,
    OwnWords,
    Pulsed,
    Roomed,
    Sorted,
    Trusted,
)
from bot.domain.communities.pending import OPERATOR, Pending, may_second
from bot.services.communities.changing import Changed, Changing

MODERATORS = frozenset({Role.MODERATOR})
MOST_SHOWN = 8  #: changes on one card, with two buttons each
#: What may stand behind ``/setup``, and the command each means.
WORDS = {
    "status": "setup_status",
    "link": "link",
    "staff": "staff",
    "approve": "approve",
    "withdraw": "withdraw_change",
}


def commands(changing: Changing) -> tuple[Command, ...]:
    async def approve(here: Here, subject: str) -> Reply:
        """Typed, it means the one change that waits for this moderator, where it is one."""
        if not subject:
            mine = [one for one in _waiting(here) if _may_second(here, one)]
            if len(mine) != 1:
                return Reply((changes_card(here),))
            subject = mine[0].id
        changed = await changing.second(here, subject)
        return Reply((seconded(changed, here),))

    async def withdraw(here: Here, subject: str) -> Reply:
        if not subject:
            if len(_waiting(here)) != 1:
                return Reply((changes_card(here),))
            subject = _waiting(here)[0].id
        gone = await changing.withdraw(here, subject)
        said = (change(gone.edit, here), line("withdrawn_change.words"))
        return Reply((Card(line("withdrawn_change.title"), said),))

    async def changes(here: Here, subject: str) -> Reply:
        return Reply((changes_card(here),))

    pending = About.PENDING
    return (
        Command("setup_changes", roles=MODERATORS, opens=changes, anywhere=True, sets_up=True),
        Command("approve", pending, MODERATORS, opens=approve, anywhere=True, sets_up=True),
        Command(
            "withdraw_change", pending, MODERATORS, opens=withdraw, anywhere=True, sets_up=True
        ),
    )


def changed_card(here: Here, *done: Changed, held_as: str = "changed.held") -> Card:
    """What became of what a moderator changed. ``held_as``: how it is said that it holds."""
    held = [one for one in done if one.waits is None and not one.same]
    waits = [one.waits for one in done if one.waits is not None]
    said = [] if waits else [line(held_as)]
    said += [line("changed.some_held")] if held and waits else []
    if waits:
        key = "changed.second" if any(not one.agreed for one in waits) else "changed.waits"
        said.append(line(key, date=max(one.earliest for one in waits)))
    buttons = tuple(_withdraw(n, one) for n, one in enumerate(waits, 1))
    tone = Tone.WARNING if waits else Tone.GOOD
    title = line("changed.waiting") if waits else line("changed.title")
    return Card(title, tuple(said), _fields(waits, here), (*buttons, Button("setup")), tone)


def seconded(done: Changed, here: Here) -> Card:
    """What became of a change that another moderator seconded."""
    if done.off:
        return Card(line("seconded.off.title"), (line("seconded.off"),), tone=Tone.WARNING)
    if done.waits is None:
        return Card(line("seconded.title"), (line("seconded.holds"),), tone=Tone.GOOD)
    said = (
        change(done.waits.edit, here),
        line("seconded.then", date=done.waits.earliest),
    )
    buttons = (_word("withdraw", done.waits.id, line("button.withdraw_change")),)
    return Card(line("seconded.title"), said, buttons=buttons, tone=Tone.GOOD)


def changes_card(here: Here) -> Card:
    """The changes that wait, as many as fit, with what this moderator can do about each."""
    waiting = _waiting(here)
    if not waiting:
        return Card(line("changes.title"), (line("changes.none"),), buttons=(Button("setup"),))
    shown, more = waiting[:MOST_SHOWN], len(waiting[MOST_SHOWN:])
    said = [line("changes.words")]
    said += [line("changes.more", n=more)] if more else []
    buttons: list[Button] = []
    for n, one in enumerate(shown, 1):
        if _may_second(here, one):
            agree = line("changes.agree", n=n)
            buttons.append(_word("approve", one.id, agree, Weight.PRIMARY))
        buttons.append(_withdraw(n, one))
    fields = _fields(shown, here)
    return Card(line("changes.title"), tuple(said), fields, (*buttons, Button("setup")))


def may_be_named(here: Here, one: Staff) -> bool:
    """Whether a moderator may read this name where they are: their own, and where an employer may
    read only of those who agreed to that."""
    return one.named or not here.employer_owned or one == here.staff


def change_buttons(here: Here) -> tuple[Button, ...]:
    """The way to the changes that wait, when some do."""
    return (Button("setup_changes"),) if _waiting(here) else ()


def told_changes(here: Here) -> tuple[Line, ...]:
    """What everybody is told of changes to come, and of those of the last 30 days."""
    return told(here.pending, here.community)


def told(changes: tuple[Pending, ...], community: Community) -> tuple[Line, ...]:
    """The same, wherever it is said."""
    said = []
    for one in changes:
        what = line(f"change.{one.edit.kind}")
        if one.held is not None:
            said.append(line("change.since", what=what, date=Day(one.held)))
        else:
            said.append(line("change.to_come", what=what, date=one.earliest))
    return tuple(said)


def change(edit: Edit, here: Here) -> Line:
    """What an edit changes, as moderators read it: with the new value; but no person and no address
    of theirs where an employer may read."""
    kind = line(f"change.{edit.kind}")
    said = value(edit, here.community)
    if here.employer_owned and not _may_be_told_at_work(edit, here):
        said = line("value.elsewhere")
    return line("change.to", what=kind, value=said)


def _may_be_told_at_work(edit: Edit, here: Here) -> bool:
    if isinstance(edit, Ended | Called):
        person = here.community.person(StaffId(edit.staff))
        return person is None or may_be_named(here, person)
    return not isinstance(edit, Offered | Destined)


def value(edit: Edit, community: Community) -> Line | str:
    """What a setting is to be."""
    if isinstance(edit, Named | Called | Joined):
        return edit.name
    if isinstance(edit, Outside):
        return edit.body or line("value.nobody")
    if isinstance(edit, Floored | Counted):
        return str(edit.floor if isinstance(edit, Floored) else edit.members)
    if isinstance(edit, Kept):
        return line("value.days", n=edit.days)
    if isinstance(edit, Pulsed):
        return asked_again(edit.every, edit.bank) if edit.bank else line("value.no_pulse")
    if isinstance(edit, Trusted):
        return line(f"trust.{Trust(edit.trust).value}")
    if isinstance(edit, Roomed):
        return line(f"room_kind.{edit.room}")
    if isinstance(edit, Sorted):
        return line("list", items=tuple(category(one) for one in edit.categories))
    if isinstance(edit, Calendar):
        days = tuple(line(f"day.{DAYS[one]}") for one in edit.weekdays)
        return line("value.slots", days=days, hour=f"{edit.hour:02}:00", zone=edit.zone)
    if isinstance(edit, Climbed):
        return line("list", items=tuple(_step(*one) for one in edit.steps))
    if isinstance(edit, Destined):
        return _destination(edit, community)
    return _of_people(edit, community)


def _destination(edit: Destined, community: Community) -> Line:
    """The place whose organisers' room hears digests, where that changes, and every address."""
    places = tuple(
        line("digest.room", space=one.name) for one in community.spaces if one.id == edit.space
    )
    mails = edit.addresses or (line("digest.no_address"),)
    return line("list", items=(*places, *mails))


def _of_people(edit: Edit, community: Community) -> Line | str:
    if isinstance(edit, Offered):
        return line("value.role", who=edit.name, role=line(f"role.{edit.role}"))
    if isinstance(edit, Ended):
        person = community.person(StaffId(edit.staff))
        who = person.name if person else line("staff.former")
        return line("value.role", who=who, role=line(f"role.{edit.role}"))
    if isinstance(edit, Left):
        gone = next((one.name for one in community.spaces if one.id == edit.space), "")
        return gone or line("value.gone")
    if isinstance(edit, OwnWords):
        labels = tuple(one for one in (edit.rep, edit.organiser, edit.moderator) if one)
        return line("list", items=labels) if labels else line("value.our_words")
    return line("value.changed")


def _step(target: str, within: int, again: int, people: tuple[str, ...]) -> Line:
    return line("value.step", who=line(f"step.{target}"), n=within)


def _fields(changes: Iterable[Pending], here: Here) -> tuple[Field, ...]:
    """Each with its number, as its buttons have it."""
    return tuple(
        Field(
            line("changes.from", n=n, date=one.earliest),
            Rows((change(one.edit, here), _stands(one, here))),
        )
        for n, one in enumerate(changes, 1)
    )


def _stands(one: Pending, here: Here) -> Line:
    """Who said so, and who must still."""
    if one.by == OPERATOR:
        return line("changes.operator")
    who = _called(here, one.by)
    if one.second and here.community.person(one.second):
        return line("changes.seconded", who=who, second=_called(here, one.second))
    return line("changes.asked", who=who)


def _called(here: Here, id: StaffId) -> str | Line:
    """What a moderator is called where the caller is."""
    person = here.community.person(id)
    if person is None:
        return line("staff.former")
    return person.name if may_be_named(here, person) else line("role.moderator")


def _waiting(here: Here) -> list[Pending]:
    return [one for one in here.pending if one.waits]


def _may_second(here: Here, one: Pending) -> bool:
    return may_second(here.person, one, here.community, here.now)


def _withdraw(n: int, one: Pending) -> Button:
    return _word("withdraw", one.id, line("changes.withdraw", n=n))


def _word(word: str, id: str, said: Line, weight: Weight = Weight.PLAIN) -> Button:
    return replace(Command("setup", words=WORDS).word(word, id, weight), said=said)
