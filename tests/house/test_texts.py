"""Every sentence the code can say is written down, in every language, and none that it cannot."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

from bot.chat import About, Command
from bot.commands.communities.settings import ANSWERS
from bot.commands.digests.cards import DAYS
from bot.domain.cases import State, Why
from bot.domain.communities import CATEGORIES, Role, RoomKind, Target, Trust
from bot.domain.communities.edits import EDITS
from bot.domain.communities.findings import UNANSWERED, Finding
from bot.domain.digests import Figure
from bot.domain.errors import Invalid, Refused
from bot.domain.grievances.intake import Impact, Spread
from bot.domain.grievances.warnings import Warned
from bot.domain.polls import Every, Question, QuestionKind, ToldBy
from bot.domain.polls.bank import BANK
from bot.settings import PLATFORMS
from bot.texts import LANGUAGES, catalogue
from tests.fakes.world import World
from tests.house.tree import ROOT, name, nodes, parsed

#: What is written the same in English and in another language, and is right.
SAME_AS_ENGLISH = {
    "fr": {"category.surveillance", "claim.code", "share.points", "talk.word.urgent"},
    "de": {
        "about.version",
        "claim.code",
        "code.code",
        "link.code",
        "poll_export.title",
        "status.title",
    },
    "es": {"answer.no"},
    "it": {"answer.no"},
}

KEY = re.compile(r"[a-z_]+(\.[a-z0-9_-]+)+")


@cache
def texts(language: str) -> dict[str, tuple[str, ...]]:
    """Key -> its sentence, or one per plural form."""
    words = files("bot.texts").joinpath(language, "groundswell.po").read_bytes()
    found = {}
    for message in read_po(BytesIO(words), locale=language):
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            said = (message.string,) if isinstance(message.string, str) else message.string
            assert "fuzzy" not in message.flags, f"{key} is not settled"
            assert key not in found, f"{key} is written twice"
            found[key] = tuple(said)
    return found


def placeholders(language: str, key: str) -> set[str]:
    return {
        field
        for sentence in texts(language)[key]
        for _, field, _, _ in Formatter().parse(sentence)
        if field is not None
    }


def facts_wanted(key: str) -> set[str]:
    """What a line with this key must bring; commands and the prefix are the platform's."""
    return {one for one in placeholders("en", key) if not one.startswith("/") and one != "prefix"}


# What the code says -----------------------------------------------------------------------------


def _calls(of: str) -> Iterator[tuple[str, ast.Call]]:
    for path, node in nodes():
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == of:
            yield f"{name(path)}:{node.lineno}", node


def _brought(call: ast.Call) -> set[str] | None:
    """The names of the facts a call brings; None where it passes some on that cannot be read."""
    names = [keyword.arg for keyword in call.keywords]
    return None if None in names else {one for one in names if one is not None}


def _keys(where: str, key: ast.expr) -> set[str]:
    """The keys an expression can be: itself, or what a variable was given, this or that."""
    if isinstance(key, ast.Constant):
        return {str(key.value)}
    if isinstance(key, ast.IfExp):
        return _keys(where, key.body) | _keys(where, key.orelse)
    if not isinstance(key, ast.Name):
        return set()
    file = ROOT / where.partition(":")[0]
    if handed := _handed(file, int(where.partition(":")[2]), key.id):
        return handed
    given = (one for one in ast.walk(parsed(file)) if isinstance(one, ast.Assign))
    return {
        found
        for one in given
        if [getattr(target, "id", "") for target in one.targets] == [key.id]
        for found in _keys(where, one.value)
        if KEY.fullmatch(found)
    }


def _handed(file: Path, line: int, parameter: str) -> set[str]:
    """The constants that a helper's callers, all in its own file, hand it as this parameter."""
    for helper in ast.walk(parsed(file)):
        if not isinstance(helper, ast.FunctionDef):
            continue
        taken = [one.arg for one in helper.args.args]
        inside = helper.lineno <= line <= (helper.end_lineno or 0)
        if not inside or not helper.name.startswith("_") or parameter not in taken:
            continue
        place = taken.index(parameter)
        calls = (one for one in ast.walk(parsed(file)) if isinstance(one, ast.Call))
        given = [one.args[place] for one in calls if getattr(one.func, "id", "") == helper.name]
        return {str(one.value) for one in given if isinstance(one, ast.Constant)}
    return set()


def _pattern(key: ast.expr) -> str | None:
    """An f-string with a star for each of its gaps."""
    if not isinstance(key, ast.JoinedStr):
        return None
    return "".join(str(p.value) if isinstance(p, ast.Constant) else "*" for p in key.values)


def _constants() -> set[str]:
    """Every text in the code, outside docstrings, that looks like a key of the catalogue."""
    sections = {key.partition(".")[0] for key in texts("en")}
    docs = {
        id(node.body[0].value)
        for _, node in nodes()
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    said = {
        call.args[0].value for _, call in _calls("line") if isinstance(call.args[0], ast.Constant)
    }
    return said | {
        node.value
        for _, node in nodes("bot")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
        if KEY.fullmatch(node.value) and node.value.partition(".")[0] in sections
    }


def _refusals(kind: type[Refused] = Refused) -> Iterator[type[Refused]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _refusals(child)


def _families(commands: Iterable[Command]) -> dict[str, set[str]]:
    """The f-strings that the code makes keys of -> every key each of them can make."""
    known = list(commands)
    forms = [one for one in known if one.form is not None]
    typed = {one.name for one in known if one.typed} - _OFFERED
    offered = {one.name for one in known} - typed - _UNLABELLED
    on_staff_s = {"acknowledge", "close", "resolve", "reply", "ask", "note", "ask_consent"}
    mine = {"you", "reply", "ask", "resolve", "ask_consent"}
    internal = {"note", "bring_in"}
    states = {one.value for one in State}
    trusts = {one.value for one in Trust}
    return {
        "button.*": {f"button.{one}" for one in offered},
        "command.*": {f"command.{one.name}" for one in known if one.typed},
        "discord.name.*": {f"discord.name.{one.name}" for one in known if one.typed},
        "confirm.*": {f"confirm.{one.name}" for one in known if one.sure},
        "*.title": {f"{one.name}.title" for one in known if one.form or one.asks},
        "*.above": {f"{one.name}.above" for one in forms},
        "*.*": {
            *(
                f"{one.name}.{field.removesuffix('_')}"
                for one in forms
                for field in one.form.__dataclass_fields__
            ),
            *(f"{one.name}.comment" for one in known if one.asks),
            *(f"{kind.__name__.lower()}.{one.value}" for kind in _ASKED for one in kind),
        },
        "role.*": {f"role.{one.value}" for one in Role},
        "change.*": {f"change.{kind}" for kind in EDITS},
        "setup.trust.*": {f"setup.trust.{one}" for one in ANSWERS},
        "trust.*": {f"trust.{one}" for one in trusts},
        "room_kind.*": {f"room_kind.{one.value}" for one in RoomKind},
        "room.is.*": {f"room.is.{one.value}" for one in RoomKind},
        "lacks.*": {f"lacks.{one.value}" for one in UNANSWERED},
        "finding.*": {f"finding.{one.value}" for one in Finding},
        "remedy.*": {f"remedy.{one.value}" for one in Finding},
        "category.*": {f"category.{one}" for one in CATEGORIES},
        "spread.*": {f"spread.{one.value}" for one in Spread},
        "impact.*": {f"impact.{one.value}" for one in Impact},
        "state.*": {f"state.{one}" for one in states},
        "staff_state.*": {f"staff_state.{one}" for one in states},
        "did.*": {f"did.{one}" for one in on_staff_s},
        "step.*": {f"step.{one.value}" for one in Target},
        "climbed.*": {f"climbed.{one.value}" for one in Why},
        "said.*": {f"said.{one}" for one in internal},
        "view.now.*": {f"view.now.{one}" for one in states - {"waiting", "with_reps"}},
        "said.**": {
            *(f"said.{one}" for one in ("reporter", *mine)),
            *(f"said.{one}.waits" for one in mine),
        },
        "exclude.all_of.*": {f"exclude.all_of.{one}" for one in ("rep", "organiser")},
        "platform.*.sees": {f"platform.{one}.sees" for one in PLATFORMS},
        "place.*": {f"place.{one}" for one in trusts - {Trust.NEUTRAL}},
        "offered.does.*": {f"offered.does.{one.value}" for one in Role if one is not Role.WORKER},
        "warning.*": {f"warning.{one.value}" for one in Warned},
        "poll.kind.*": {f"poll.kind.{one.value}" for one in QuestionKind},
        "planned.every.*": {f"planned.every.{one.value}" for one in Every},
        "every.*": {f"every.{one.value}" for one in Every},
        "poll.eligible.*": {f"poll.eligible.{one.value}" for one in ToldBy},
        "trend.*": {f"trend.{one.kind.value}" for one in BANK.values()},
        "day.*": {f"day.{one}" for one in DAYS},
        "language.*": {f"language.{one}" for one in LANGUAGES},
        "digest.in_time.*": {f"digest.in_time.{one}" for one in ("yes", "no", "later")},
        "digest.moved.*": {f"digest.moved.{one.value}" for one in Figure},
        "bank.*": {f"bank.{one}" for one in BANK},
        "bank.*.short": {f"bank.{one}.short" for one in BANK},
        "bank.*.for": {f"bank.{one}.for" for one in BANK},
        "bank.*.low": {f"bank.{name}.low" for name, one in BANK.items() if _ends(one)},
        "bank.*.high": {f"bank.{name}.high" for name, one in BANK.items() if _ends(one)},
    }


def _ends(one: Question) -> bool:
    """Whether its ends are worded."""
    return one.kind is QuestionKind.SCALE


#: How a refusal ends: a sentence, or what to type.
_ENDS = (".", ")", "/help", "/receipt", "/cases", "/poll", "/pulse")
_ASKED = (Spread, Impact, QuestionKind, Every)  #: what forms ask as a choice of all there are
#: Typed commands that are offered as buttons too; pressed ones that have no label of their own:
#: another's form leads there, the button says what it confirms, or a page is turned.
_OFFERED = {"grievance", "receipt", "cases", "duty", "pulse", "digest", "setup", "about"}
_UNLABELLED = {"leave_out", "confirm", "community", "look"}


def test_every_family_of_keys_is_known_here(world: World) -> None:
    patterns = {_pattern(call.args[0]) for _, call in _calls("line")} - {None}
    assert patterns == set(_families(world.bot.door.commands))


def test_what_can_be_said_is_written_down_and_nothing_else(world: World) -> None:
    members = set().union(*_families(world.bot.door.commands).values())
    refused = {one.key for one in _refusals()}
    said = _constants() | members | refused
    for language in LANGUAGES:
        assert sorted(said - set(texts(language))) == [], language
        assert sorted(set(texts(language)) - said) == [], language


# What it brings along ---------------------------------------------------------------------------


def test_every_line_brings_the_facts_its_sentence_wants() -> None:
    seen = set()
    for where, call in _calls("line"):
        brought = _brought(call)
        for key in _keys(where, call.args[0]) if brought is not None else ():
            seen.add(key)
            assert facts_wanted(key) <= brought, f"{where}: {key}"
    assert seen >= {"receipt_card.urgent", "receipt_card.release", "cases.some", "preview.release"}
    assert seen >= {f"done.{one}" for one in ("withdraw", "withdraw_now", "leave_out_now")}


def test_every_family_brings_the_facts_its_sentences_want(world: World) -> None:
    families = _families(world.bot.door.commands)
    brought: dict[str, list[set[str] | None]] = {}
    for _, call in _calls("line"):
        if (pattern := _pattern(call.args[0])) is not None:
            brought.setdefault(pattern, []).append(_brought(call))
    for pattern, members in families.items():
        for key in members:
            wanted = facts_wanted(key)
            assert any(b is None or wanted <= b for b in brought[pattern]), (pattern, key)


def test_every_invalid_answer_brings_the_facts_its_sentence_wants() -> None:
    seen = set()
    for where, call in _calls("Invalid"):
        brought = _brought(call)
        assert brought is not None
        for key in _keys(where, call.args[1]) if len(call.args) > 1 else (Invalid.key,):
            seen.add(key)
            assert facts_wanted(key) <= brought, f"{where}: {key}"
    assert seen >= {"invalid.empty", "invalid.too_short", "invalid.too_long", "invalid.own_receipt"}


def test_every_refusal_brings_the_facts_its_sentence_wants() -> None:
    keys = {one.__name__: one.key for one in _refusals() if one is not Invalid}
    seen = set()
    for path, node in nodes():
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Name):
            call = ast.Call(node.exc, [], [])
        elif isinstance(node, ast.Call):  # raised here, or made to be raised elsewhere
            call = node
        else:
            continue
        kind = getattr(call.func, "id", "")
        if kind in keys:
            seen.add(kind)
            assert facts_wanted(keys[kind]) == (_brought(call) or set()), f"{name(path)}: {kind}"
    assert seen >= {"DraftGone", "NoSuchCase", "NobodyLeft", "NotAllowed", "UnknownCommand"}


# Every language ---------------------------------------------------------------------------------


def test_there_is_a_folder_for_every_language_and_no_other() -> None:
    found = {
        one.name for one in (ROOT / "bot/texts").iterdir() if (one / "groundswell.po").exists()
    }
    assert found == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_say_the_same_things_with_the_same_facts(language: str) -> None:
    assert set(texts(language)) == set(texts("en"))
    for key in texts("en"):
        assert placeholders(language, key) == placeholders("en", key), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_has_words_in_every_plural_form(language: str) -> None:
    """Which numbers take which form is the language's own rule, as Babel has it."""
    rule = get_plural(language)
    said = catalogue(language).info()["plural-forms"].rstrip(";")
    assert said.replace(" ", "") == str(rule).replace(" ", "").rstrip(";")
    for key, sentences in texts(language).items():
        assert len(sentences) == (rule.num_plurals if len(texts("en")[key]) > 1 else 1), key
        assert all(sentence.strip() for sentence in sentences), key
        assert key not in sentences, key


@pytest.mark.parametrize("language", sorted({*LANGUAGES} - {"en"}))
def test_nothing_is_left_in_english(language: str) -> None:
    """But for words that are the same: each is listed, and none that is not."""
    words = {key: said for key, said in texts(language).items() if _has_words(said)}
    same = {key for key, said in words.items() if set(said) & set(texts("en")[key])}
    assert sorted(same) == sorted(SAME_AS_ENGLISH[language])


def _has_words(said: Iterable[str]) -> bool:
    """Letters of its own; how a date is built is said in letters, too, and is no word."""
    return any(
        len(re.findall("[^\\W\\d_]", re.sub(r"\{[^}]*\}|[EdMyHm]+(?![a-z])", "", one))) > 1
        for one in said
    )


def test_a_sentence_names_only_commands_that_can_be_typed_and_spells_no_prefix(
    world: World,
) -> None:
    """Other languages have the same placeholders: a command is in them what it is in English."""
    typed = {one.name for one in world.bot.door.commands if one.typed}
    for key in texts("en"):
        named = {one for one in placeholders("en", key) if one.startswith("/")}
        assert named <= {f"/{one}" for one in typed}, key
    spelt = re.compile(rf"(?<!\{{)[/!](?:{'|'.join(map(re.escape, typed))})\b")
    for language in LANGUAGES:
        for key, sentences in texts(language).items():
            assert not any(map(spelt.search, sentences)), (language, key)


# What is never said -----------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_promised_with_the_word_anonymous(language: str) -> None:
    for key, sentences in texts(language).items():
        for sentence in sentences:
            assert not re.search(r"anonym|anónim|anônim|anonim", sentence, re.IGNORECASE), key


def test_the_page_does_not_promise_it_either() -> None:
    static = ROOT / "adapters/sandbox/static"
    for file in static.iterdir():
        if file.suffix in (".html", ".js", ".css"):
            assert "anonym" not in file.read_text("utf-8").casefold(), file.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_calm_and_end(language: str) -> None:
    """No exclamation mark around trouble, no double space, no space at an edge."""
    for key, sentences in texts(language).items():
        for sentence in sentences:
            assert "!" not in sentence, key
            assert "  " not in sentence, key
            assert sentence == sentence.strip(), key
            if key.startswith(("refused.", "invalid.")) and not key.endswith(".title"):
                assert sentence.rstrip("}").endswith(_ENDS), key


_TYPED_ABOUT = {"pulse": (About.POLL,), "digest": (About.REVISION,)}


def test_what_a_command_is_about_is_of_a_kind_the_house_knows(world: World) -> None:
    """A typed command is about nothing that only a button could carry; /pulse is about what is
    open, or about one of it, and the form of /digest about what it was filled in with."""
    for one in world.bot.door.commands:
        if one.typed:
            allowed = _TYPED_ABOUT.get(one.name, (About.NOTHING, About.DRAFT))
            assert one.about in allowed, one.name
