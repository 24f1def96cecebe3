"""The destination: where digests come, once a change of it holds; and whether that is anywhere.

Asked for in ``setting.py``; it waits as every change of an open community does.
"""

from dataclasses import replace

from bot.domain.communities import Community, Role
from bot.domain.communities.edits import Destined, Edit
from bot.ports import DigestRow, Notice, Work
from bot.services.digests.files import DigestFiles
from bot.services.digests.sending import Sending
from bot.services.notices import Notices


class Destination:
    def __init__(self, digests: DigestFiles, sending: Sending, notices: Notices) -> None:
        self._digests, self._sending, self._notices = digests, sending, notices

    async def hold(self, work: Work, community: Community, edit: Destined) -> None:
        """Its addresses are these from now on; its rooms are the community's already."""
        row = await work.digests.held(community.id)
        plan = replace(await self._digests.plan(row), addresses=edit.addresses)
        row = await self._looked_at(await self._digests.with_plan(row, plan), community)
        await work.digests.keep(replace(row, revision=row.revision + 1))
        await self.tell(work, community, row)

    async def look_again(self, work: Work, community: Community, edit: Edit) -> None:
        """Its rooms may be others: whether it reaches anybody still."""
        if community.opened is not None:
            row = await work.digests.held(community.id)
            await work.digests.keep(await self._looked_at(row, community))

    async def tell(self, work: Work, community: Community, row: DigestRow) -> None:
        """Every organiser, so that nobody turns a digest away in silence."""
        plan = await self._digests.plan(row)
        facts = {"weekday": f"{plan.weekday}", "at": f"{plan.at:%H:%M}", "zone": plan.zone}
        facts |= {"addresses": f"{len(plan.addresses)}", "paused": "yes" if row.due is None else ""}
        for person in community.with_role(Role.ORGANISER):
            await self._notices.to_person(work, community, person, Notice.DIGEST_SET, facts)

    async def _looked_at(self, row: DigestRow, community: Community) -> DigestRow:
        reached = self._sending.reached(community.spaces, await self._digests.plan(row))
        return replace(row, nowhere=not reached)
