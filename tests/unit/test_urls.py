"""Addresses that are read are kept by nobody once they are gone."""

import gc
from functools import _lru_cache_wrapper
from types import ModuleType

import pytest
import yarl

from adapters import urls

USER = "283746501900000007"
ADDRESS = f"https://example.org/guilds/1/members/{USER}?after={USER}#{USER}"


def _reads() -> None:
    asked = yarl.URL(ADDRESS)
    assert asked.raw_path_qs.count(USER) == 2
    assert str(asked.with_query(before=USER) / USER)
    assert str(asked.join(yarl.URL(f"../{USER}"))).endswith(USER)
    assert yarl.URL.build(scheme="https", host="example.org", path=f"/{USER}").name == USER
    assert yarl.URL(f"/{USER}?a=1", encoded=True).name == USER


def _kept() -> bool:
    """Whether any cache of yarl's holds the user."""
    caches = [one for one in gc.get_objects() if isinstance(one, _lru_cache_wrapper)]
    found = [one for one in caches if (one.__module__ or "").startswith("yarl")]
    return any(USER in str(held) for one in found for held in gc.get_referents(one))


@pytest.fixture
def as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """yarl with its caches, whatever this process did to it before."""
    from functools import lru_cache

    for module, names in urls.KEEPING:
        for name in names:
            reads = getattr(module, name)
            monkeypatch.setattr(module, name, lru_cache(getattr(reads, "__wrapped__", reads)))


@pytest.mark.usefixtures("as_it_comes")
def test_no_address_is_kept_that_names_anybody() -> None:
    _reads()
    assert _kept(), "the control: yarl keeps them"
    urls.keep_none()
    urls.keep_none()  # as often as one likes
    _reads()
    assert not _kept()


def test_yarl_has_no_cache_of_whole_addresses_that_we_do_not_know() -> None:
    """Those left are of hosts and their parts; another version may have others."""
    of_hosts = {"split_netloc", "make_netloc", "_idna_encode", "_idna_decode", "_encode_host"}
    known = {name for _, names in urls.KEEPING for name in names}
    modules: list[ModuleType] = [module for module, _ in urls.KEEPING]
    cached = {
        name
        for module in modules
        for name, one in vars(module).items()
        if isinstance(one, _lru_cache_wrapper)
    }
    assert cached - of_hosts <= known
    assert all(hasattr(module, name) for module, names in urls.KEEPING for name in names)
