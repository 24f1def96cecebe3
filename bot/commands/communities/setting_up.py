"""/setup: a community is claimed, five questions are answered, the rest is on one card, it opens.

It can be left and come back to at any time: what was answered is kept, and the card says what is
missing. Rooms are named by saying it in them. What is wrong later stands under ``status``.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bot.chat import (
    About,
    Button,
    Card,
    Command,
    Field,
    Here,
    Line,
    Outside,
    Reply,
    Rows,
    Run,
    Tone,
    Weight,
    code_text,
    line,
)
from bot.commands.communities.changes import (
    MODERATORS,
    WORDS,
    change_buttons,
    changed_card,
    may_be_named,
    told_changes,
)
from bot.commands.communities.first_pulse import begins
from bot.commands.communities.rest import rest_card
from bot.commands.communities.staff import account_buttons, accounts_of, entered
from bot.domain.communities import Community, Role, RoomKind, Space, Trust
from bot.domain.communities.findings import FEWEST_MODERATORS, Finding, lacking
from bot.services.communities.findings import Findings, Wrong
from bot.services.communities.founding import Founding
from bot.services.communities.rehearsal import Rehearsal

STAFF = frozenset({Role.REP, Role.ORGANISER, Role.MODERATOR})
EVERYBODY = STAFF | {Role.WORKER}

Label = Callable[[Here], Card]


@dataclass(frozen=True)
class ClaimForm:
    code: str = code_text()


def commands(
    founding: Founding, findings: Findings, rehearsal: Rehearsal, label: Label
) -> tuple[Command, ...]:
    """``label``: what workers read before they write, in the place where the caller is."""

    async def setup(here: Here, subject: str) -> Reply:
        if Role.MODERATOR not in here.roles:
            return Reply((_others_card(here),))
        return Reply((setup_card(here),))

    async def rest(here: Here, subject: str) -> Reply:
        return Reply((rest_card(here.community),))

    async def status(here: Here, subject: str) -> Reply:
        return Reply((status_card(await findings.status(here)),))

    async def claim(there: Outside, subject: str, form: ClaimForm) -> Reply:
        return Reply((await entered(founding, there, form.code),))

    async def succeed(here: Here, subject: str, form: ClaimForm) -> Reply:
        return Reply((changed_card(here, await founding.succeed(here, form.code)),))

    async def look(here: Here, subject: str) -> Reply:
        shown = label(here)
        return Reply((_before_opening(here), Card(shown.title, shown.lines, tone=shown.tone)))

    async def test(here: Here, subject: str) -> Reply:
        sent = await rehearsal.test(here)
        said = (
            line("tested.rooms", n=sent.rooms),
            line("tested.people", n=sent.people),
            line("tested.ask"),
        )
        return Reply((Card(line("tested.title"), said, buttons=_open_buttons(here)),))

    async def open_(here: Here, subject: str) -> Reply:
        opened = await founding.open(here)
        said = [
            line("now_open.words", date=opened.slots.after(here.now)),
            line("now_open.shared"),
            line("now_open.code", code=opened.code),
        ]
        said += [begins(opened)] if opened.first_pulse else []
        buttons = (setup_word("status"), Button("setup"))
        return Reply((Card(line("now_open.title"), tuple(said), buttons=buttons, tone=Tone.GOOD),))

    outside = Command("claim", form=ClaimForm, run=claim)
    return (
        Command(
            "setup",
            roles=EVERYBODY,
            typed=True,
            opens=setup,
            words=WORDS,
            anywhere=True,
            sets_up=True,
            shown_to=STAFF - {Role.REP},
            outside=outside,
        ),
        Command(
            "claim", roles=EVERYBODY, form=ClaimForm, run=succeed, sets_up=True, outside=outside
        ),
        moderators("setup_rest", rest),
        moderators("setup_status", status),
        moderators("setup_open", look),
        moderators("setup_test", test),
        moderators("open_community", open_),
    )


def moderators(name: str, opens: Run) -> Command:
    """A button of set-up: it works everywhere, and before the community is open."""
    return Command(name, About.NOTHING, MODERATORS, opens=opens, anywhere=True, sets_up=True)


def setup_card(here: Here) -> Card:
    """The five questions and how they stand; once it is open, what can be changed."""
    community, missing = here.community, set(lacking(here.community))
    opened = community.opened is not None
    fields = [
        Field(line("setup.asks.name"), _or_missing(Finding.NAME in missing, _named(community))),
        Field(line("setup.asks.trust"), Rows(tuple(_trusted(one) for one in community.spaces))),
        Field(line("setup.asks.staff"), Rows(_staff(here))),
        Field(line("setup.asks.rooms"), Rows(_rooms(here))),
        accounts_of(here.person),
    ]
    if opened:
        said = [line("setup.open"), *told_changes(here)]
    else:
        said = [line("setup.five"), *(line(f"lacks.{one.value}") for one in lacking(community))]
        said += [] if missing else [line("setup.ready")]
    tone = Tone.PLAIN if opened or not missing else Tone.WARNING
    title = line("setup.of", name=community.name) if community.name else line("setup.title")
    return Card(title, tuple(said), tuple(fields), _setup_buttons(here, missing), tone)


def status_card(wrong: tuple[Wrong, ...]) -> Card:
    """Each thing that is wrong, and what to do about it."""
    if not wrong:
        said = (line("status.fine"),)
        return Card(line("status.title"), said, buttons=(Button("setup"),), tone=Tone.GOOD)
    fields = tuple(Field(line(f"finding.{one.finding.value}"), _remedy(one)) for one in wrong)
    said = (line("status.some", n=len(wrong)),)
    return Card(line("status.title"), said, fields, (Button("setup"),), Tone.WARNING)


def _remedy(one: Wrong) -> Rows:
    where = [line("status.where", what=one.what)] if one.what else []
    if one.room is not None:
        kind = line(f"room_kind.{one.room.value}")
        where = [line("setup.room", space=one.what[0], kind=kind)]
    elif one.finding is Finding.PERMISSION:
        where = [line("setup.room", space=one.what[0], kind=one.what[1:])]
    return Rows((*where, line(f"remedy.{one.finding.value}")))


def _others_card(here: Here) -> Card:
    """What is not a moderator's: their own accounts, or a code of the operator's."""
    if here.staff is None:
        buttons = (Button("claim"),)
        why = line("refused.key_changed" if here.other_hand else "setup.moderators_only")
        return Card(line("setup.title"), (why,), buttons=buttons)
    bound = (accounts_of(here.person),)
    mine = (*account_buttons(here.person), Button("claim"))
    return Card(line("setup.title"), (line("setup.words"),), bound, mine)


def _setup_buttons(here: Here, missing: set[Finding]) -> tuple[Button, ...]:
    opened = here.community.opened is not None
    first = {Finding.NAME, Finding.TRUST} & missing
    reps = not first and Finding.REPS in missing
    buttons = [
        Button("setup_first", weight=_weight(bool(first))),
        setup_word("staff", _weight(reps)),
        *_room_buttons(here),
        Button("setup_rest"),
        *change_buttons(here),
    ]
    if opened:
        buttons += [setup_word("status"), Button("end_role")]
        buttons += [Button("unlink")] if len(here.community.spaces) > 1 else []
    else:
        buttons.append(Button("setup_open", weight=_weight(not missing)))
    return (*buttons, setup_word("link"), *account_buttons(here.person))


def setup_word(word: str, weight: Weight = Weight.PLAIN) -> Button:
    """The button of a word behind ``/setup``."""
    return Command("setup", words=WORDS).word(word, weight=weight)


def _weight(first: bool) -> Weight:
    return Weight.PRIMARY if first else Weight.PLAIN


def _room_buttons(here: Here) -> tuple[Button, ...]:
    """What the room in which this is said can be for."""
    if not here.caller.room or not here.space.id:
        return ()
    return tuple(
        Button("room", kind.value, said=line(f"room.is.{kind.value}"))
        for kind in RoomKind
        if here.space.rooms.get(kind) != here.caller.room and _may_be(here, kind)
    )


def _may_be(here: Here, kind: RoomKind) -> bool:
    """Whether it would not be refused: where all read along, only bulletins come."""
    taken = here.community.opened and here.space.rooms.get(RoomKind.BULLETIN) == here.caller.room
    return kind is RoomKind.BULLETIN or not (here.employer_owned or taken)


def _or_missing(missing: bool, said: Line) -> Line:
    return line("setup.missing") if missing else said


def _named(community: Community) -> Line:
    return line(
        "setup.named",
        name=community.name,
        language=line(f"language.{community.language}"),
        zone=community.slots.zone,
    )


def _trusted(space: Space) -> Line:
    trust = line(f"trust.{space.trust.value}") if space.answered else line("setup.missing")
    return line("setup.trusted", space=space.name, trust=trust)


def _staff(here: Here) -> tuple[Line, ...]:
    """Who holds which role, for moderators alone; by name, except where an employer may read of
    those who did not agree to that."""
    said = tuple(
        line("value.role", who=one.name, role=line(f"role.{role.value}"))
        if may_be_named(here, one)
        else line(f"role.{role.value}")
        for one in here.community.staff
        for role in (Role.REP, Role.ORGANISER, Role.MODERATOR)
        if role in one.roles
    )
    return said or (line("setup.missing"),)


def _rooms(here: Here) -> tuple[Line, ...]:
    """Which rooms the bot speaks in; and where reps read, if that is only to themselves."""
    said = tuple(
        line("setup.room", space=space.name, kind=line(f"room_kind.{kind.value}"))
        for space in here.community.spaces
        for kind in RoomKind
        if kind in space.rooms
    )
    by_room = any(
        RoomKind.STAFF in one.rooms and one.trust is not Trust.EMPLOYER_OWNED
        for one in here.community.spaces
    )
    return (*said, line("setup.reps_in_rooms") if by_room else line("setup.reps_alone"))


def _before_opening(here: Here) -> Card:
    missing = lacking(here.community)
    said = [line("before.words"), line("before.shared"), line("before.offers")]
    alone = len(here.community.with_role(Role.MODERATOR)) < FEWEST_MODERATORS
    said += [line("before.one_moderator")] if alone else []
    said += [begins(here.community)] if here.community.first_pulse else []
    said += [line(f"lacks.{one.value}") for one in missing]
    tone = Tone.WARNING if missing or alone else Tone.PLAIN
    return Card(line("before.title"), tuple(said), buttons=_open_buttons(here), tone=tone)


def _open_buttons(here: Here) -> tuple[Button, ...]:
    ready = not lacking(here.community)
    opening = (Button("open_community", weight=Weight.PRIMARY),) if ready else ()
    return (Button("setup_test"), *opening, Button("setup"))
