"""A plain model of cases, staff, exclusion and time: dicts and lists, and nothing of the program.

One community in UTC: slots on Monday, Wednesday and Friday at nine, the weeks in turn from Monday at
nine, four steps. It says how a case stands for both sides, who may know of it, and who is told what.
It imports nothing of ``bot``.
"""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEPS = [
    {"whom": "on duty", "hours": 24, "again": None},
    {"whom": "reps", "hours": 24, "again": 8},
    {"whom": "organisers", "hours": 48, "again": None},
    {"whom": "outside", "hours": 0, "again": 7 * 24},
]
LAST = len(STEPS) - 1
WEEKS = ["ines", "karim"]
BEGINS = datetime(2026, 6, 1, 7, 30, tzinfo=UTC)
ENDED = ("resolved", "closed", "withdrawn")
FOR_EVER = datetime(2100, 1, 1, tzinfo=UTC)

Dict = dict[str, Any]


def staff() -> Dict:
    """Everybody who hears: since when, until when, quiet from and until (hours), days off."""
    quiet = {"karim": (22, 8), "ruth": (20, 10)}
    found = {}
    for name in ("ines", "karim", "greta", "nadia", "ruth"):
        role = "organiser" if name == "ruth" else "rep"
        begins = BEGINS + 3 * DAY if name == "nadia" else BEGINS - 60 * DAY
        found[name] = {"role": role, "begins": begins, "ends": FOR_EVER}
        found[name] |= {"quiet": quiet.get(name), "away": []}
    return found


def is_slot(at: datetime) -> bool:
    return at.weekday() in (0, 2, 4) and (at.hour, at.minute, at.second) == (9, 0, 0)


def slot_from(at: datetime) -> datetime:
    """The first slot at or after."""
    day = at.replace(hour=9, minute=0, second=0)
    while day < at or not is_slot(day):
        day += DAY
    return day


def slot_after(at: datetime) -> datetime:
    return slot_from(at + timedelta(seconds=1))


class Plain:
    """The model. ``told``: (who, what, until when), as often as it may have been said."""

    def __init__(self) -> None:
        self.now = self.high = BEGINS
        self.next_slot = slot_after(BEGINS)
        self.people = staff()
        self.changes: list[tuple[str, str, datetime, datetime]] = []  # on or off duty
        self.cases: dict[str, Dict] = {}
        self.told: list[tuple[str, str, str]] = []

    @property
    def behind(self) -> bool:
        """Whether the clock was put back, and what has happened lies ahead again."""
        return self.now < self.high

    # People -------------------------------------------------------------------------------------

    def holds(self, name: str) -> bool:
        one = self.people[name]
        return bool(one["begins"] <= self.now < one["ends"])

    def hearing(self) -> list[str]:
        return [name for name in self.people if self.holds(name)]

    def is_away(self, name: str, at: datetime) -> bool:
        return any(begins <= at < ends for begins, ends in self.people[name]["away"])

    def reads(self, case: Dict, name: str) -> bool:
        return name in (case["readers"] | case["agreed"]) - case["out"]

    def knows(self, case: Dict, name: str) -> bool:
        """Whether this person may see the case, and may be told anything of it."""
        if not case["released"] or case["unseen"] or not self.holds(name):
            return False
        if not self.reads(case, name):
            return False
        reached = case["highest"] >= 2 or name in case["agreed"]
        return self.people[name]["role"] == "rep" or reached

    def has_taker(self, case: Dict) -> bool:
        """Whether whoever took it is still there."""
        taker = case["st"]["taker"]
        return bool(taker) and self.holds(taker) and self.reads(case, taker)

    def everyone(self, case: Dict) -> list[str]:
        return [name for name in self.hearing() if self.reads(case, name)]

    def on_step(self, case: Dict, step: int, at: datetime) -> list[str]:
        whom = STEPS[step]["whom"]
        if whom == "outside":
            return []
        role = "organiser" if whom == "organisers" else "rep"
        there = [
            name
            for name in self.everyone(case)
            if self.people[name]["role"] == role and not self.is_away(name, at)
        ]
        if whom == "on duty":
            return [name for name in there if self.is_on_duty(name, at)] or there
        return there

    def is_on_duty(self, name: str, at: datetime) -> bool:
        weeks = (at - datetime(2024, 1, 1, 9, tzinfo=UTC)).days // 7
        kinds = {k for k, who, begins, ends in self.changes if who == name and begins <= at < ends}
        if "off" in kinds or self.is_away(name, at):
            return False
        return WEEKS[weeks % 2] == name or "on" in kinds

    def reachable_from(self, name: str, at: datetime) -> datetime:
        while True:
            off = [ends for begins, ends in self.people[name]["away"] if begins <= at < ends]
            if off:
                at = max(off)
            elif self.is_quiet(name, at):
                at = at.replace(minute=0, second=0) + HOUR
            else:
                return at

    def is_quiet(self, name: str, at: datetime) -> bool:
        quiet = self.people[name]["quiet"]
        return bool(quiet) and (at.hour >= quiet[0] or at.hour < quiet[1])

    # Standing -----------------------------------------------------------------------------------

    def stand(self, case: Dict, at: datetime, first: int) -> tuple[int, Any, list[str]]:
        for step in range(first, LAST):
            people = self.on_step(case, step, at)
            if people:
                raw = at + STEPS[step]["hours"] * HOUR
                due = min(self.reachable_from(name, raw) for name in people)
                due = raw if case["urgent"] else min(due, raw + 3 * DAY)
                return step, due, people
        return LAST, None, self.everyone(case)

    def come_to(self, case: Dict, at: datetime, first: int) -> None:
        """It comes to stand at a step, and that step's people are told."""
        st, (step, due, people) = case["st"], self.stand(case, at, first)
        if st["promise"] and st["promise"] > at:
            due = min(due or st["promise"], st["promise"])
        if st["promise"] and st["promise"] <= at:
            st["missed"] = st["missed"] or st["promise"]
        st |= {"state": "with_reps", "since": at, "stepped": at, "step": step, "promise": due}
        st |= {"taker": None, "owed": None, "helpers": set(), "reopened": None}
        case["highest"] = max(case["highest"], step)
        case["moved"] = max(case["moved"], at if case["urgent"] else slot_from(at))
        self.tell(case, people, "case_waits" if due else "case_nobody", due)

    def tell(self, case: Dict, people: list[str], what: str, by: datetime | None = None) -> None:
        for name in people:
            silent = what in ("case_moved", "case_withdrawn") and name in case["muted"]
            if self.knows(case, name) and not silent:
                self.told.append((name, what, by.isoformat() if by else ""))

    def concerned(self, case: Dict, at: datetime) -> list[str]:
        st = case["st"]
        mine = st["helpers"] | ({st["taker"]} if st["taker"] else set())
        some = [name for name in self.everyone(case) if name in mine]
        if st["taker"] in some:
            return some
        people = self.on_step(case, st["step"], at) or self.everyone(case)
        return [*some, *(name for name in people if name not in some)]

    def follow(self, case: Dict, at: datetime, kinds: set[str]) -> int | None:
        st = as_of(case["st"], at)
        if st["state"] in ENDED:
            return None
        if st["reopened"] == at:
            return 0
        if "escalate" in kinds and st["step"] < LAST:
            return int(st["step"]) + 1
        if self.has_taker(case):
            return None
        if "agree" in kinds and not set(self.everyone(case)) - case["agreed"]:
            return 0
        if st["taker"]:
            return int(st["step"])
        if st["step"] == LAST or self.on_step(case, st["step"], at):
            return None
        return int(st["step"])

    # Reporters ----------------------------------------------------------------------------------

    def file(self, name: str, out: set[str], *, urgent: bool) -> None:
        told = self.now.replace(minute=0, second=0) if urgent else slot_after(self.now)
        readers = {one for one in self.hearing() if one not in out}
        case: Dict = {"urgent": urgent, "readers": readers, "out": set(out), "agreed": set()}
        case |= {"told": told, "release": told, "released": False, "unseen": False, "highest": 0}
        case |= {"muted": set(), "asked": [], "pending": [], "answered": False, "moved": told}
        case["asked_to_climb"] = []
        case |= {"deleting": None, "st": fresh("waiting", told), "seen": fresh("waiting", told)}
        case["promised"] = self.stand(case, told, 0)[1]
        self.cases[name] = case
        if urgent:
            self.release(case, told)

    def release(self, case: Dict, at: datetime) -> None:
        case |= {name: self.with_pending(case)[name] for name in ("out", "agreed")}
        if at > case["release"]:  # its own slot had happened: the clock had been put back
            case["release"] = case["moved"] = at
            case["promised"] = self.stand(case, at, 0)[1]
        promised = case["promised"] or at + STEPS[0]["hours"] * HOUR
        case["released"] = True
        case["st"] = fresh("with_reps", case["release"])
        case["st"]["promise"] = promised
        case["unseen"] = any(kind == "withdraw" for kind, _, _ in case["pending"])
        if case["unseen"]:
            case["st"] |= {"state": "withdrawn", "promise": None}
        else:
            self.come_to(case, case["release"], 0)
            case["moved"] = case["release"]
        case["pending"] = []

    def is_urgent_to_reporter(self, case: Dict) -> bool:
        return case["urgent"] and not any(kind == "not_urgent" for kind, _, _ in case["pending"])

    def say(self, case: Dict, kind: str, people: set[str] | None = None) -> None:
        """Whatever a reporter does: from the slot on, or of an urgent case from now on."""
        at_once = self.is_urgent_to_reporter(case) and kind != "not_urgent"
        if kind == "escalate":
            at = self.now.replace(minute=0, second=0) if at_once else slot_after(self.now)
            case["asked_to_climb"].append(at)
        if at_once:
            at = self.now.replace(minute=0, second=0)
            self.cross(case, [(kind, people or set(), at)], at)
        else:
            crosses = slot_after(self.now) if case["released"] else case["release"]
            case["pending"].append((kind, people or set(), crosses))

    def cross(self, case: Dict, said: list[tuple[str, set[str], datetime]], at: datetime) -> None:
        for kind, people, _ in said:
            hear(case["st"], kind, at)
            case["moved"] = max(case["moved"], at)
            if kind == "leave_out":
                case["out"] |= people
            elif kind == "agree":
                case["agreed"] |= people
                self.tell(case, [one for one in self.people if one in people], "case_brought_in")
            elif kind == "not_urgent":
                case["urgent"] = False
        step = self.follow(case, at, {kind for kind, _, _ in said})
        if step is not None:
            self.come_to(case, at, step)
        elif any(kind == "withdraw" for kind, _, _ in said):
            self.tell(case, self.concerned(case, at), "case_withdrawn")
        elif any(kind in ("message", "not_urgent") for kind, _, _ in said):
            self.tell(case, self.concerned(case, at), "case_moved")

    def reporters_view(self, case: Dict) -> Dict:
        if not case["released"]:
            st = fresh("waiting", case["release"])
        else:
            st = deepcopy(case["st"] if case["urgent"] else case["seen"])
        for kind, _, crosses in case["pending"]:
            hear(st, kind, crosses)
        return as_of(st, self.now)

    def may_ask_to_climb(self, case: Dict) -> bool:
        """Once from slot to slot; not while there is no higher step."""
        seen = self.reporters_view(case)
        if seen["state"] in (*ENDED, "waiting") or seen["step"] >= LAST:
            return False
        if self.is_urgent_to_reporter(case):
            return all(slot_after(at) <= self.now for at in case["asked_to_climb"])
        return all(at <= self.now for at in case["asked_to_climb"])

    def with_pending(self, case: Dict) -> Dict:
        """The case with whom its reporter has left out or agreed to meanwhile."""
        mine = case | {"out": set(case["out"]), "agreed": set(case["agreed"])}
        for kind, people, _ in case["pending"]:
            if kind in ("leave_out", "agree"):
                mine["out" if kind == "leave_out" else "agreed"] |= people
        return mine

    def later(self, case: Dict) -> set[str]:
        """Who hears cases now, is no reader, and was not left out."""
        return {n for n in self.hearing() if not self.reads(case, n) and n not in case["out"]}

    def to_agree(self, case: Dict) -> set[str]:
        """Whom the reporter's view offers to agree to."""
        mine = self.with_pending(case)
        if not self.everyone(mine):
            return self.later(mine)
        asked = {n for names, seen in case["asked"] if seen <= self.now for n in names}
        return self.later(mine) & asked

    # Staff --------------------------------------------------------------------------------------

    def act(self, case: Dict, kind: str, who: str) -> None:
        """What a member of staff says or does, but for handing over and stepping out."""
        at = self.now
        crosses = at.replace(minute=0, second=0) if case["urgent"] else slot_after(at)
        if kind not in ("note", "bring_in", "hand_over", "recuse", "mute"):
            case["st"] = as_of(case["st"], at)
            case["moved"] = max(case["moved"], crosses)
        st, over = case["st"], case["st"]["state"] in ENDED
        before = st["state"]
        if kind == "mute":
            case["muted"] ^= {who}
        if over or kind in ("note", "mute", "ask_consent"):
            return
        if kind == "acknowledge" and before == "waiting_on_you":
            st["taker"] = who
            return
        after = {"acknowledge": "acknowledged", "reply": "acknowledged", "ask": "waiting_on_you"}
        st["state"] = after.get(kind) or {"resolve": "resolved", "close": "closed"}[kind]
        if st["state"] != before or kind in ("ask", "resolve"):
            st["since"] = crosses
        if kind == "acknowledge":
            st["owed"] = st["owed"] if st["taker"] else at
            st["taker"] = who
        else:
            st |= {"taker": st["taker"] or who, "owed": None}
        st |= {"promise": None, "missed": None}
        case["answered"] |= kind in ("resolve", "close")

    def others(self, case: Dict, who: str, but: set[str]) -> set[str]:
        return {
            n
            for n in self.hearing()
            if self.knows(case, n) and not self.is_away(n, self.now) and n not in but | {who}
        }

    def bring_in(self, case: Dict, who: str, drawn: str | None) -> None:
        if drawn is None:
            later = self.later(case)
            self.act(case, "ask_consent", who)
            urgent = self.now.replace(minute=0, second=0)
            case["asked"].append((later, urgent if case["urgent"] else slot_after(self.now)))
        else:
            case["st"]["helpers"] |= {drawn}
            self.tell(case, [drawn], "case_brought_in")

    def hand_over(self, case: Dict, drawn: str) -> None:
        st = case["st"]
        if st["taker"]:
            st["taker"] = drawn
        else:
            st["helpers"] |= {drawn}
        self.tell(case, [drawn], "case_handed")

    def recuse(self, case: Dict, who: str) -> None:
        before = self.concerned(case, self.now)
        case["out"] |= {who}
        step = self.follow(case, self.now, {"recuse"})
        if step is not None:
            self.come_to(case, self.now, step)
            return
        new = [one for one in self.concerned(case, self.now) if one not in before]
        promise = case["st"]["promise"]
        self.tell(case, new, "case_waits" if promise else "case_moved", promise)

    # Time ---------------------------------------------------------------------------------------

    def go(self, to: datetime) -> None:
        """The clock is put to ``to``; what is due on the way happens in order, slots first."""
        self.now, done = to, self.high
        while True:
            deeds = [one for case in self.cases.values() for one in coming(case, done)]
            at = min([self.next_slot, *(at for at, _, _ in deeds)])
            if at > to:
                break
            if at == self.next_slot:
                self.slot(at)
                self.next_slot = slot_after(at)
                done = at - timedelta(seconds=1)
                deeds = [one for case in self.cases.values() for one in coming(case, done)]
            for when, deed, case in deeds:
                if when == at:
                    self.do(case, deed, at)
            done = at
            for case in self.cases.values():
                if is_slot(at):
                    case["seen"] = deepcopy(case["st"])
        self.high = max(self.high, to)

    def slot(self, at: datetime) -> None:
        for name, case in list(self.cases.items()):
            if case["deleting"] and case["deleting"] <= at:
                del self.cases[name]
            elif not case["released"]:
                self.release(case, at)
            elif case["pending"]:
                said, case["pending"] = case["pending"], []
                self.cross(case, said, at)
        for name, case in list(self.cases.items()):
            if case["released"] and shredded(case) <= at:
                del self.cases[name]

    def do(self, case: Dict, deed: str, at: datetime) -> None:
        st = case["st"]
        if deed in ("climb", "return"):
            self.come_to(case, at, st["step"] + 1)
        elif deed == "law":
            self.tell(case, self.concerned(case, at), "case_law", case["told"] + 90 * DAY)
        elif deed == "remind":
            taker = [name for name in self.everyone(case) if name == st["taker"]]
            self.tell(case, taker, "case_reminder", st["owed"] + 5 * DAY)
        elif deed == "repeat":
            people = self.on_step(case, st["step"], at) or self.everyone(case)
            self.tell(case, people, "case_waits" if st["promise"] else "case_nobody", st["promise"])


def fresh(state: str, since: datetime) -> Dict:
    made: Dict = {"state": state, "since": since, "stepped": since, "step": 0, "promise": None}
    return made | {"missed": None, "taker": None, "owed": None, "helpers": set(), "reopened": None}


def as_of(st: Dict, at: datetime) -> Dict:
    """A question that nobody answered for thirty days closes the case."""
    if st["state"] == "waiting_on_you" and at >= st["since"] + 30 * DAY:
        return st | {"state": "closed", "since": st["since"] + 30 * DAY, "owed": None}
    return st


def hear(st: Dict, kind: str, at: datetime) -> None:
    """What a reporter's act does to where the case stands."""
    if st["state"] == "waiting_on_you" and at > slot_from(st["since"] + 30 * DAY):
        st |= as_of(st, at)
    if st["state"] == "withdrawn":
        return
    if kind == "withdraw":
        since = st["since"] if st["state"] == "withdrawn" else at
        st |= {"state": "withdrawn", "since": since, "promise": None, "missed": None, "owed": None}
    if kind == "message" and st["state"] in ENDED:
        st |= fresh("with_reps", at) | {"reopened": at}
    elif kind == "message" and st["state"] == "waiting_on_you":
        st |= {"state": "acknowledged", "since": at, "owed": at}
    elif kind == "message" and st["taker"]:
        st["owed"] = at


def coming(case: Dict, done: datetime) -> list[tuple[datetime, str, Dict]]:
    """What the clock has to do in a case after ``done``, in the order of one moment."""
    if not case["released"] or case["unseen"]:
        return []
    st, found = as_of(case["st"], done), []
    if st["state"] in ENDED:
        return []
    if st["state"] == "with_reps":
        if st["promise"]:
            found.append((st["promise"], "climb", case))
        hours = STEPS[st["step"]]["again"] or (None if st["promise"] else 7 * 24)
        if hours:
            times = max((done - st["stepped"]) // (hours * HOUR), 0) + 1
            again = st["stepped"] + times * hours * HOUR
            if st["promise"] is None or again < st["promise"]:
                found.append((again, "repeat", case))
    if st["state"] == "acknowledged" and st["owed"] and st["taker"]:
        found.append((st["owed"] + 72 * HOUR, "remind", case))
        found.append((st["owed"] + 5 * DAY, "return", case))
    if not case["answered"]:
        found.append((case["told"] + 83 * DAY, "law", case))
    told = [one for one in found if one[0] > done or one[1] in ("climb", "return")]
    return sorted(told, key=lambda one: (one[0], one[1]))


def shredded(case: Dict) -> datetime:
    """The slot at which it goes for good."""
    st = case["st"]
    if st["state"] in ENDED:
        return slot_from(st["since"] + 60 * DAY)
    if st["state"] == "waiting_on_you":
        return slot_from(st["since"] + 90 * DAY)
    return slot_from(case["moved"] + 365 * DAY)
