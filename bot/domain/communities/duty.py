"""What a rep may do about their own duty: come on, go off, be away, offer a shift, take one, swap.

Pure: each says what changes of the rota go and which come, or refuses with a sentence.

    asked                                        answer
    -------------------------------------------  -----------------------------------------------
    on, while on duty                            nothing changes
    on, while off or away                        on from now to the handover, what lay over it goes
    off, while not on duty                       NotOnDuty
    away, over days away already                 refused: they overlap
    offer of hours that are not one's own        refused (days away may be offered: they are why)
    offer of hours offered already               refused: they overlap
    take or swap, one's own offer                take: it is taken back; swap: SwapWithSelf
    take or swap, taken, taken back or over      OfferGone
    take or swap, on duty then                   OnDutyThen
    take or swap, away then                      AwayThen
    swap, with no shift to give                  NothingToGive
    swap, the other on duty or away then         TheyCannot
    take, when some of it has passed             the rest of it
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.communities.rota import Change, Changes, Lies, Rota, Span
from bot.domain.communities.staff import StaffId
from bot.domain.errors import (
    AwayThen,
    Invalid,
    NothingToGive,
    NotOnDuty,
    OfferGone,
    OnDutyThen,
    SwapWithSelf,
    TheyCannot,
)

NewId = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Edit:
    """What goes and what comes."""

    drops: frozenset[str] = frozenset()
    adds: Changes = ()

    def on(self, changes: Iterable[Change]) -> Changes:
        """The changes as they are after it."""
        return (*(one for one in changes if one.id not in self.drops), *self.adds)

    def then(self, later: "Edit") -> "Edit":
        """This edit and one made after it."""
        kept = tuple(one for one in self.adds if one.id not in later.drops)
        return Edit(self.drops | later.drops, (*kept, *later.adds))


@dataclass(frozen=True, slots=True)
class Desk:
    """One rep before the rota at a moment."""

    rota: Rota
    changes: Changes
    who: StaffId
    now: datetime
    new_id: NewId

    def come_on(self) -> Edit:
        """On duty from now until the handover."""
        if self.who in self.rota.on_duty(self.changes, self.now):
            return Edit()
        return self._on(self.who, (self.now, self.rota.handover_after(self.now)))

    def go_off(self) -> Edit:
        """Off duty for the rest of the shift. Raises NotOnDuty."""
        shift = self.rota.shift(self.changes, self.who, self.now)
        if shift is None:
            raise NotOnDuty
        return self._off(self.who, (self.now, shift[1]))

    def back(self, away: str) -> Edit:
        """Days away are taken back. Raises OfferGone when there are none of that id."""
        for one in self.changes:
            if (one.id, one.staff, one.lies) == (away, self.who, Lies.AWAY):
                return Edit(frozenset({one.id}))
        raise OfferGone

    def be_away(self, span: Span) -> Edit:
        """Raises Invalid: away then already."""
        if self._mine(Lies.AWAY, span):
            raise Invalid("from", "invalid.away_then")
        return Edit(adds=(self._new(self.who, Lies.AWAY, span),))

    def offer(self, span: Span) -> Edit:
        """Somebody else may have these hours. Raises Invalid: not mine, or offered already."""
        if self._mine(Lies.OFFERED, span):
            raise Invalid("from", "invalid.offered_then")
        here = tuple(one for one in self.changes if one.lies is not Lies.AWAY)
        if self.rota.spans(here, self.who, *span) != [span]:
            raise Invalid("from", "invalid.not_your_duty")
        return Edit(adds=(self._new(self.who, Lies.OFFERED, span),))

    def take(self, offer: str) -> Edit:
        """Have the hours that somebody offered, or take back one's own.

        Raises OfferGone, OnDutyThen, AwayThen.
        """
        found = self.offered(offer)
        if found.staff == self.who:
            return Edit(frozenset({found.id}))
        span = (max(found.begins, self.now), found.ends)
        if self.rota.spans(self.changes, self.who, *span):
            raise OnDutyThen
        if self._mine(Lies.AWAY, span):
            raise AwayThen
        return Edit(frozenset({found.id})).then(self._handed(found.staff, self.who, span))

    def swap(self, offer: str) -> Edit:
        """Have the hours and give one's own next shift for them.

        Raises OfferGone, SwapWithSelf, OnDutyThen, AwayThen, NothingToGive, TheyCannot.
        """
        found = self.offered(offer)
        if found.staff == self.who:
            raise SwapWithSelf
        mine = self.next_shift()
        taken = self.take(offer)
        if mine is None:
            raise NothingToGive
        other = replace(self, who=found.staff)
        if self.rota.spans(self.changes, found.staff, *mine) or other._mine(Lies.AWAY, mine):
            raise TheyCannot
        after = replace(self, changes=taken.on(self.changes))
        withdrawn = after._cut(self.who, (Lies.OFFERED,), mine)
        after = replace(after, changes=withdrawn.on(after.changes))
        return taken.then(withdrawn).then(after._handed(self.who, found.staff, mine))

    def next_shift(self) -> Span | None:
        """What would be given in a swap."""
        return self.rota.next_shift(self.changes, self.who, self.now)

    def offered(self, id: str) -> Change:
        """An offer that is still open. Raises OfferGone."""
        for one in self.changes:
            if one.id == id and one.lies is Lies.OFFERED and one.ends > self.now:
                return one
        raise OfferGone

    def _handed(self, giver: StaffId, taker: StaffId, span: Span) -> Edit:
        off = self._off(giver, span)
        return off.then(replace(self, changes=off.on(self.changes))._on(taker, span))

    def _on(self, who: StaffId, span: Span) -> Edit:
        """On duty throughout: what lay over it is cut away, what the order does not give is added."""
        edit = self._cut(who, (Lies.ON, Lies.OFF, Lies.AWAY), span)
        if self.rota.spans(edit.on(self.changes), who, *span) == [span]:
            return edit
        return edit.then(Edit(adds=(self._new(who, Lies.ON, span),)))

    def _off(self, who: StaffId, span: Span) -> Edit:
        """Off duty throughout: extra hours are cut away, the order's are taken off."""
        edit = self._cut(who, (Lies.ON, Lies.OFF), span)
        here = tuple(one for one in edit.on(self.changes) if one.lies is not Lies.AWAY)
        if not self.rota.spans(here, who, *span):
            return edit
        return edit.then(Edit(adds=(self._new(who, Lies.OFF, span),)))

    def _cut(self, who: StaffId, kinds: tuple[Lies, ...], span: Span) -> Edit:
        """Take a span out of somebody's changes of these kinds; what lies outside it stays."""
        found = [one for one in self.changes if one.staff == who and one.lies in kinds]
        met = [one for one in found if one.meets(span)]
        left = (
            replace(one, id=self.new_id(), begins=begins, ends=ends)
            for one in met
            for begins, ends in ((one.begins, span[0]), (span[1], one.ends))
            if begins < ends
        )
        return Edit(frozenset(one.id for one in met), tuple(left))

    def _mine(self, lies: Lies, span: Span) -> bool:
        found = (one for one in self.changes if one.staff == self.who and one.lies is lies)
        return any(one.meets(span) for one in found)

    def _new(self, who: StaffId, lies: Lies, span: Span) -> Change:
        return Change(self.new_id(), who, lies, *span)
