"""Dashboard and alerts ask for figures that there are, and for nothing of a worker's.

What Prometheus makes of the rules is asked of promtool by `make shipped`.
"""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import yaml

from adapters.web import _Look
from bot.ports import MAIL, Figure, Health
from bot.settings import PLATFORMS
from tests.deploy.words import DEPLOY

BOARD = json.loads((DEPLOY / "grafana" / "groundswell.json").read_text("utf-8"))
RULES = yaml.safe_load((DEPLOY / "prometheus" / "groundswell.rules.yml").read_text("utf-8"))
TRIED = yaml.safe_load((DEPLOY / "prometheus" / "groundswell.rules.test.yml").read_text("utf-8"))
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}
PANELS = BOARD["panels"]
#: What Prometheus itself adds for each target.
ITS_OWN = {"up": {"job", "instance"}}
WORDS = {"absent", "max", "min", "sum", "by", "or", "job", "instance", "what"}


def shown() -> dict[str, set[str]]:
    """Every metric that the bot shows -> what its label can say."""
    reached = dict.fromkeys((*PLATFORMS, MAIL), True)
    look = _Look(Health(True, True, reached, dict.fromkeys(Figure, 1)))
    return {
        family.name: {sample.labels["what"] for sample in family.samples}
        for family in look.collect()
    }


def wrong(expression: str) -> Iterator[str]:
    """What of a question to Prometheus is no metric, no label or no value of ours."""
    known = shown()
    bare = re.sub(r'"[^"]*"', '""', expression)
    for name in re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*", bare):
        if name not in known and name not in ITS_OWN and name not in WORDS:
            yield name
    for metric, label, _, value in re.findall(r'(\w+)\{(\w+)(=|!=)"([^"]*)"\}', expression):
        if metric in ITS_OWN:
            if label not in ITS_OWN[metric] or (label, value) != ("job", "groundswell"):
                yield f"{label}={value}"
        elif label != "what" or value not in known.get(metric, ()):
            yield f"{label}={value}"


def asked() -> dict[str, str]:
    found = {name: rule["expr"] for name, rule in ALERTS.items()}
    for panel in PANELS:
        found |= {f"{panel['title']} {one['refId']}": one["expr"] for one in panel["targets"]}
    return found


@pytest.mark.parametrize("name", asked())
def test_what_is_asked_for_is_there(name: str) -> None:
    assert list(wrong(asked()[name])) == []


@pytest.mark.parametrize(
    "expression",
    [
        "groundswell_cases_total",
        "rate(groundswell_reached[5m])",
        'groundswell_to_look_at{what="grievances"}',
        'groundswell_to_look_at{community="x"}',
        'up{job="other"}',
        "process_cpu_seconds_total",
    ],
)
def test_what_is_not_there_would_be_found(expression: str) -> None:
    assert list(wrong(expression))


def test_every_figure_is_on_the_dashboard_and_has_an_alert() -> None:
    board = " ".join(one["expr"] for panel in PANELS for one in panel["targets"])
    rules = " ".join(rule["expr"] for rule in ALERTS.values())
    for figure in Figure:
        assert f'groundswell_to_look_at{{what="{figure.value}"}}' in board
        assert f'groundswell_to_look_at{{what="{figure.value}"}}' in rules
    assert "groundswell_reached" in board
    assert "groundswell_reached" in rules


# Alerts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_waits_says_how_urgent_it_is_and_what_to_do(name: str) -> None:
    rule = ALERTS[name]
    assert re.fullmatch(r"[1-9]\d*[mhd]", rule["for"])
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "description"}
    assert "community" not in str(rule), "none of them is told"


def test_each_alert_is_tried_when_it_fires_and_when_all_is_well_the_urgent_ones_do_not() -> None:
    tries = [one for test in TRIED["tests"] for one in test["alert_rule_test"]]
    assert {one["alertname"] for one in tries if one["exp_alerts"]} == set(ALERTS)
    well = {one["alertname"] for one in TRIED["tests"][0]["alert_rule_test"]}
    assert {name for name in ALERTS if ALERTS[name]["labels"]["severity"] == "page"} <= well


# The dashboard ----------------------------------------------------------------------------------


def test_the_dashboard_has_one_source_that_whoever_imports_it_chooses() -> None:
    (variable,) = BOARD["templating"]["list"]
    assert (variable["name"], variable["type"], variable["query"]) == (
        "source",
        "datasource",
        "prometheus",
    )
    sources = [panel["datasource"] for panel in PANELS]
    sources += [one["datasource"] for panel in PANELS for one in panel["targets"]]
    assert {json.dumps(one, sort_keys=True) for one in sources} == {
        '{"type": "prometheus", "uid": "${source}"}'
    }


def test_every_panel_says_what_it_is_and_stands_in_nobodys_way() -> None:
    ids = [panel["id"] for panel in PANELS]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in PANELS:
        assert panel["title"]
        assert panel["description"]
        cells = set(_cells(panel["gridPos"]))
        assert not cells & taken, panel["title"]
        taken |= cells
    rows = sorted({y for _, y in taken})
    assert all(below - above == 1 for above, below in pairwise(rows)), "no gap"


def _cells(at: dict[str, Any]) -> Iterator[tuple[int, int]]:
    assert at["x"] + at["w"] <= 24
    for x in range(at["x"], at["x"] + at["w"]):
        for y in range(at["y"], at["y"] + at["h"]):
            yield x, y
