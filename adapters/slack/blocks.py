"""The blocks that views and messages are made of, cut to what Slack takes. Pure.

Block Kit (docs.slack.dev/reference/block-kit): a header 150 characters, a section's text 3,000, one
of its fields 2,000 and ten of them, an option 75, a button's text 75, 25 elements in a row of
buttons. Whatever a person wrote is ``plain_text``: nothing in it is a link, a mention or a bold word.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bot.chat import Button, Card, Field, Line, Rows, Tone, Weight
from bot.texts import Speaker

Json = dict[str, Any]

HEADER, TEXT, SIDE, IN_A_ROW = 150, 3000, 10, 25
INLINE = 120  #: characters of a value that stand beside their label
NOTHING = "–"  #: where a text is empty: Slack takes none that is
_MARKS = {Tone.WARNING: "⚠️ ", Tone.GOOD: "✅ ", Tone.PLAIN: ""}
_STYLES = {Weight.PRIMARY: "primary", Weight.DANGER: "danger"}


def plain(text: str, most: int = TEXT) -> Json:
    """Words as they are. ``emoji``: that ``:+1:`` stays what was typed."""
    shown = text if text.strip() else NOTHING
    return {"type": "plain_text", "text": cut(shown, most), "emoji": False}


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def bold(text: str) -> Json:
    """Words of ours, bold; of somebody's nothing is left that means anything to Slack."""
    return {"type": "mrkdwn", "text": f"*{escaped(text)}*", "verbatim": True}


def escaped(text: str) -> str:
    """https://docs.slack.dev/messaging/formatting-message-text#escaping"""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescaped(shown: Any) -> Any:
    """Blocks as they were sent: Slack gives their plain texts back escaped (bolt-python issue 513)."""
    if isinstance(shown, list):
        return [unescaped(one) for one in shown]
    if not isinstance(shown, dict):
        return shown
    back = {key: unescaped(one) for key, one in shown.items()}
    if back.get("type") == "plain_text" and isinstance(back.get("text"), str):
        text = back["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        back["text"] = text
    return back


def card(speaker: Speaker, one: Card, skip: str = "") -> Iterator[Json]:
    """A card from its title to its buttons. ``skip``: the button that is shown elsewhere."""
    yield from heading(_MARKS[one.tone] + speaker.say(one.title))
    yield from paragraphs(speaker.say(said) for said in one.lines)
    yield from fields(speaker, one.fields)
    if one.picture and not one.fields:  # where there are fields, they say the same
        yield from words(one.picture.alt)
    yield from buttons(speaker, [button for button in one.buttons if button.id != skip])


def heading(text: str) -> Iterator[Json]:
    if len(text) <= HEADER:
        yield {"type": "header", "text": plain(text)}
    else:
        yield from words(text)


def words(text: str) -> Iterator[Json]:
    """Text of any length."""
    for piece in pieces(text):
        yield {"type": "section", "text": plain(piece)}


def paragraphs(said: Iterable[str]) -> Iterator[Json]:
    """Sentences one below the other, as many in a block as fit."""
    together = ""
    for one in said:
        if together and len(together) + len(one) + 2 > TEXT:
            yield from words(together)
            together = ""
        together = f"{together}\n\n{one}" if together else one
    if together:
        yield from words(together)


def fields(speaker: Speaker, some: Iterable[Field]) -> Iterator[Json]:
    """Short ones side by side; a long one below its label."""
    row: list[Json] = []
    for one in some:
        label, said = _label(speaker, one.label), speaker.say(one.value)
        if not isinstance(one.value, Rows) and len(said) <= INLINE and "\n" not in said:
            row += [label, plain(said)]
            if len(row) == SIDE:
                yield {"type": "section", "fields": row}
                row = []
            continue
        if row:
            yield {"type": "section", "fields": row}
            row = []
        yield {"type": "section", "text": label}
        yield from words(said)
    if row:
        yield {"type": "section", "fields": row}


def buttons(speaker: Speaker, some: Sequence[Button]) -> Iterator[Json]:
    for start in range(0, len(some), IN_A_ROW):
        row = [_button(speaker, one) for one in some[start : start + IN_A_ROW]]
        yield {"type": "actions", "elements": row}


def pieces(text: str, most: int = TEXT) -> Iterator[str]:
    """What is longer goes over several; where it can be, one ends at a space."""
    if not text.strip():
        yield NOTHING
        return
    while text:
        end = len(text)
        if end > most:
            end = max(text.rfind(gap, 0, most) for gap in " \n") + 1 or most
        piece, text = text[:end], text[end:]
        if piece.strip():
            yield piece


def _label(speaker: Speaker, one: Line | str) -> Json:
    """Bold where it is ours; where it is somebody's it might hold a star."""
    said = speaker.say(one)
    return bold(said) if isinstance(one, Line) and len(said) <= INLINE else plain(said, 2000)


def _button(speaker: Speaker, one: Button) -> Json:
    shown: Json = {"type": "button", "action_id": one.id, "text": plain(speaker.say(one.label), 75)}
    return shown | ({"style": _STYLES[one.weight]} if one.weight in _STYLES else {})
