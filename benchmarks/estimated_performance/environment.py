"""NannyML in an environment of its own: its current release does not import beside current versions of its needs."""

import json
import os
import subprocess
import sys

PINS = {
    "nannyml": "0.13.1",
    "statsmodels": "0.15.0",  # imported and not declared
    "scikit-learn": "1.6.1",  # its LightGBM cap clashes with newer ones
    "lightgbm": "4.5.0",
    "pandas": "2.3.3",
    "numpy": "2.4.6",
}
QUIET = {"NML_DISABLE_USAGE_LOGGING": "1", "DO_NOT_TRACK": "1", "OMP_NUM_THREADS": "1"}
_ASK = "import importlib.metadata as m, json; print(json.dumps({d.name.lower(): d.version for d in m.distributions()}))"


def prepare(folder):
    """The interpreter of the peer's environment; a missing one is made, a differing one is refused."""
    program = folder / "bin" / "python"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        wanted = [f"{name}=={version}" for name, version in PINS.items()]
        subprocess.run([str(program), "-m", "pip", "install", "--quiet", *wanted], check=True)
    found = json.loads(subprocess.run([str(program), "-c", _ASK], check=True, capture_output=True).stdout)
    wrong = {name: found.get(name) for name, version in PINS.items() if found.get(name) != version}
    if wrong:
        sys.exit(f"{folder} has {wrong}, wanted {PINS}: delete it or give another --environment")
    return program


def data_files(folder):
    """Where the package keeps its data sets; it is never imported here."""
    return next(folder.glob("lib/python*/site-packages/nannyml/datasets/data"))


def run(program, script, folder):
    """Run a script there, without its usage logging."""
    subprocess.run([str(program), str(script), str(folder)], check=True, env={**os.environ, **QUIET})
