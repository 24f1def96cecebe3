"""Asks the tools that deploy/ is written for what they make of it: ``make shipped``.

A line for each; what is not on the PATH is said, and no "all is well" follows. Starts nothing that
listens and changes nothing.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.deploy.unit import UNIT
from tests.deploy.words import DEPLOY

WORST = 20  #: of 100, for the exposure that systemd reckons
KUBERNETES = ("1.27", "1.30", "1.37")
#: What a chart is rendered with: values as somebody fills them in.
SETTINGS = """
[instance]
name = "Harbour"
operator = "Harbour union"
[slack]
mode = "http"
[discord]
[matrix]
"""
PEER = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "elsewhere"}}}]
VALUES = {
    "image": {"repository": "registry.example.org/groundswell"},
    "settings": SETTINGS,
    "secrets": {"credentials": "groundswell-credentials", "keys": "groundswell-keys"},
    "networkPolicy": {
        "from": {"slack": PEER, "metrics": PEER},
        "database": {"to": PEER},
        "mail": {"to": PEER},
        "platforms": {"also": PEER},
    },
}
#: Values with which the chart must say no, and a pattern of what it says; helm's own words differ by
#: its version.
REFUSED = {
    "image.repository=": "image.repository is empty",
    "image.tag=latest": "not' failed|must not validate",
    "secrets.keys=": "secrets.keys is empty",
    "secrets.credentials=": "secrets.credentials is empty",
    "settings=": "settings is empty",
    "settings=CHANGE-ME": "placeholder",
    "settings=[log]": "no platform",
    "settings=[backup]": "no process here has a folder",
    "processes.worker.only=matrix": "settings enable discord",
    "processes.worker.replicas=2": "an account of Matrix has one process",
    "processes.heartbeat.heartbeat=false": "no slot would come",
    "networkPolicy.database.to=null": "database.to is empty",
    "overwriteFreedMemory=perhaps": "overwriteFreedMemory",
    "password=x": "additional propert(ies|y)",
}


class Missing(Exception):
    """A tool is not on the PATH."""


def run(*words: str | Path, wrong: bool = False) -> str:
    """What it says. ``wrong``: it must refuse."""
    if not (program := shutil.which(str(words[0]), path=_path())):
        raise Missing(str(words[0]))
    done = subprocess.run([program, *map(str, words[1:])], capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert (done.returncode != 0) is wrong, said
    return said


def _path() -> str:
    import os

    return f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin"


def unit(folder: Path) -> str:
    """Verified as if the program were where it says; what it points to is not here."""
    copy = folder / UNIT.name
    lines = UNIT.read_text("utf-8").splitlines()
    copy.write_text(
        "\n".join("ExecStart=/bin/true" if one.startswith("ExecStart=") else one for one in lines)
    )
    run("systemd-analyze", "verify", copy)
    said = run("systemd-analyze", "security", "--offline=true", f"--threshold={WORST}", UNIT)
    return said.strip().splitlines()[-1].partition(" for ")[0] + said.rpartition(":")[2].rstrip()


def image(folder: Path) -> str:
    return run("hadolint", DEPLOY / "container" / "Containerfile")


def composed(folder: Path) -> str:
    for file in sorted((DEPLOY / "container").glob("compose*.yaml")):
        run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", file)
    return ""


def spelled(folder: Path) -> str:
    """YAML that is not a template."""
    rules = "{extends: default, rules: {line-length: {max: 120}, document-start: disable, "
    rules += "comments: {min-spaces-from-content: 1}, comments-indentation: disable, "
    rules += "braces: {max-spaces-inside: 1}}}"
    files = [one for one in DEPLOY.rglob("*.y*ml") if "templates" not in one.parts]
    return run("yamllint", "--strict", "-d", rules, *files)


def alerts(folder: Path) -> str:
    place = DEPLOY / "prometheus"
    run("promtool", "check", "rules", "--lint=all", place / "groundswell.rules.yml")
    run("promtool", "check", "config", place / "scrape.yml")
    run("promtool", "test", "rules", place / "groundswell.rules.test.yml")
    return ""


def dashboard(folder: Path) -> str:
    """Its questions, read by Prometheus as rules; all of it, read by Grafana's own types."""
    import json

    board = json.loads((DEPLOY / "grafana" / "groundswell.json").read_text("utf-8"))
    asked = [one["expr"] for panel in board["panels"] for one in panel["targets"]]
    rules = [{"record": f"asked:{n}", "expr": one} for n, one in enumerate(asked)]
    file = folder / "board.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": rules}]}))
    run("promtool", "check", "rules", file)
    misspelt = board | {"panels": [board["panels"][0] | {"tittle": "x"}, *board["panels"][1:]]}
    assert list(unknown_to_grafana(misspelt)) == ["/panels/0/tittle"], "a control"
    lost = list(unknown_to_grafana(board))
    assert not lost, f"Grafana knows nothing of {', '.join(lost)}"
    return f"{len(asked)} questions"


def unknown_to_grafana(board: Any) -> Iterator[str]:
    """Where in it something stands that its types do not give back."""
    import json

    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.cog.plugins import register_default_plugins
    from grafana_foundation_sdk.models.dashboard import Dashboard

    def lost(given: Any, back: Any, where: str) -> Iterator[str]:
        pairs: Iterable[tuple[Any, Any]]
        if isinstance(given, dict) and isinstance(back, dict):
            pairs = given.items()
        elif isinstance(given, list) and isinstance(back, list):
            pairs, back = enumerate(given), dict(enumerate(back))
        else:
            if given != back:
                yield where
            return
        for key, one in pairs:
            yield from lost(one, back.get(key), f"{where}/{key}")

    register_default_plugins()
    back = json.loads(JSONEncoder().encode(Dashboard.from_json(board)))
    yield from lost(board, back, "")


def nginx(folder: Path) -> str:
    """With a certificate of its own, and every file where this folder is."""
    for name in ("nginx.conf", "groundswell-proxy.conf"):
        text = (DEPLOY / "proxies" / name).read_text("utf-8")
        for elsewhere in ("/etc/nginx/tls", "/etc/nginx", "/var/log/nginx"):
            text = text.replace(elsewhere, str(folder))
        (folder / name).write_text(text)
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=x"]
    run(
        "openssl",
        *request,
        "-keyout",
        folder / "groundswell.key",
        "-out",
        folder / "groundswell.pem",
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temp = " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    whole = folder / "whole.conf"
    whole.write_text(
        f"pid {folder}/pid; error_log {folder}/log; events {{}} "
        f"http {{ {temp} include {folder}/nginx.conf; }}"
    )
    return run("nginx", "-t", "-q", "-c", whole, "-p", folder)


def caddy(folder: Path) -> str:
    file = DEPLOY / "proxies" / "Caddyfile"
    run("caddy", "validate", "--adapter", "caddyfile", "--config", file)
    run("caddy", "fmt", "--diff", file)
    return ""


def chart(folder: Path) -> str:
    """Linted, rendered, held against Kubernetes' own schemas, and refused where it must be."""
    values, rendered = folder / "values.yaml", folder / "rendered.yaml"
    values.write_text(yaml.safe_dump(VALUES))
    template = ("helm", "template", "try", DEPLOY / "helm", "--values", values)
    run("helm", "lint", "--strict", DEPLOY / "helm", "--values", values)
    rendered.write_text(run(*template))
    for version in KUBERNETES:
        run("kubernetes-validate", "--strict", "-k", version, rendered)
    for given, said in REFUSED.items():
        told = run(*template, "--set", given, wrong=True)
        assert re.search(said, told, re.IGNORECASE), f"{given}: {told}"
    run(*template, "--set", "networkPolicy.cilium.enabled=true")
    assert "GLIBC_TUNABLES" in run(*template, "--set", "overwriteFreedMemory=true")
    return f"{len(list(yaml.safe_load_all(rendered.read_text())))} objects"


LOOKS: Sequence[Callable[[Path], str]] = (
    *(unit, image, composed, spelled, alerts, dashboard, nginx, caddy, chart),
)


def main() -> int:
    well = True
    for look in LOOKS:
        with tempfile.TemporaryDirectory() as folder:
            try:
                said, mark = look(Path(folder)).strip(), "ok  "
            except Missing as what:
                said, mark, well = f"{what} is not on the PATH", "not ", False
            except AssertionError as why:
                said, mark, well = str(why).strip(), "FIX ", False
        print(f"{mark} {look.__name__}  {said}".rstrip())  # noqa: T201 - a command of its own
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
