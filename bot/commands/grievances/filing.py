"""/grievance: the honest label, the form, the preview, the receipt."""

from dataclasses import dataclass
from datetime import datetime

from bot.chat import (
    About,
    Answers,
    Button,
    Card,
    Command,
    Field,
    Form,
    Here,
    Line,
    Option,
    Reply,
    Tone,
    Weight,
    blank,
    choice,
    choices,
    every,
    line,
    long_text,
)
from bot.commands.words import category, filed, people, seen
from bot.domain.errors import TooManyGrievances
from bot.domain.grievances.intake import (
    SHORTEST_STORY,
    Grievance,
    Impact,
    Spread,
    can_leave_out,
    left_out,
)
from bot.ports import Installation
from bot.services.grievances.filing import Filed, Filing, Preview


def categories(here: Here) -> tuple[Option, ...]:
    return tuple(Option(one, category(one)) for one in here.community.categories)


def excludable(here: Here) -> tuple[Option, ...]:
    """People by name, and roles that stand for those who may not be named here."""
    offered = can_leave_out(here.community, here.shown_trust)
    return tuple(
        Option(value, line(f"exclude.all_of.{value}") if value == who else who)
        for value, who in offered
    )


@dataclass(frozen=True)
class GrievanceForm:
    category: str = choice(categories)
    spread: Spread = choice(every(Spread))
    impact: Impact = choice(every(Impact))
    story: str = long_text(shortest=SHORTEST_STORY)
    exclude: tuple[str, ...] = choices(excludable, note="exclude.note")


def form(here: Here, token: str = "", kept: Grievance | None = None) -> Form:
    """The grievance's form, perhaps with what its draft holds."""
    values = _values(here, kept) if kept else None
    return blank(GrievanceForm, here, "grievance", token, values)


def receipt(filed_now: Filed) -> Reply:
    """The receipt, alone on its card, with what happens next."""
    when = "receipt_card.urgent" if filed_now.urgent else "receipt_card.release"
    return Reply(
        (
            Card(
                line("receipt_card.title"),
                (
                    line(when, date=filed_now.release),
                    line("receipt_card.keep", saved=line("button.saved")),
                    line("receipt_card.only_way"),
                ),
                (Field(line("receipt_card.receipt"), filed_now.receipt),),
                (
                    Button("saved", filed_now.token, Weight.PRIMARY),
                    Button("show_again", filed_now.token),
                ),
                Tone.GOOD,
            ),
        )
    )


def commands(filing: Filing, us: Installation) -> tuple[Command, ...]:
    async def label(here: Here, subject: str) -> Reply:
        if not filing.may_file(here):
            raise TooManyGrievances
        return Reply((label_card(here, us, filing.next_release(here)),))

    async def elsewhere(here: Here, subject: str) -> Reply:
        return Reply((_elsewhere(here, us),))

    async def fill_in(here: Here, subject: str) -> Reply:
        return Reply(form=form(here))

    async def preview(here: Here, subject: str, answers: GrievanceForm) -> Reply:
        grievance = Grievance(
            answers.category,
            answers.spread,
            answers.impact,
            answers.story,
            left_out(here.community, answers.exclude),
            here.member,
        )
        card = _preview(here, await filing.prepare(here, grievance, subject))
        return Reply((card,), takes_away=bool(subject))  # what it showed before has changed

    async def send_urgent(here: Here, subject: str) -> Reply:
        return receipt(await filing.send(here, subject, urgent=True))

    async def show_again(here: Here, subject: str) -> Reply:
        return receipt(await filing.show_again(here, subject))

    async def saved(here: Here, subject: str) -> Reply:
        await filing.saved(here, subject)
        card = Card(line("saved.title"), (line("saved.next"),), tone=Tone.GOOD)
        return Reply((card,), takes_away=True)

    draft = About.DRAFT
    return (
        Command(
            "grievance",
            draft,
            typed=True,
            form=GrievanceForm,
            opens=label,
            run=preview,
            previewed=True,
        ),
        Command("continue", opens=fill_in),
        Command("elsewhere", opens=elsewhere),
        Command("send_urgent", draft, opens=send_urgent),
        Command("show_again", draft, opens=show_again, strangers=True),
        Command("saved", draft, opens=saved, strangers=True),
    )


def label_card(here: Here, us: Installation, release: datetime) -> Card:
    """What this very place can see, before the first keystroke."""
    said = [
        line("label.not_kept"),
        line("label.can_see", sees=seen(here), operator=us.operator),
        line("label.still_points"),
        line("label.release", date=release),
        line("label.receipt"),
        line("label.law"),
    ]
    if us.external_door:
        said.append(line("label.door", door=us.external_door))
    if us.identity_page:
        said.append(line("label.real", page=us.identity_page))
    said += [line("label.changes", what=changed)] if (changed := _changed(here)) else []
    go_on = Button("continue", weight=Weight.PLAIN if here.employer_owned else Weight.PRIMARY)
    other = Button("elsewhere", weight=Weight.PRIMARY if here.employer_owned else Weight.PLAIN)
    buttons = (other, go_on) if here.employer_owned else (go_on, other)
    tone = Tone.WARNING if here.employer_owned else Tone.PLAIN
    return Card(line("label.title"), tuple(said), buttons=buttons, tone=tone)


def _changed(here: Here) -> tuple[Line, ...]:
    """What of the community is to be otherwise, or is since lately (privacy rule 12)."""
    kinds = dict.fromkeys(one.edit.kind for one in here.pending)
    return tuple(line(f"change.{kind}") for kind in kinds)


def _elsewhere(here: Here, us: Installation) -> Card:
    spaces = (one for one in here.community.spaces if one.gone is None)
    others = tuple(one.name for one in spaces if one.id != here.space.id)
    said = [line("elsewhere.spaces", spaces=others) if others else line("elsewhere.only_here")]
    if us.external_door:
        said.append(line("elsewhere.door", door=us.external_door))
    if here.community.policy.outside_body:
        said.append(line("elsewhere.outside", body=here.community.policy.outside_body))
    said.append(line("elsewhere.nothing_filed"))
    return Card(line("elsewhere.title"), tuple(said))


def _preview(here: Here, shown: Preview) -> Card:
    said = [
        line("preview.exact"),
        line("preview.readers", who=people(here.shown_trust, shown.readers)),
        line("preview.release", date=shown.release, answer=shown.answer_by),
    ]
    if len(shown.readers) == 1:
        said.append(line("preview.only_one"))
    said += warned(shown.warnings)
    said.append(line("preview.urgent"))
    shows = filed(shown.grievance)
    if shown.receipt:
        said.append(line("preview.receipt"))
        shows = (*shows, Field(line("receipt_card.receipt"), shown.receipt))
    buttons = (
        Button("send", shown.token, Weight.PRIMARY),
        Button("edit", shown.token),
        Button("cancel", shown.token),
        Button("send_urgent", shown.token, Weight.DANGER),
    )
    tone = Tone.WARNING if shown.warnings else Tone.PLAIN
    return Card(line("preview.title"), tuple(said), shows, buttons, tone)


def warned(found: tuple[str, ...]) -> list[Line]:
    """The warnings, with a sentence in front that says they are yours to judge."""
    if not found:
        return []
    return [line("warning.first"), *(line(f"warning.{kind}") for kind in found)]


def _values(here: Here, kept: Grievance) -> Answers:
    out = [
        o.value for o in excludable(here) if left_out(here.community, [o.value]) <= kept.left_out
    ]
    return {
        "category": kept.category,
        "spread": kept.spread.value,
        "impact": kept.impact.value,
        "story": kept.story,
        "exclude": out,
    }
