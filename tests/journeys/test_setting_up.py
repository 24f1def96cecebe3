"""Journey 7: a moderator sets a community up from nothing, by chat alone."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest

from bot.chat import Caller, Line, Reply, Rows, line
from bot.domain.communities import Account, RoomKind, Slots, Space, Target, Trust
from bot.domain.communities.findings import Finding, lacking
from tests.fakes.world import World, caller

OSKAR, LEILA = "oskar-brandt", "leila-farouk"
NOOR = "noor-haddad"  #: nobody of staff anywhere
REPS = ("ines-moreau", "karim-benali")
SPACE = "dockside-works"


def there(who: str, room: str = "dockside-general") -> Caller:
    return replace(caller(who), space=SPACE, room=room, place="Dockside Works")


class Chat:
    """Somebody in one room."""

    def __init__(self, world: World, who: str, room: str = "dockside-general") -> None:
        self.world, self.at = world, there(who, room)
        self.last = Reply()

    async def say(self, name: str, words: str = "") -> Reply:
        self.last = await self.world.bot.door.begin(name, self.at, words=words)
        return self.last

    async def press(self, name: str) -> Reply:
        found = [b for card in self.last.cards for b in card.buttons if b.id.split(":")[0] == name]
        assert found, [b.id for card in self.last.cards for b in card.buttons]
        self.last = await self.world.bot.door.begin(found[0].name, self.at, found[0].subject)
        return self.last

    async def submit(self, **answers: str | list[str]) -> Reply:
        assert self.last.form is not None, self.last.cards
        form = self.last.form
        self.last = await self.world.bot.door.submit(form.name, self.at, form.subject, answers)
        return self.last

    @property
    def ids(self) -> list[str]:
        """The buttons of the last reply."""
        return [button.id for card in self.last.cards for button in card.buttons]

    @property
    def said(self) -> list[str]:
        """The keys of all that the last reply says."""
        return [one.key for card in self.last.cards for one in (card.title, *card.lines)]


FIRST = {"name": "Dock", "you": "Oskar", "language": "en", "zone": "Europe/Berlin"}


async def claimed(world: World, who: str = OSKAR) -> Chat:
    """Somebody who has claimed the place with a code of the operator's."""
    chat = Chat(world, who)
    code = await world.bot.founding.code(7)
    await chat.say("setup")
    await chat.submit(code=code.code)
    assert chat.said[0] == "claimed.title"
    return chat


async def answered(world: World, trust: str = "yes", *, named: bool = True) -> Chat:
    """All five questions answered; two people accepted to be reps."""
    oskar = await claimed(world)
    await oskar.say("setup")
    await oskar.press("setup_first")
    await oskar.submit(**FIRST, trust=trust)
    for rep in REPS:
        await oskar.say("setup", "staff")
        await oskar.submit(person=rep, name=rep.title(), role="rep")
    await world.bot.tick()
    for who, card in world.post.people:
        accept = card.buttons[0 if named else 1]
        await world.bot.door.begin(accept.name, there(who), accept.subject)
    return oskar


async def opened(world: World, trust: str = "yes") -> Chat:
    oskar = await answered(world, trust)
    await oskar.say("setup")
    await oskar.press("setup_open")
    await oskar.press("open_community")
    return oskar


async def test_from_nothing_to_an_open_community(world: World) -> None:
    oskar = await claimed(world)
    await oskar.say("setup")
    missing = ["lacks.name", "lacks.trust", "lacks.reps"]
    assert oskar.said == ["setup.title", "setup.five", *missing]
    await oskar.press("setup_first")
    await oskar.submit(**FIRST, trust="yes")
    assert oskar.said == ["changed.title", "changed.held"]
    oskar = await answered_by_reps(oskar)
    await oskar.say("setup")
    assert oskar.said == ["setup.of", "setup.five", "setup.ready"]
    await oskar.press("setup_open")
    assert oskar.said[:3] == ["before.title", "before.words", "before.shared"]
    assert "place.employer-owned" in repr(oskar.last.cards), "what workers will read"
    await oskar.press("setup_test")
    await world.bot.tick()
    assert [room for room, card in world.post.rooms if card.title.key == "notice.test.title"] == [
        "dockside-general"
    ]
    await oskar.press("open_community")
    assert oskar.said[0] == "now_open.title"
    filed = Chat(world, "noor-haddad")
    await filed.say("grievance")
    assert filed.said[0] == "label.title"


async def answered_by_reps(oskar: Chat) -> Chat:
    world = oskar.world
    for rep in REPS:
        await oskar.say("setup", "staff")
        await oskar.submit(person=rep, name=rep.title(), role="rep")
    await world.bot.tick()
    assert sorted(who for who, _ in world.post.people) == sorted(REPS)
    for who, card in world.post.people:
        assert card.title.key == "offered.title"
        accept = card.buttons[0]
        reply = await world.bot.door.begin(accept.name, there(who), accept.subject)
        assert reply.cards[0].title.key == "accepted.title"
    return oskar


async def test_it_can_be_left_and_come_back_to(world: World) -> None:
    oskar = await claimed(world)
    await oskar.say("setup")
    await oskar.press("setup_first")
    await oskar.submit(**FIRST, trust="own")
    again = Chat(world, OSKAR)
    await again.say("setup")
    assert again.said == ["setup.of", "setup.five", "lacks.reps"]
    await again.press("setup_first")
    assert again.last.form is not None
    values = {one.id: one.value for one in again.last.form.questions}
    assert values == FIRST | {"trust": "own"}


async def test_said_to_the_bot_alone_no_place_is_asked_about_or_named(world: World) -> None:
    noor = await claimed(world, NOOR)
    noor.at = replace(there(NOOR), space="", room="", place="")
    await noor.say("setup")
    await noor.press("setup_first")
    assert noor.last.form is not None
    asked = {one.id: one.value for one in noor.last.form.questions}
    assert "trust" not in asked
    assert asked["name"] == ""
    assert [one.key for one in noor.last.form.note] == ["setup_first.above"]
    await noor.submit(**FIRST)
    assert noor.said == ["changed.title", "changed.held"]
    community = (await world.bot.communities.meet(there(NOOR))).community
    assert community.name == FIRST["name"]
    assert [one.answered for one in community.spaces] == [False]


async def test_before_it_opens_workers_are_told_so_and_staff_can_do_nothing_yet(
    world: World,
) -> None:
    await answered(world)
    for who, command in (
        ("noor-haddad", "grievance"),
        (REPS[0], "cases"),
        ("noor-haddad", "pulse"),
    ):
        chat = Chat(world, who)
        await chat.say(command)
        assert chat.said == ["refused.title", "refused.not_open_yet"]
    for command in ("about", "reps", "help"):
        chat = Chat(world, "noor-haddad")
        await chat.say(command)
        assert "refused.title" not in chat.said


async def test_what_is_missing_keeps_it_shut(world: World) -> None:
    oskar = await claimed(world)
    await oskar.say("setup")
    await oskar.press("setup_open")
    assert "open_community" not in oskar.ids
    forged = await world.bot.door.begin("open_community", oskar.at)
    assert [one.key for one in forged.cards[0].lines] == ["refused.not_ready"]


async def test_who_is_the_only_moderator_is_warned_before_the_opening(world: World) -> None:
    oskar = await answered(world)
    await oskar.say("setup")
    await oskar.press("setup_open")
    assert "before.one_moderator" in oskar.said
    await oskar.say("setup", "staff")
    await oskar.submit(person=LEILA, name="Leila", role="moderator")
    await world.bot.tick()
    accept = next(card for who, card in world.post.people if who == LEILA).buttons[0]
    await world.bot.door.begin(accept.name, there(LEILA), accept.subject)
    await oskar.say("setup")
    await oskar.press("setup_open")
    assert "before.one_moderator" not in oskar.said


async def test_a_test_leaves_quiet_hours_alone_is_noted_and_goes_out_three_times_a_day(
    world: World,
) -> None:
    oskar, ines = await opened(world, trust="own"), Chat(world, REPS[0], room="")
    ines.last = await world.bot.door.begin("quiet_hours", ines.at)
    await ines.submit(**{"from": "21:00", "until": "06:00", "zone": "Europe/Berlin"})
    await world.bot.tick()
    world.clock.at = world.clock.at.replace(hour=22)  # midnight in Berlin
    noted = await acts_noted(world, oskar)
    for _ in range(3):
        oskar.last = await world.bot.door.begin("setup_test", oskar.at)
        assert oskar.said[0] == "tested.title"
    assert await acts_noted(world, oskar) == noted + 3
    oskar.last = await world.bot.door.begin("setup_test", oskar.at)
    assert oskar.said == ["refused.title", "refused.too_many_tests"]
    ines.last = await world.bot.door.begin("setup_test", ines.at)
    assert ines.said == ["refused.title", "refused.not_allowed"]
    await world.bot.tick()
    assert (heard_tests(world, REPS[0]), heard_tests(world, REPS[1])) == (0, 3)
    await world.live(hours=12)
    assert (heard_tests(world, REPS[0]), heard_tests(world, REPS[1])) == (3, 3)


def heard_tests(world: World, who: str) -> int:
    """How many test messages somebody got."""
    tests = [to for to, card in world.post.people if card.title.key == "notice.test.title"]
    return tests.count(who)


async def acts_noted(world: World, who: Chat) -> int:
    """How many acts of staff its audit holds."""
    here = await world.bot.communities.meet(who.at)
    async with world.bot.communities._open_work() as work:
        return len(await work.audit.acts([here.community.id]))


async def test_a_code_works_once_and_wrong_ones_are_told_alike(world: World) -> None:
    code = await world.bot.founding.code(7)
    oskar, leila = Chat(world, OSKAR), Chat(world, LEILA)
    await oskar.say("setup")
    await oskar.submit(code=code.code.lower().replace("-", " "))
    assert oskar.said[0] == "claimed.title"
    leila.at = replace(leila.at, space="crane-street", room="crane-general")
    for wrong in (code.code, "AAAAA-AAAAA-AAAAA", "?"):
        await leila.say("setup")
        await leila.submit(code=wrong)
        assert leila.last.form is not None
        assert [one.key for one in leila.last.form.errors.values()] == ["refused.code_unknown"]


async def test_a_code_that_ran_out_claims_nothing(world: World) -> None:
    code = await world.bot.founding.code(1)
    world.clock.move(timedelta(days=1, minutes=1))
    oskar = Chat(world, OSKAR)
    await oskar.say("setup")
    await oskar.submit(code=code.code)
    assert oskar.last.form is not None
    assert [one.key for one in oskar.last.form.errors.values()] == ["refused.code_unknown"]


async def test_guessing_ends_after_some_tries_a_day(world: World) -> None:
    oskar = Chat(world, OSKAR)
    keys = []
    for n in range(12):
        await oskar.say("setup")
        await oskar.submit(code=f"AAAAA-AAAAA-AAA{n:02}")
        assert oskar.last.form is not None
        keys += [one.key for one in oskar.last.form.errors.values()]
    assert keys == ["refused.code_unknown"] * 10 + ["refused.too_many_codes"] * 2


async def test_one_place_belongs_to_one_community(world: World) -> None:
    await claimed(world)
    second = await world.bot.founding.code(7)
    leila = Chat(world, LEILA)
    await leila.say("setup")  # it is set up already: she is nobody there
    assert leila.said == ["setup.title", "setup.moderators_only"]
    await leila.press("claim")
    await leila.submit(code=second.code)
    assert leila.last.form is not None
    assert [one.key for one in leila.last.form.errors.values()] == ["refused.code_unknown"]


async def test_a_code_is_typed_where_the_community_is_to_live(world: World) -> None:
    code = await world.bot.founding.code(7)
    at = replace(there("noor-haddad"), manages=False)
    form = await world.bot.door.begin("setup", at, words="")
    assert form.form is not None
    reply = await world.bot.door.submit("claim", at, form.form.subject, {"code": code.code})
    assert reply.form is not None
    assert [one.key for one in reply.form.errors.values()] == ["refused.platform_says_no"]
    alone = replace(there("noor-haddad"), space="", room="")
    form = await world.bot.door.begin("setup", alone, words="")
    assert form.form is not None
    assert form.form.name == "community", "talk with the bot alone is no place to live in"


async def test_rooms_are_named_by_saying_it_in_them(world: World) -> None:
    oskar = await answered(world, trust="own")
    oskar.at = there(OSKAR, "dockside-reps")
    await oskar.say("setup")
    assert {"room:bulletin", "room:staff", "room:organisers"} <= set(oskar.ids)
    await world.bot.door.begin("room", oskar.at, "staff")
    here = await world.bot.communities.meet(oskar.at)
    assert here.space.rooms == {
        RoomKind.BULLETIN: "dockside-general",
        RoomKind.STAFF: "dockside-reps",
    }
    await world.bot.door.begin("room", oskar.at, "bulletin")  # a room is for one thing
    here = await world.bot.communities.meet(oskar.at)
    assert here.space.rooms == {RoomKind.BULLETIN: "dockside-reps"}


async def test_an_open_community_is_offered_nothing_else_for_its_room_of_bulletins(
    world: World,
) -> None:
    oskar = await answered(world, trust="own")
    await oskar.say("setup")
    assert [one for one in oskar.ids if one.startswith("room")] == ["room:staff", "room:organisers"]
    await oskar.press("setup_open")
    await oskar.press("open_community")
    await oskar.say("setup")
    assert [one for one in oskar.ids if one.startswith("room")] == []
    forged = await world.bot.door.begin("room", oskar.at, "staff")
    assert [one.key for one in forged.cards[0].lines] == ["invalid.room_of_bulletins"]


async def test_where_an_employer_reads_only_bulletins_come(world: World) -> None:
    oskar = await answered(world, trust="unsure")
    oskar.at = there(OSKAR, "dockside-reps")
    await oskar.say("setup")
    assert [one for one in oskar.ids if one.startswith("room")] == ["room:bulletin"]
    forged = await world.bot.door.begin("room", oskar.at, "staff")
    assert [one.key for one in forged.cards[0].lines] == ["invalid.room_at_work"]


async def test_it_does_not_open_where_its_reps_cannot_read_elsewhere(world: World) -> None:
    """On a platform whose accounts live in a workspace: a rep there is reached nowhere else."""
    oskar = await answered(world, trust="yes")
    here = await world.bot.communities.meet(oskar.at)
    at_work = tuple(
        replace(one, accounts=(Account("slack", one.name, "T1"),)) for one in here.community.staff
    )
    owned = Space("w", "slack", "T1", "Work", Trust.EMPLOYER_OWNED)
    shut = replace(here.community, staff=at_work, spaces=(owned,))
    assert lacking(shut) == (Finding.READING,)
    elsewhere = tuple(
        replace(one, accounts=(*one.accounts, Account("matrix", one.name))) for one in at_work
    )
    assert lacking(replace(shut, staff=elsewhere)) == ()


async def test_the_rest_has_defaults_and_every_one_can_be_changed(world: World) -> None:
    oskar = await answered(world)
    given: dict[str, dict[str, str | list[str]]] = {
        "setup_categories": {"ours": ["pay"], "own": "Ships\nCranes"},
        "setup_outside": {"body": "Law Centre, 1 Quay"},
        "setup_steps": {"on_duty": "12", "named": [], "all_reps": "0", "organisers": "0"},
        "setup_slots": {"days": ["tuesday", "friday"], "hour": "17"},
        "setup_figures": {"members": "44", "floor": "8"},
        "setup_kept": {"days": "45"},
        "setup_words": {"rep": "Steward", "organiser": "", "moderator": ""},
    }
    for name, answers in given.items():
        await oskar.say("setup")
        await oskar.press("setup_rest")
        await oskar.press(name)
        await oskar.submit(**answers)
        assert oskar.said == ["changed.title", "changed.held"], name
    community = (await world.bot.communities.meet(oskar.at)).community
    assert community.categories == ("pay", "Ships", "Cranes")
    assert community.policy.outside_body == "Law Centre, 1 Quay"
    assert [one.target for one in community.policy.steps] == [Target.ON_DUTY, Target.OUTSIDE]
    assert community.slots == Slots("Europe/Berlin", (1, 4), time(17))
    assert (community.members, community.floor) == (44, 8)
    assert community.retention.at(world.clock.now()) == 45
    assert community.words.rep == "Steward"


async def test_where_an_employer_reads_the_steps_list_no_rep_by_name_and_lose_none(
    world: World,
) -> None:
    oskar = await answered(world, trust="own", named=False)
    steps: dict[str, str | list[str]] = {"on_duty": "12", "all_reps": "0", "organisers": "0"}
    here = await world.bot.communities.meet(oskar.at)
    ines = next(one for one in here.community.staff if one.name == REPS[0].title())
    await oskar.say("setup")
    await oskar.press("setup_rest")
    await oskar.press("setup_steps")
    await oskar.submit(**steps, named=[ines.id])
    await oskar.say("setup")
    await oskar.press("setup_first")
    await oskar.submit(**FIRST, trust="yes")
    await oskar.say("setup")
    await oskar.press("setup_rest")
    await oskar.press("setup_steps")
    assert oskar.last.form is not None
    assert REPS[0].title() not in str(oskar.last.form)
    assert "named" not in {one.id for one in oskar.last.form.questions}
    await oskar.submit(**steps)
    assert oskar.said == ["changed.title", "changed.held"]
    policy = (await world.bot.communities.meet(oskar.at)).community.policy
    assert [one.people for one in policy.steps if one.target is Target.NAMED_REPS] == [(ines.id,)]


@pytest.mark.parametrize(
    ("name", "answers", "field", "key"),
    [
        ("setup_first", FIRST | {"zone": "Mars", "trust": "yes"}, "zone", "invalid.no_such_zone"),
        (
            "setup_first",
            FIRST | {"language": "xx", "trust": "yes"},
            "language",
            "invalid.not_an_option",
        ),
        ("setup_first", FIRST | {"name": "x" * 200, "trust": "yes"}, "name", "invalid.too_long"),
        ("setup_first", FIRST | {"trust": ""}, "trust", "invalid.choose_one"),
        ("setup_categories", {"ours": [], "own": ""}, "own", "invalid.no_category"),
        (
            "setup_categories",
            {"ours": [], "own": "\n".join(f"Dock {n}" for n in range(26))},
            "own",
            "invalid.too_many_categories",
        ),
        ("setup_words", {"rep": "see https://x.example"}, "rep", "invalid.label"),
        ("setup_words", {"rep": "x" * 200}, "rep", "invalid.too_long"),
        ("setup_figures", {"members": "30", "floor": "4"}, "floor", "invalid.number"),
        ("setup_slots", {"days": [], "hour": "9"}, "days", "invalid.choose_one"),
        ("setup_kept", {"days": "29"}, "days", "invalid.number"),
        (
            "setup_pulse",
            {"bank": ["stay"], "every": "weekly", "days": "8", "comment": "no"},
            "days",
            "invalid.days",
        ),
    ],
)
async def test_what_cannot_be_is_told_beside_its_field_and_nothing_is_lost(
    world: World, name: str, answers: dict[str, Any], field: str, key: str
) -> None:
    oskar = await claimed(world)
    before = (await world.bot.communities.meet(oskar.at)).community
    form = await world.bot.door.begin(name, oskar.at)
    assert form.form is not None
    back = await world.bot.door.submit(name, oskar.at, form.form.subject, answers)
    assert back.form is not None
    assert {id: one.key for id, one in back.form.errors.items()} == {field: key}
    assert (await world.bot.communities.meet(oskar.at)).community == before
    kept = {one.id: one.value for one in back.form.questions}
    for id, typed in answers.items():
        assert kept[id] in (typed, tuple(typed))


async def test_the_last_moderator_stays(world: World) -> None:
    oskar = await claimed(world)
    me = (await world.bot.communities.meet(oskar.at)).person
    form = await world.bot.door.begin("end_role", oskar.at)
    assert form.form is not None
    who = {"who": f"{me.id}/moderator"}
    back = await world.bot.door.submit("end_role", oskar.at, form.form.subject, who)
    assert back.form is not None
    assert [one.key for one in back.form.errors.values()] == ["refused.last_moderator"]


async def test_status_finds_each_thing_left_wrong_and_says_what_to_do(world: World) -> None:
    oskar = await opened(world)
    world.post.lacking = ("dockside-general", "Manage messages")
    await oskar.say("setup", "status")
    card = oskar.last.cards[0]
    found = [one.label.key for one in card.fields if isinstance(one.label, Line)]
    assert found == [
        f"finding.{one}"
        for one in ("moderators", "outside", "members", "digest_nowhere", "room", "permission")
    ]
    where = {
        one.label.key: one.value.lines
        for one in card.fields
        if isinstance(one.label, Line) and isinstance(one.value, Rows)
    }
    assert where["finding.room"][0] == line(
        "setup.room", space="Dockside Works", kind=line("room_kind.bulletin")
    )
    assert where["finding.permission"][0] == line(
        "setup.room", space="Dockside Works", kind=("Manage messages",)
    )
    for one in card.fields:
        assert isinstance(one.value, Rows)
        assert str(one.value.lines[-1]).startswith("Line(key='remedy.")
