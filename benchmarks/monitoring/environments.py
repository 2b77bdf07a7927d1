"""Each peer in an interpreter of its own, made from its file in requirements/; a missing one is not run, and said so."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
# no thread pools, no usage logging
QUIET = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "NML_DISABLE_USAGE_LOGGING": "1",
    "DO_NOT_TRACK": "1",
}
SCRIPTS = {
    "trimtab": "ours",
    "scipy": "scipy_tests",
    "evidently": "evidently_drift",
    "nannyml": "nannyml_monitors",
    "alibi-detect": "alibi",
    "river": "river_adwin",
}


@dataclass(frozen=True)
class Tool:
    """A tool, the interpreter it runs in, and why it does not run, if so."""

    name: str
    program: Path
    missing: str = ""

    def answer(self, paths, windows):
        """What it says of the first windows of streams, and its versions."""
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "answer.json"
            script = HERE / "peers" / f"{SCRIPTS[self.name]}.py"
            command = [str(self.program), str(script), str(out), str(windows), *map(str, paths)]
            subprocess.run(command, check=True, env={**os.environ, **QUIET}, stderr=subprocess.DEVNULL)
            return json.loads(out.read_text(encoding="utf-8"))


def tools(folder):
    """All tools; peers have their environments in `folder`."""
    return [_tool(name, folder) for name in SCRIPTS]


def make(folder):
    """Make the environments that are missing."""
    for tool in tools(folder):
        if tool.missing:
            place = folder / tool.name
            subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
            wanted = str(HERE / "requirements" / f"{tool.name}.txt")
            subprocess.run([str(tool.program), "-m", "pip", "install", "--quiet", "-r", wanted], check=True)


def _tool(name, folder):
    if not (HERE / "requirements" / f"{name}.txt").exists():
        return Tool(name, Path(sys.executable))
    program = folder / name / "bin" / "python"
    command = "python -m benchmarks.monitoring --environments FOLDER --make"
    return Tool(name, program, "" if program.exists() else f"no environment; make it with `{command}`")
