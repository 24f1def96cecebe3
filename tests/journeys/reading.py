"""How a test reads what people are shown: sentences, fields and errors in English, and days that
pass. The world begins on Monday 1 June at 07:30; slots are Monday, Wednesday and Friday at 09:00.
"""

from datetime import datetime, timedelta

from adapters.sandbox import render
from bot.chat import Reply, Voice
from bot.texts import Speaker
from tests.fakes.acts import Acts, names

WORKER, ANOTHER = "noor-haddad", "marta-lindqvist"
ON_DUTY, REP, THIRD = "ines-moreau", "karim-benali", "greta-holm"
ORGANISER = "ruth-adeyemi"
NAMES = ("Ines Moreau", "Karim Benali", "Greta Holm", "Ruth Adeyemi")  #: all readers
MONDAY, WEDNESDAY = "Monday 1 June, 09:00 (UTC)", "Wednesday 3 June, 09:00 (UTC)"
MAIL = "Write to me at someone@example.org about it."

TOO_LATE = (
    "Its half hour is over, or it was finished already. Nothing more was stored. Please start "
    "again: /grievance or /receipt"
)
ALREADY_SENT = "This was sent already. Your receipt opens it: /receipt"
NO_SUCH_CASE = "There is no such case for you. Your own list: /cases"
NOBODY_LEFT = (
    "Nobody would be left to read it, so nothing was done. Outside this community you can turn "
    "to: Harbour Law Centre, open on weekdays, room 4 at the old post office. Your text is still "
    "yours: copy it before you close this."
)

_ENGLISH = Speaker(Voice(), "/")


def text(reply: Reply) -> list[str]:
    """The sentences of a reply's cards."""
    cards = [render.card(_ENGLISH, one, whisper=True) for one in reply.cards]
    return [line for card in cards for line in (card["title"], *card["text"].split("\n")) if line]


def fields(reply: Reply) -> dict[str, str]:
    cards = [render.card(_ENGLISH, one, whisper=True) for one in reply.cards]
    return {one["label"]: one["value"] for card in cards for one in card["fields"]}


def labels(reply: Reply) -> list[str]:
    """What its buttons say."""
    return [_ENGLISH.say(one.label) for card in reply.cards for one in card.buttons]


def errors(reply: Reply) -> dict[str, str]:
    assert reply.form is not None, text(reply)
    return render.errors(_ENGLISH, reply.form)


def typed(reply: Reply, question: str) -> str | tuple[str, ...]:
    assert reply.form is not None, text(reply)
    return next(one.value for one in reply.form.questions if one.id == question)


async def listed(acts: Acts, rep: str) -> int:
    """How many cases are on a rep's list."""
    return names(await acts.say(rep, "cases")).count("open")


async def day(acts: Acts, days: int = 1) -> None:
    """Days pass, slot by slot, with all that is due on the way."""
    until = acts.world.clock.at + timedelta(days=days)
    while (await _next_slot(acts)) <= until:
        await acts.world.slot()
    acts.world.clock.at = until
    await acts.world.bot.tick()


async def _next_slot(acts: Acts) -> datetime:
    dues = await acts.world.bot.communities.coming()
    return next(due.at for due in dues if due.what == "slot")


def heard(acts: Acts) -> list[tuple[datetime, str, str]]:
    """What members of staff were told unasked: when, who, the sentence; by moment and name."""
    alone = [one for one in acts.world.post.heard if one[1] not in ("general", "reps")]
    told = [(at, who, text(Reply((card,)))[-1]) for at, who, card in alone]
    return sorted(told, key=_by_moment)


def _by_moment(one: tuple[datetime, str, str]) -> tuple[datetime, int, str]:
    return one[0], one[1] == ORGANISER, one[1]


async def quiet(acts: Acts, who: str, begins: str, ends: str) -> None:
    """A rep sets their quiet hours (UTC) on the card of their duty."""
    form = await acts.press(who, await acts.say(who, "duty"), "quiet_hours")
    await acts.fill(who, form, **{"from": begins, "until": ends, "zone": "UTC"})
