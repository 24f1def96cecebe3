"""A proxy in front of Slack's way in hands on three paths, and keeps no record of who came when.

That nginx and Caddy take the files is asked of both by `make shipped`.
"""

import re

import pytest

from adapters.slack.http import BACK, EVENTS, INSTALL
from tests.deploy.words import DEPLOY

NGINX = (DEPLOY / "proxies" / "nginx.conf").read_text("utf-8")
HANDED_ON = (DEPLOY / "proxies" / "groundswell-proxy.conf").read_text("utf-8")
CADDY = (DEPLOY / "proxies" / "Caddyfile").read_text("utf-8")
BARE = {name: re.sub(r"#.*", "", text) for name, text in (("nginx", NGINX), ("caddy", CADDY))}


@pytest.mark.parametrize("name", BARE)
def test_slacks_three_paths_are_handed_on_and_no_other(name: str) -> None:
    paths = set(re.findall(r"(?<![\w/.])/slack/\w+", BARE[name]))
    assert paths == {EVENTS, INSTALL, BACK}
    assert not re.search(r"metrics|readyz|healthz|8081", BARE[name])


def test_whatever_else_is_asked_for_is_not_there() -> None:
    assert re.search(r"location / \{\s*return 404;\s*\}", NGINX)
    assert re.search(r"handle \{\s*respond 404\s*\}", CADDY)


def test_nginx_keeps_no_record_and_writes_no_body_to_the_disk() -> None:
    assert re.findall(r"^\s*access_log\s+(.*);", NGINX, re.M) == ["off"]
    assert re.findall(r"^\s*error_log\s+\S+ (\w+);", NGINX, re.M) == ["crit"]
    said = dict(re.findall(r"^\s*(\w+)\s+(\S+);", NGINX, re.M))
    assert said["client_body_buffer_size"] == said["client_max_body_size"]
    assert said["proxy_max_temp_file_size"] == "0"


def test_caddy_keeps_no_record() -> None:
    outside = BARE["caddy"].replace("log default", "")
    assert not re.search(r"^\s*log\b", outside, re.M), "a log in a site is its access log"
    assert re.search(r"log default \{\s*level ERROR\s*exclude http\.log\.error\s*\}", CADDY)


def test_whose_address_it_came_from_is_not_handed_on() -> None:
    for name in ("X-Forwarded-For", "X-Real-IP"):
        assert re.search(rf'proxy_set_header\s+{name}\s+"";', HANDED_ON)
    assert CADDY.count("reverse_proxy") == CADDY.count("header_up -X-Forwarded-For")


@pytest.mark.parametrize("name", BARE)
def test_the_name_is_still_to_be_filled_in(name: str) -> None:
    assert "CHANGE-ME.example.org" in BARE[name]
