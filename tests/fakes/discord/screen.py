"""What one person has open at one client: a modal, and what they typed into it.

A modal lives at the client alone: it stays open over any restart of the bot. What is sent of it are
the ids and the values, and nothing else of what it once was.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.discord.parts import CHECK, INPUT, LABEL, RADIO, ROW, inner, numbered

if TYPE_CHECKING:
    from tests.fakes.discord.interactions import Interaction

Json = dict[str, Any]


class Impossible(AssertionError):
    """Nobody can do that at a client: no such command, button, field, option or modal."""


@dataclass(eq=False)
class Shown:
    """A modal. ``by``: the interaction that it answered; ``typed``: what is in its fields, by
    custom_id; ``chosen``: the people, roles and channels behind that."""

    data: Json
    by: "Interaction"
    typed: Json = field(default_factory=dict)
    chosen: Json = field(default_factory=dict)

    @property
    def fields(self) -> list[Json]:
        return [one for one in inner(self.data["components"]) if "custom_id" in one]

    def value(self, one: Json) -> Any:
        """What stands in a field: what was typed, else what was there from the start."""
        return self.typed.get(one["custom_id"], initial(one))

    def sent(self) -> Json:
        """As MODAL_SUBMIT carries it."""
        return {
            "custom_id": self.data["custom_id"],
            "components": [self._part(one) for one in self.data["components"]],
        }

    def _part(self, one: Json) -> Json:
        part: Json = {"type": one["type"], "id": one["id"]}
        if one["type"] == LABEL:
            return part | {"component": self._field(one["component"])}
        if one["type"] == ROW:
            return part | {"components": [self._field(inside) for inside in one["components"]]}
        return part

    def _field(self, one: Json) -> Json:
        key = "value" if one["type"] in (INPUT, RADIO, CHECK) else "values"
        kept = {name: one[name] for name in ("type", "id", "custom_id")}
        return kept | {key: self.value(one)}


@dataclass(eq=False)
class Screen:
    """One client: a modal that opens takes the place of another."""

    modal: Shown | None = None

    def opens(self, data: Json, by: "Interaction") -> None:
        self.modal = Shown(data | {"components": numbered(data["components"])}, by)

    def sent(self, by: "Interaction") -> None:
        """A submission was answered: its modal closes."""
        if self.modal is not None and self.modal.by is by.before:
            self.modal = None


def initial(one: Json) -> Any:
    """What a field that nobody touched holds."""
    chosen = [option["value"] for option in one.get("options", ()) if option.get("default")]
    if one["type"] == INPUT:
        return one.get("value") or ""
    if one["type"] == RADIO:
        return chosen[0] if chosen else None
    if one["type"] == CHECK:
        return one.get("default", False)
    return chosen
