"""The audit chain: what staff did, committed to week by week, so that nobody can unsay it.

A page holds a week's acts under random staff numbers; the chain holds only the hash of page and
nonce, and a head that follows from all heads before. One page a week, also when nothing was done:
how much was done, in which case, is told to nobody, so a left-out person learns nothing from it.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.domain.communities import Community, CommunityId, Staff
from bot.ports import AuditPage, BadSeal, Chance, OpenWork, Vault, Work
from bot.services.privacy.seals import Seal, Seals

NONCE_BYTES = 32
PAGES_KEPT = 52  #: weeks whose acts can still be read; older commitments stay, their pages go
FIRST_HEAD = bytes(32)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a community's chain was found. ``broken``: the first place where it does not hold."""

    pages: int
    head: bytes
    broken: int | None


class Audit:
    def __init__(self, open_work: OpenWork, seals: Seals, vault: Vault, chance: Chance) -> None:
        self._open_work, self._seals = open_work, seals
        self._vault, self._chance = vault, chance

    async def note(self, work: Work, community: Community, who: Staff, act: str) -> None:
        """Note an act of staff, in its transaction; it enters the chain at the week's first slot."""
        id = self._chance.bytes(16).hex()
        words = json.dumps({"who": self._number(who), "act": act})
        sealed = (await self._seals.of(community.id)).seal(_of_act(id), words)
        await work.audit.keep_act(id, community.id, sealed)

    async def close_week(self, work: Work, communities: Collection[CommunityId]) -> None:
        """Put this week's acts into the chain of each, as one commitment."""
        seals = await self._seals.of_all(communities)
        if not seals:  # nobody has a key any more: the community is being forgotten
            return
        last = await work.audit.last(seals)
        acts = await work.audit.acts(seals)
        opened: dict[CommunityId, list[str]] = {id: [] for id in seals}
        for id, community, kept in acts:
            opened[community].append(seals[community].open(_of_act(id), kept))
        pages = [self._page(id, seal, opened[id], last.get(id)) for id, seal in seals.items()]
        await work.audit.add(pages)
        if acts:
            await work.audit.drop_acts([id for id, _, _ in acts])
        if old := [(p.community, p.place - PAGES_KEPT) for p in pages if p.place > PAGES_KEPT]:
            await work.audit.forget(old)

    def _page(
        self, community: CommunityId, seal: Seal, acts: Sequence[str], last: AuditPage | None
    ) -> AuditPage:
        words = json.dumps([json.loads(one) for one in self._chance.shuffled(acts)])
        place, before = (last.place + 1, last.head) if last else (1, FIRST_HEAD)
        nonce = self._chance.bytes(NONCE_BYTES).hex()
        commitment = _commitment(nonce, words)
        sealed = seal.seal(_bound(community, place), json.dumps([nonce, words]))
        return AuditPage(community, place, commitment, _head(before, commitment), sealed)

    async def pages(self, community: CommunityId) -> list[AuditPage]:
        """The whole chain, from its first week on."""
        async with self._open_work() as work:
            return await work.audit.pages(community)

    async def verify(self, community: CommunityId) -> Verdict:
        """Reckon the whole chain anew, and every page that is still there."""
        head, broken, seal = FIRST_HEAD, None, await self._seals.of(community)
        pages = await self.pages(community)
        for expected, page in enumerate(pages, 1):
            head = _head(head, page.commitment)
            holds = page.place == expected and page.head == head and _fits(page, seal)
            if not holds and broken is None:
                broken = expected
        return Verdict(len(pages), head, broken)

    def _number(self, who: Staff) -> str:
        """A random number for a person, the same each time, that only the key file can make."""
        return self._vault.mark("audit", who.id)[:6].hex()


def _fits(page: AuditPage, seal: Seal) -> bool:
    if page.sealed is None:
        return True
    try:
        opened = seal.open(_bound(page.community, page.place), page.sealed)
    except BadSeal:
        return False
    nonce, words = json.loads(opened)
    return _commitment(nonce, words) == page.commitment


def _of_act(id: str) -> str:
    return f"audit_acts.sealed/{id}"


def _bound(community: CommunityId, place: int) -> str:
    return f"audit.sealed/{community}/{place}"


def _commitment(nonce: str, page: str) -> bytes:
    return hashlib.sha256(f"{nonce}\n{page}".encode()).digest()


def _head(before: bytes, commitment: bytes) -> bytes:
    return hashlib.sha256(before + commitment).digest()
