"""The program as somebody starts it, in a process of its own: forked from one that has loaded it.

What a start costs is mostly loading. All else is as it would be: words, folder, environment, pipes,
``__main__``, the way it ends. What a start itself must prove (that it loads what it needs, and no
more) is tried with processes that load anew; nothing of that is asked here.
"""

import atexit
import gc
import json
import os
import runpy
import select
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
#: What its commands load on their way.
LOADED = (
    *(f"adapters.{one}" for one in ("chance", "clock", "logs", "scheduler", "vault", "web")),
    *(f"adapters.{one}.app" for one in ("matrix", "sandbox", "slack")),
    *(f"bot.{one}" for one in ("checks", "cli", "opened", "running", "wiring")),
    "storage.schema",
    "tests.fakes.little",
)
_MOST = 65_536  #: bytes of one start's words
#: Nothing of ours in its environment.
CLEAN = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}


class Forked(subprocess.Popen):
    """``subprocess.Popen``, whose first word is no program but a module's name or a script's path."""

    def _execute_child(self, args: Any, *how: Any) -> None:
        cwd, env = how[4], how[5]
        ends = how[9:15]  # ours and theirs, as subprocess made them: in, out, wrong
        self._ended, ending = os.pipe()
        start = {"words": [str(word) for word in args], "cwd": str(cwd or Path.cwd())}
        start["env"] = dict(os.environ if env is None else env)
        theirs = (ends[0], ends[3], ends[5])
        theirs = tuple(own if end == -1 else end for own, end in enumerate(theirs))
        socket.send_fds(_nursery(), [json.dumps(start).encode()], [*theirs, ending])
        os.close(ending)
        self._close_pipe_fds(*ends)
        self.pid = int.from_bytes(os.read(self._ended, 4), "big")
        self._child_created = True

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        if wait_flags and not select.select([self._ended], [], [], 0)[0]:
            return 0, 0
        status = int.from_bytes(os.read(self._ended, 4), "big")
        os.close(self._ended)
        return self.pid, status

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        with self._waitpid_lock:
            if self.returncode is None:
                pid, status = self._try_wait(os.WNOHANG)
                if pid:
                    self._handle_exitstatus(status)
        return self.returncode


def ran(
    *words: str | Path,
    cwd: Path,
    env: Mapping[str, str] = CLEAN,
    typed: str | None = None,
    timeout: float = 60,
) -> subprocess.CompletedProcess[str]:
    """What one says and how it ends."""
    given = subprocess.DEVNULL if typed is None else subprocess.PIPE
    pipes = {"stdin": given, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Forked(words, cwd=cwd, env=env, text=True, **pipes) as process:
        try:
            said, wrong = process.communicate(typed, timeout)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(words, process.returncode, said, wrong)


@cache
def _nursery() -> socket.socket:
    """Where this test process asks for them."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.forked", str(its.fileno())],
        cwd=ROOT,
        env=CLEAN,
        pass_fds=[its.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    its.close()

    @atexit.register
    def end() -> None:
        ours.close()
        process.wait()

    return ours


def _bear_each(line: socket.socket) -> Mapping[str, Any]:
    """Gives in a child alone what it shall live; the nursery itself ends with whoever asks."""
    for one in LOADED:
        import_module(one)
    gc.collect()
    gc.freeze()
    while True:
        words, fds, _, _ = socket.recv_fds(line, _MOST, 4)
        if not words:
            os._exit(0)
        keeper = os.fork()
        if not keeper:
            line.close()
            _keep(fds)
            return json.loads(words)
        for fd in fds:
            os.close(fd)
        os.waitpid(keeper, 0)


def _keep(fds: Sequence[int]) -> None:
    """Goes on in the child alone. Its keeper says who it is, and at last how it ended."""
    if os.fork():
        os._exit(0)  # the nursery goes on
    *theirs, ending = fds
    child = os.fork()
    if not child:
        os.close(ending)
        for own, fd in enumerate(theirs):
            os.dup2(fd, own)
            os.close(fd)
        return
    os.closerange(0, ending)
    os.write(ending, child.to_bytes(4, "big"))
    os.write(ending, os.waitpid(child, 0)[1].to_bytes(4, "big"))
    os._exit(0)


def _live(words: Sequence[str], cwd: str, env: Mapping[str, str]) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv, program = list(words), words[0]
    if program.endswith("/groundswell"):
        sys.path[0] = str(Path(program).parent)
        runpy.run_path(program, run_name="__main__")
    else:
        sys.path[0] = cwd
        runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _live(**_bear_each(socket.socket(fileno=int(sys.argv[1]))))
