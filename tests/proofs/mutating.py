"""Proofs run on source that was changed in memory: nothing on the disk becomes different.

Run as a program it is a nursery: it has loaded every library, and for each line it reads it forks a
process in which our own modules are loaded anew, some of them from changed source. A copy called
sitecustomize does the same in the processes that this one starts.
"""

import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType
from typing import Any, NoReturn

OURS = ("bot", "adapters", "storage", "tests")
WITHIN = 600  #: seconds for one run of proofs


@dataclass(frozen=True)
class Ended:
    code: int
    said: str


class Nursery:
    """``run`` waits for one run of proofs and says how it ended."""

    def __init__(self, process: "subprocess.Popen[str]", root: Path) -> None:
        self._process, self._root = process, root

    def run(self, folder: Path, changed: Mapping[str, str], killers: Sequence[str]) -> Ended:
        """``changed``: files under the root, and what is to be read instead of each."""
        shutil.copy(__file__, folder / "sitecustomize.py")
        modules = {
            file.removesuffix(".py").replace("/", "."): (str(self._root / file), source)
            for file, source in changed.items()
        }
        (folder / "changed.json").write_text(json.dumps(modules), "utf-8")
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([str(folder), *killers]) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return Ended(code, (folder / "said").read_text("utf-8"))


@contextmanager
def nursery(root: Path) -> Iterator[Nursery]:
    """On the source under ``root``, which is the working folder of every run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    kept.pop("SCALE", None)  # whatever is proven in full elsewhere, here it is enough to fail
    with subprocess.Popen(
        [sys.executable, "-m", "tests.proofs.mutating"],
        cwd=root,
        env=kept | {"PYTHONPATH": str(root)},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        yield Nursery(process, root)


# In the nursery ---------------------------------------------------------------------------------


def fork_for_every_line() -> None:
    for name in ("pytest", "asyncpg", "bot.wiring"):
        importlib.import_module(name)
    for name in list(sys.modules):
        if name.split(".")[0] in OURS:
            del sys.modules[name]  # every process has its own
    for line in sys.stdin:
        folder, *killers = json.loads(line)
        child = os.fork()
        if not child:
            _prove(Path(folder), killers)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _prove(folder: Path, killers: list[str]) -> NoReturn:
    code = 1  # as of a program that ends in an exception: pytest, too, where a warning came late
    try:
        signal.alarm(WITHIN)
        os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), os.environ["PYTHONPATH"]])
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(folder)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        said = os.open(folder / "said", os.O_WRONLY | os.O_CREAT)
        os.dup2(said, 1)
        os.dup2(said, 2)
        put_in_place(folder)
        pytest = importlib.import_module("pytest")
        words = ["-q", "-x", "-p", "no:cacheprovider"]
        code = int(pytest.main([*words, *(f"tests/proofs/{one}" for one in killers)]))
    finally:
        if sys.exc_info()[0]:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


# In every process of a run ----------------------------------------------------------------------


class _Changed(SourceFileLoader):
    """Reads a module from the source it was given; what was compiled of the file is not asked."""

    def __init__(self, name: str, file: str, source: str) -> None:
        super().__init__(name, file)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = compile(self._source, self.path, "exec", dont_inherit=True)
        return code


class _Finder:
    def __init__(self, modules: Mapping[str, tuple[str, str]]) -> None:
        self._modules = modules

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name not in self._modules:
            return None
        file, source = self._modules[name]
        return spec_from_file_location(name, file, loader=_Changed(name, file, source))


def put_in_place(folder: Path) -> None:
    """From here on the modules named in ``folder`` are loaded as they are there."""
    sys.meta_path.insert(0, _Finder(json.loads((folder / "changed.json").read_text("utf-8"))))  # type: ignore[arg-type]  # as importlib asks it


if __name__ == "__main__":
    fork_for_every_line()
elif __name__ == "sitecustomize":
    put_in_place(Path(__file__).parent)
