"""The chart: no secret in it or by default, every pod held in, and keys laid down as the bot wants them.

What it renders, and what it refuses, is asked of helm and of Kubernetes' schemas by `make shipped`.
"""

import json
import re
import stat
import textwrap
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.chance import SystemChance
from adapters.vault import FILES, make_key_file, make_key_files, read_key_files, wrapping_files
from bot import VERSION
from bot.settings import PLATFORMS
from tests.deploy.words import DEPLOY, wrong_words

FOLDER = DEPLOY / "helm"
VALUES = yaml.safe_load((FOLDER / "values.yaml").read_text("utf-8"))
SCHEMA = json.loads((FOLDER / "values.schema.json").read_text("utf-8"))
TEMPLATES = {file.name: file.read_text("utf-8") for file in (FOLDER / "templates").iterdir()}
PODS = ("processes.yaml", "schema.yaml")


def test_the_chart_is_of_the_programs_version() -> None:
    chart = yaml.safe_load((FOLDER / "Chart.yaml").read_text("utf-8"))
    assert (chart["version"], chart["appVersion"]) == (VERSION, VERSION)


# Secrets ----------------------------------------------------------------------------------------


def test_it_makes_no_secret_and_names_none_by_default() -> None:
    assert VALUES["secrets"] == {"credentials": "", "keys": ""}
    for text in TEMPLATES.values():
        assert not re.search(r"kind:\s*Secret\b", text)
        assert "randAlphaNum" not in text
        assert "genPrivateKey" not in text


@pytest.mark.parametrize(
    "value", ["image.repository", "settings", "secrets.credentials", "secrets.keys"]
)
def test_what_must_be_filled_in_is_empty_and_asked_for_in_a_sentence(value: str) -> None:
    known: Any = VALUES
    for step in value.split("."):
        known = known[step]
    assert known == ""
    asked = rf'required "{re.escape(value)} is empty: [^"]+\." \.(?:root\.)?Values\.{value}'
    assert any(re.search(asked, text) for text in TEMPLATES.values())


# Every pod --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PODS)
def test_a_pod_is_held_in(name: str) -> None:
    text = TEMPLATES[name]
    assert text.count('include "groundswell.pod"') == 1
    assert text.count("- name: groundswell\n") == text.count('include "groundswell.confined"') == 1
    assert "image: {{ include" in text


def test_what_holds_it_in() -> None:
    parts = TEMPLATES["_parts.tpl"]
    for said in (
        "automountServiceAccountToken: false",
        "runAsNonRoot: true",
        "runAsUser: 10001",
        "type: RuntimeDefault",
        "allowPrivilegeEscalation: false",
        "readOnlyRootFilesystem: true",
        'drop: ["ALL"]',
    ):
        assert parts.count(said) == 1, said
    assert not re.search(r"privileged|hostNetwork|hostPath|hostPID", "".join(TEMPLATES.values()))


def test_kubernetes_own_variables_do_not_stop_the_start() -> None:
    """A Service called groundswell-web would set GROUNDSWELL_WEB_SERVICE_HOST in every pod."""
    assert "enableServiceLinks: false" in TEMPLATES["_parts.tpl"]


def test_the_keys_are_laid_down_as_the_bot_wants_them(tmp_path: Path) -> None:
    """From a folder such as a Secret's, which others can read."""
    script = re.search(r"- -c\n\s+- \|\n(.*?)\n    securityContext", TEMPLATES["_parts.tpl"], re.S)
    assert script
    make_key_files(tmp_path / "secret", SystemChance())
    there = tmp_path / "own"
    there.mkdir(mode=0o777)
    (tmp_path / "secret").chmod(0o777)
    code = textwrap.dedent(script.group(1))
    code = code.replace("/var/lib/groundswell", str(there))
    code = code.replace('"/keys"', repr(str(tmp_path / "secret")))
    for _ in range(2):  # a container that starts again
        exec(compile(code, "the init container", "exec"), {})  # noqa: S102 - our own, out of the chart
    assert stat.S_IMODE((there / "keys").stat().st_mode) == 0o700
    assert len(read_key_files(there / "keys")) == len(FILES)
    make_key_file(tmp_path / "secret" / "case-keys-2.key", SystemChance())
    exec(compile(code, "the init container", "exec"), {})  # noqa: S102 - likewise
    assert list(wrapping_files(there / "keys")) == [1, 2], "after a rotation, too"


# Processes --------------------------------------------------------------------------------------


def test_the_processes_are_one_image_told_apart_by_flags() -> None:
    text = TEMPLATES["processes.yaml"]
    assert re.findall(r"^\s+- (run|--[a-z-]+)", text, re.M) == [
        "run",
        "--config",
        "--only",
        "--no-heartbeat",
    ]
    line = "groundswell run --config=x --only=slack --no-heartbeat"
    assert list(wrong_words(line)) == []
    (upgrade,) = re.findall(r"args: (\[.*\])", TEMPLATES["schema.yaml"])
    assert list(wrong_words(" ".join(["groundswell", *yaml.safe_load(upgrade)]))) == []


def test_by_default_every_platform_has_a_process_and_the_clock_has_one() -> None:
    processes = VALUES["processes"]
    run = {one for said in processes.values() for one in said["only"].split(",")}
    assert run == set(PLATFORMS) - {"sandbox"}
    assert [name for name, said in processes.items() if said["heartbeat"]] == ["heartbeat"]
    (matrix,) = [said for said in processes.values() if "matrix" in said["only"]]
    assert (matrix["replicas"], matrix["remembers"]) == (1, True)


# The network ------------------------------------------------------------------------------------


def test_nothing_comes_in_or_goes_out_but_what_is_named() -> None:
    text, policy = TEMPLATES["network.yaml"], VALUES["networkPolicy"]
    assert 'policyTypes: ["Ingress", "Egress"]' in text
    assert policy["from"] == {"slack": [], "metrics": []}
    assert policy["database"]["to"] == policy["mail"]["to"] == []
    ports = re.findall(r"- port: (\S+|\{\{[^}]+\}\})", text)
    plain = {one for one in ports if one.strip('"').isdigit()}
    assert {one.strip('"') for one in plain} == {"8080", "8081", "53", "443"}
    private = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"}
    assert private < set(policy["platforms"]["except"]), "nor a cloud's own place for credentials"


def test_every_value_is_in_the_schema_and_none_besides() -> None:
    assert set(VALUES) <= set(SCHEMA["properties"])
    assert SCHEMA["additionalProperties"] is False
    for name in ("image", "secrets", "state", "networkPolicy"):
        assert set(VALUES[name]) <= set(SCHEMA["properties"][name]["properties"])
        assert SCHEMA["properties"][name]["additionalProperties"] is False
