"""Runs a command under what the systemd unit says, without systemd: bubblewrap and seccomp.

``python -m tests.deploy.confined UNIT STATE WORD...`` as root, by hand. What it applies it reads from the unit;
what it cannot (cgroups, addresses that may be bound, proc without other processes) it names on stderr.
``systemd-analyze`` says which system calls a set has. See deploy/README.md.
"""

import ctypes
import errno
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.deploy.unit import read

USER = 64_999  #: nobody's here
INSIDE = "--inside"  #: the first word of the second half
#: What bubblewrap or the filter below applies.
APPLIED = {
    "AmbientCapabilities CapabilityBoundingSet ExecStart Group LockPersonality "
    "MemoryDenyWriteExecute NoNewPrivileges PrivateDevices PrivateIPC PrivateMounts PrivateTmp "
    "PrivateUsers ProtectHome ProtectHostname ProtectKernelTunables ProtectSystem "
    "RestrictAddressFamilies RestrictNamespaces RestrictSUIDSGID StateDirectory "
    "StateDirectoryMode SystemCallArchitectures SystemCallErrorNumber SystemCallFilter UMask User "
    "WorkingDirectory LimitCORE InaccessiblePaths Environment Type KeyringMode "
    # The calls that these forbid are in none of the sets that are allowed.
    "ProtectClock ProtectKernelLogs ProtectKernelModules RestrictRealtime"
}
#: What bubblewrap is told of it: namespaces, rights, and of the disk what is read-only or empty.
HELD = (
    "--unshare-user --unshare-ipc --unshare-pid --unshare-uts --unshare-cgroup-try --cap-drop ALL "
    "--new-session --die-with-parent --ro-bind / / --dev /dev --proc /proc --tmpfs /tmp "
    "--tmpfs /root --tmpfs /home"
)
FAMILIES = {"AF_UNIX": socket.AF_UNIX, "AF_INET": socket.AF_INET, "AF_INET6": socket.AF_INET6}
PROT_WRITE, PROT_EXEC, SHM_EXEC = 2, 4, 0o100000
CLONE_NEW = 0x7E020000 | 0x80


def wrapped(
    unit: Path, state: Path, words: Sequence[str], given: Sequence[str], rules: int
) -> list[str]:
    """The words of bubblewrap: the whole disk read-only but for ``state``, of root's rights none."""
    said = read(unit)["Service"]
    binds = []
    for name in " ".join(said["StateDirectory"]).split():
        (state / Path(name).name).mkdir(mode=0o700, parents=True, exist_ok=True)
        binds += ["--bind", str(state / Path(name).name), f"/var/lib/{name}"]
    keep = [word for one in given for word in ("--ro-bind", one, one)]
    user = ["--uid", str(USER), "--gid", str(USER)]
    there = ["--tmpfs", "/var/lib", *binds, *keep, "--chdir", given[0]]
    return ["bwrap", *HELD.split(), *user, *there, "--seccomp", str(rules), "--", *words]


def filter_of(unit: Path) -> int:
    """The unit's filter of system calls, in a file that a child has too."""
    import pyseccomp as scmp  # ships no types; installed by `make shipped` alone

    said = read(unit)["Service"]
    refuse = scmp.ERRNO(getattr(errno, said["SystemCallErrorNumber"][-1]))
    rules = scmp.SyscallFilter(defaction=refuse)
    no = {n for one in said["SystemCallFilter"] if one.startswith("~") for n in _calls(one[1:])}
    yes = {n for one in said["SystemCallFilter"] if not one.startswith("~") for n in _calls(one)}
    narrowed = {name for name, *_ in _narrowed(scmp, said)}
    rules.add_rule(scmp.ERRNO(errno.ENOSYS), "clone3")  # its flags cannot be seen: clone is taken
    for name in sorted(yes - no - narrowed - {"clone3", "setns"}):
        if _is_here(scmp, name):
            rules.add_rule(scmp.ALLOW, name)
    for name, *wanted in _narrowed(scmp, said):
        rules.add_rule(scmp.ALLOW, name, *wanted)
    with tempfile.TemporaryFile() as kept:
        rules.export_bpf(kept)
        kept.seek(0)
        fd = os.dup(kept.fileno())
    os.set_inheritable(fd, True)
    return fd


def _calls(sets: str) -> Iterator[str]:
    """Every call of these sets, those of sets in them too."""
    for one in sets.split():
        if not one.startswith("@"):
            yield one
            continue
        told = subprocess.run(
            ["systemd-analyze", "syscall-filter", one], capture_output=True, text=True, check=True
        ).stdout
        for line in told.splitlines()[1:]:
            name = line.strip()
            if name and not name.startswith("#"):
                yield from _calls(name)


def _is_here(scmp: Any, name: str) -> bool:
    try:
        return int(scmp.resolve_syscall(scmp.Arch.NATIVE, name)) >= 0
    except ValueError:
        return False


def _narrowed(scmp: Any, said: Any) -> Iterator[tuple[Any, ...]]:
    """Calls that are allowed with some arguments alone."""
    arg, equal, masked = scmp.Arg, scmp.EQ, scmp.MASKED_EQ
    for family in said["RestrictAddressFamilies"][-1].split():
        yield "socket", arg(0, equal, FAMILIES[family])
        yield "socketpair", arg(0, equal, FAMILIES[family])
    # MemoryDenyWriteExecute
    yield "mmap", arg(2, masked, PROT_WRITE | PROT_EXEC, 0)
    yield "mmap", arg(2, masked, PROT_WRITE | PROT_EXEC, PROT_WRITE)
    yield "mmap", arg(2, masked, PROT_WRITE | PROT_EXEC, PROT_EXEC)
    for name in ("mprotect", "pkey_mprotect"):
        yield name, arg(2, masked, PROT_EXEC, 0)
    yield "shmat", arg(2, masked, SHM_EXEC, 0)
    # RestrictNamespaces, LockPersonality, RestrictSUIDSGID
    yield "clone", arg(0, masked, CLONE_NEW, 0)
    yield "unshare", arg(0, masked, CLONE_NEW, 0)
    yield "personality", arg(0, equal, 0)
    for name, at in (("chmod", 1), ("fchmod", 1), ("fchmodat", 2)):
        yield name, arg(at, masked, 0o6000, 0)


def _prove() -> None:
    """That it holds: what it must refuse is refused, or nothing that follows tells anything."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert os.getuid() == USER
    status = Path("/proc/self/status").read_text()
    assert re.search(r"^CapEff:\s0+$", status, re.M)
    assert re.search(r"^CapBnd:\s0+$", status, re.M), status
    assert re.search(r"^NoNewPrivs:\s1$", status, re.M)
    for must_fail in (
        lambda: Path("/etc/groundswell-was-here").write_text("x"),
        lambda: Path("/usr/x").mkdir(),
        lambda: socket.socket(socket.AF_NETLINK),
        lambda: os.sched_setaffinity(0, {0}),
        lambda: os.chroot("/var"),
        lambda: os.chmod("/var/lib/groundswell/data", 0o4700),
    ):
        try:
            must_fail()
        except OSError:
            continue
        raise SystemExit("this is not confined: what must fail did not")
    libc.mmap.restype = ctypes.c_void_p
    asked = libc.mmap(None, ctypes.c_size_t(4096), PROT_WRITE | PROT_EXEC, 0x22, -1, 0)
    assert asked == ctypes.c_void_p(-1).value, "memory may be written and run"
    assert libc.unshare(0x10000000) == -1, "a namespace of one's own"


def main(words: Sequence[str]) -> None:
    if words[0] == INSIDE:
        _prove()
        os.execvp(words[1], words[1:])  # noqa: S606 it becomes what it confines
    unit, state = Path(words[0]).resolve(), Path(words[1]).resolve()
    missing = sorted(read(unit)["Service"].keys() - set(" ".join(APPLIED).split()))
    print("not applied here:", *missing, file=sys.stderr)  # noqa: T201 for whoever runs it
    inside = [sys.executable, "-m", "tests.deploy.confined", INSIDE, *words[2:]]
    given = [str(Path.cwd()), sys.base_prefix]
    os.execvp("bwrap", wrapped(unit, state, inside, given, filter_of(unit)))  # noqa: S606 likewise


if __name__ == "__main__":
    main(sys.argv[1:])
