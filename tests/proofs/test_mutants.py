"""Mutants: the proofs notice when the program is made worse.

Shows: each small change below, made to the source in memory, is caught by the proof named beside it
(and by an assertion of it, not by a crash on the way).
Does not show: that every change for the worse is caught.
Control: the same proofs pass where every changed file is put in place as it is, but for a comment.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.proofs.mutating import Nursery, nursery

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutant:
    """In ``file``, ``old`` becomes ``new``; ``killer`` is the proof that must fail then."""

    file: str
    old: str
    new: str
    killer: str


PROOFS = "tests/proofs"
MUTANTS = {
    "released at once instead of at the slot": Mutant(
        "bot/services/grievances/filing.py",
        "        if urgent:\n",
        "        if True:\n",
        "test_slots.py::test_a_case_waits_for_its_slot",
    ),
    "the moment of filing is kept": Mutant(
        "bot/domain/grievances/release.py",
        "    return slots.after(now)\n",
        "    return now\n",
        "test_slots.py::test_what_waits_tells_no_moment",
    ),
    "an account in a log line": Mutant(
        "bot/dispatch.py",
        "        command = self._allowed(name, place)\n        if command.name == COMMUNITY",
        "        self._log.note(Noted.WARNED, place=place.caller.account)\n"
        "        command = self._allowed(name, place)\n        if command.name == COMMUNITY",
        "test_two_worlds.py::test_other_accounts_that_are_alone_leave_the_same_bytes",
    ),
    "an account's trace in a sealed row": Mutant(
        "bot/services/grievances/filing.py",
        "            repeat=turn != 1,\n",
        '            repeat=here.caller.account.startswith("@"),\n',
        "test_two_worlds.py::test_other_accounts_leave_the_same_bytes",
    ),
    "left-out reps are not filtered": Mutant(
        "bot/domain/cases/case.py",
        "        return person in self.readers | self._named(Kind.AGREE) and not self.is_out(person)\n",
        "        return True\n",
        "test_exclusion.py::test_a_left_out_rep_sees_the_world_without_the_case[0]",
    ),
    "the panel shows a case to whoever knows its number": Mutant(
        "bot/services/privacy/kept.py",
        "        return is_for(case, here.staff, here.now)\n",
        "        return True\n",
        "test_exclusion.py::test_a_left_out_rep_sees_the_world_without_the_case[0]",
    ),
    "the receipt is said before the commit": Mutant(
        "bot/services/grievances/filing.py",
        "            facts = await self._keep(here, facts, urgent=urgent)\n",
        "            keeping = self._keep(here, facts, urgent=urgent)\n"
        '            self.soon = __import__("asyncio").create_task(keeping)\n'
        '            said = {"release": self.next_release(here).isoformat(), "urgent": urgent}\n'
        "            facts = facts | said\n",
        "test_kill.py::test_when_the_receipt_is_said_the_case_is_committed[send]",
    ),
    "the key store is asked who is alone with the bot": Mutant(
        "bot/services/communities/homes.py",
        "            return sorted(",
        "            await self._keys.draft(self.mark(account), self._clock.now())\n"
        "            return sorted(",
        "test_two_worlds.py::test_other_accounts_that_are_alone_leave_the_same_bytes",
    ),
    "drafts lie open beside their seal": Mutant(
        "bot/services/privacy/drafts.py",
        "        await self._keys.keep_draft(id, sealed, ",
        "        await self._keys.keep_draft(words[:16], words, draft_ends(self._clock.now()))\n"
        "        await self._keys.keep_draft(id, sealed, ",
        "test_leaks.py::test_nothing_of_a_worker_lies_anywhere_while_the_bot_lives_and_after",
    ),
    "a deleted case keeps its key": Mutant(
        "bot/services/grievances/visits.py",
        "                await self._keys.destroy([case.key], ",
        "                await self._keys.destroy([], ",
        "test_old_copy.py::test_nothing_of_the_deleted_case_opens_with_todays_key_store"
        "[deleted_before_the_slot]",
    ),
    "a case keeps its names at its slot": Mutant(
        "bot/services/privacy/sealing.py",
        "        names = case.waiting\n",
        "        names = case.names\n",
        "test_slots.py::test_what_waited_and_what_it_became_have_nothing_in_common",
    ),
    "destroyed keys stay in the write-ahead log": Mutant(
        "storage/scrubbing.py",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA wal_checkpoint(PASSIVE)",
        "test_old_copy.py::test_its_key_lies_nowhere_in_the_key_store[deleted_before_the_slot]",
    ),
    "the panel shows staff what has not crossed": Mutant(
        "bot/services/privacy/kept.py",
        "            return [row.key] if row and await self._may_read(work, here, row) else []\n",
        "            kept = await self._keys.stored(row.key) if row else None\n"
        '            return [row.key, str(kept.rows[0]["waiting"])] if kept else []\n',
        "test_timing.py::test_nothing_shows_before_the_slot_and_everything_at_it",
    ),
    "the weekly bulletin counts answers": Mutant(
        "bot/services/polls/reading.py",
        "            return tuple(Asked(one) for one in open_ if parcel.space in one.spaces)\n",
        "            open_ = [one for one in open_ if parcel.space in one.spaces]\n"
        "            return tuple(Asked(p) for p in open_ for _ in await work.polls.ballots(p.id))\n",
        "test_watcher.py::test_every_message_together_tells_what_the_table_tells[0]",
    ),
    "a closed poll is closed again": Mutant(
        "bot/services/polls/closing.py",
        "            if poll.result is not None:\n",
        "            if False:\n",
        "test_watcher.py::test_what_was_released_once_is_never_released_again",
    ),
    "a floor of four": Mutant(
        "bot/domain/privacy/disclosure.py",
        "PRIVACY_FLOOR = 5 ",
        "PRIVACY_FLOOR = 4 ",
        "test_known_votes.py::test_of_fewer_than_five_answers_nothing_is_shown",
    ),
    "that all agree is shown": Mutant(
        "bot/domain/privacy/disclosure.py",
        "one.answers - n <= FEW",
        "one.answers - n < 0",
        "test_known_votes.py::"
        "test_whoever_knows_no_vote_or_one_can_say_of_nobody_how_they_voted[2]",
    ),
    "a single cell is hidden": Mutant(
        "bot/domain/privacy/disclosure.py",
        "    while hidden and len(hidden) < len(by_size):\n",
        "    while False:\n",
        "test_known_votes.py::test_no_hidden_cell_can_be_reckoned_from_the_rest",
    ),
    "ballots are as long as what is said": Mutant(
        "bot/domain/polls/ballots.py",
        '    return content.ljust(size, b"\\0")\n',
        "    return content\n",
        "test_thief.py::test_no_ballot_is_matched_to_its_account[sqlite-long]",
    ),
    "ballots lie as they came": Mutant(
        "storage/polls/ballots.py",
        "        if rows:\n",
        "        if not rows:\n",
        "test_thief.py::test_no_ballot_is_matched_to_its_account[sqlite-long]",
    ),
    "a ballot is said to be kept before the commit": Mutant(
        "bot/services/polls/batches.py",
        "        return ballot.poll in await asyncio.shield(batch.kept)\n",
        "        return True\n",
        "test_ballot_kill.py::test_what_was_said_to_be_kept_is_counted_once[sqlite]",
    ),
    "the key of a poll stays where it was killed": Mutant(
        "bot/services/polls/closing.py",
        "        gone += [id for id, over in closed.items() if over]\n",
        "",
        "test_poll_secrets.py::test_whoever_is_killed_the_next_one_finishes"
        "[before_the_key_is_destroyed-due]",
    ),
    "an account is staff in whosever hand": Mutant(
        "bot/chat/callers.py",
        "        return not self.unverified and staff.acts_with(self.acts_with)\n",
        "        return staff.has(self.acts_with)\n",
        "test_added_device.py::test_an_added_device_is_a_workers_and_no_more[new keys-in the place]",
    ),
    "digests in fours": Mutant(
        "bot/domain/privacy/flows.py",
        "FIVE = 5\n",
        "FIVE = 4\n",
        "test_digest_history.py::test_a_few_histories_are_new_fives",
    ),
    "what was too few to show is thrown away": Mutant(
        "bot/services/digests/sending.py",
        "    return shown, {name: flow.carried for name, flow in flows.items()}\n",
        "    return shown, {}\n",
        "test_digest_history.py::test_a_few_histories_are_new_fives",
    ),
    "each digest counts all that is there anew": Mutant(
        "bot/domain/digests/moved.py",
        "        return moment is not None and since < moment <= upto\n",
        "        return moment is not None and moment <= upto\n",
        "test_digest_history.py::test_a_few_histories_are_new_fives",
    ),
    "a case that hides from somebody counts in the digest": Mutant(
        "bot/domain/digests/moved.py",
        "    return not left_out and not never_shown(case)\n",
        "    return not never_shown(case)\n",
        "test_digest_history.py::test_a_few_histories_are_new_fives",
    ),
    "somebody left out later still counts in the digest": Mutant(
        "bot/domain/digests/moved.py",
        "case.grievance.left_out or any(e.kind is Kind.LEAVE_OUT for e in case.entries)\n",
        "case.grievance.left_out\n",
        "test_digest_history.py::test_a_few_histories_are_new_fives",
    ),
    "a case that is answered twice is counted twice": Mutant(
        "bot/domain/digests/moved.py",
        "    return min((e.moment for e in case.entries if e.kind in kinds), default=None)\n",
        "    return max((e.moment for e in case.entries if e.kind in kinds), default=None)\n",
        "test_digest_history.py::test_a_few_histories_are_new_fives",
    ),
    "an urgent case of the digest's hour is lost": Mutant(
        "bot/domain/digests/moved.py",
        "    return case.release + _HOUR if case.urgent else case.release\n",
        "    return case.release\n",
        "test_digest_history.py::test_a_few_histories_are_new_fives",
    ),
    "a digest says nought": Mutant(
        "bot/commands/digests/cards.py",
        '    return line("digest.new", number=f"{new}") if new else line("digest.carried")\n',
        '    return line("digest.new", number=f"{new}")\n',
        "test_digest_worlds.py::test_a_digest_of_nothing_says_no_nought",
    ),
    "a digest counts from where the one before it did": Mutant(
        "bot/domain/digests/plan.py",
        "        return Standing(self.first, week, upto, week, self.serial + 1)\n",
        "        return Standing(self.first, week, self.since, week, self.serial + 1)\n",
        "test_digest_worlds.py::test_a_case_is_counted_in_one_week_alone",
    ),
}


#: These take long, and whoever runs all proofs runs them as well, on the same source in the same
#: place: there they need not pass once more.
LONG = {
    "test_exclusion.py::test_a_left_out_rep_sees_the_world_without_the_case[0]",
    "test_leaks.py::test_nothing_of_a_worker_lies_anywhere_while_the_bot_lives_and_after",
    "test_timing.py::test_nothing_shows_before_the_slot_and_everything_at_it",
    "test_two_worlds.py::test_other_accounts_leave_the_same_bytes",
    "test_watcher.py::test_every_message_together_tells_what_the_table_tells[0]",
}


@pytest.fixture(scope="module")
def nursed() -> Iterator[Nursery]:
    with nursery(ROOT) as made:
        yield made


def source_of(file: str) -> str:
    return (ROOT / file).read_text("utf-8")


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_killed_by_its_proof(name: str, nursed: Nursery, tmp_path: Path) -> None:
    mutant = MUTANTS[name]
    source = source_of(mutant.file)
    assert source.count(mutant.old) == 1, "the source has moved on: write the mutant anew"
    changed = {mutant.file: source.replace(mutant.old, mutant.new)}
    ended = nursed.run(tmp_path, changed, [mutant.killer])
    assert ended.code == 1, ended.said[-4000:]
    assert "1 failed" in ended.said
    assert "AssertionError" in ended.said or "assert " in ended.said, ended.said[-3000:]


def test_without_a_mutant_the_same_proofs_pass(
    nursed: Nursery, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # Of one that shares its process with others pytest-xdist writes their group behind it.
    here = {item.nodeid.partition("@")[0] for item in request.session.items}
    killers = {one.killer for one in MUTANTS.values()}
    assert killers >= LONG
    told_here = {one for one in LONG if f"{Path(__file__).parent.relative_to(ROOT)}/{one}" in here}
    as_it_is = {one.file: f"{source_of(one.file)}\n# as it is\n" for one in MUTANTS.values()}
    ended = nursed.run(tmp_path, as_it_is, sorted(killers - told_here))
    assert ended.code == 0, ended.said[-4000:]
    assert f"{len(killers - told_here)} passed" in ended.said
