"""The sandbox's page holds nothing that a strict policy would have to allow, nor builds markup."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from adapters.sandbox.app import POLICY
from tests.house.tree import ROOT, name

STATIC = sorted(path for path in (ROOT / "adapters/sandbox/static").rglob("*") if path.is_file())
SCRIPTS = [path for path in STATIC if path.suffix == ".js"]
PAGES = [path for path in STATIC if path.suffix == ".html"]
STYLES = [path for path in STATIC if path.suffix == ".css"]

#: Ways by which text becomes markup or code.
DANGEROUS = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "createContextualFragment",
    "DOMParser",
    "setHTML",
    "srcdoc",
    "eval(",
    "new Function",
    "javascript:",
    "cssText",
)


class Page(HTMLParser):
    """Every tag with its attributes, and the words inside scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[str] = []
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open in ("script", "style") and data.strip():
            self.inside.append(data)


def troubles(text: str) -> list[str]:
    """All in a page's markup that a strict policy would refuse."""
    page = Page(text)
    found = [f"inline: {words[:30]}" for words in page.inside]
    for tag, attributes in page.tags:
        found += [f"<{tag} {one}>" for one in attributes if one.startswith("on") or one == "style"]
        for one in ("src", "href", "action", "data", "poster"):
            address = attributes.get(one) or ""
            if re.match(r"(?:https?:)?//|javascript:", address):
                found.append(f"<{tag} {one}={address[:40]}>")
        if tag in ("iframe", "object", "embed", "base", "style"):
            found.append(f"<{tag}>")
    return found


def test_there_is_a_page_with_scripts_and_styles() -> None:
    assert PAGES
    assert SCRIPTS
    assert STYLES


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_no_page_holds_a_script_a_style_or_a_foreign_address(path: Path) -> None:
    assert troubles(path.read_text("utf-8")) == []


def test_the_measure_finds_what_it_looks_for() -> None:
    for markup in (
        "<script>alert(1)</script>",
        "<style>p { color: red }</style>",
        '<p style="color: red">',
        '<p onclick="x()">',
        '<script src="https://example.org/x.js"></script>',
        '<link href="//example.org/x.css">',
        '<a href="javascript:x()">',
        "<iframe></iframe>",
    ):
        assert troubles(markup), markup
    assert troubles('<script type="module" src="/static/main.js"></script>') == []


@pytest.mark.parametrize("path", [*SCRIPTS, *PAGES], ids=name)
def test_nothing_makes_markup_of_text(path: Path) -> None:
    text = path.read_text("utf-8")
    assert [one for one in DANGEROUS if one in text] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_scripts_set_no_style_and_no_handler_as_an_attribute(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"setAttribute\(\s*[\"'](?:style|on\w+)[\"']", text)


@pytest.mark.parametrize("path", [*SCRIPTS, *STYLES], ids=name)
def test_nothing_is_fetched_from_elsewhere(path: Path) -> None:
    text = path.read_text("utf-8")
    foreign = re.findall(r"(?:https?:)?//[\w-]+\.[\w./-]+", text)
    assert [one for one in foreign if "www.w3.org" not in one] == []
    assert not re.search(r"@import|url\(\s*[\"']?(?!data:|/static/|#)", text)


def test_the_policy_allows_this_page_and_nothing_else() -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in POLICY.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert "unsafe" not in POLICY
    assert "*" not in POLICY
