"""One virtual environment for each family of peers, made when it is missing; versions are pinned here."""

import json
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

SAME = ("lightgbm", "scikit-learn", "numpy")
SAME_SERVER = ("uvicorn", "uvloop", "httptools", "msgspec")
"""Taken in the very version that trimtab runs on, so that no difference of theirs is measured."""

PINS = {
    "base": {"fastapi": "0.165.0", "pandas": "3.1.1"},
    "mlflow": {"mlflow": "3.17.2", "pandas": "3.1.1"},
    # its default of one worker cannot load a model with uvloop from 0.22 on, hence an older one
    "mlserver": {"mlserver": "1.7.1", "mlserver-lightgbm": "1.7.1", "uvloop": "0.21.0"},
}
BORROWED = {"base": SAME + SAME_SERVER, "mlflow": SAME, "mlserver": ("lightgbm",)}

SHOWN = ("fastapi", "uvicorn", "uvloop", "httptools", "msgspec", "pandas", "mlflow", "mlserver")
_ASK = """
import importlib.metadata, json
print(json.dumps({found.name.lower(): found.version for found in importlib.metadata.distributions()}))
"""


@dataclass(frozen=True)
class Environment:
    """A folder with an interpreter and what is installed there, by name."""

    folder: Path
    installed: dict[str, str]

    def program(self, name):
        return str(self.folder / "bin" / name)

    def told(self):
        return ", ".join(f"{name} {self.installed[name]}" for name in SHOWN if name in self.installed)


def prepare(folder, families):
    """The environments of the given families in `folder`; a missing one is made, a differing one is refused."""
    found = {}
    for family in families:
        wanted, place = _wanted(family), Path(folder) / family
        if not (place / "bin" / "python").exists():
            _make(place, wanted)
        installed = _installed(place)
        wrong = [
            f"{name} {installed.get(name)} ({version} wanted)"
            for name, version in wanted.items()
            if installed.get(name) != version
        ]
        if wrong:
            sys.exit(f"{place} has {', '.join(wrong)}: delete it or give another --environments")
        found[family] = Environment(place, installed)
    return found


def _wanted(family):
    return PINS[family] | {
        name: metadata.version(name) for name in BORROWED[family] if name not in PINS[family]
    }


def _make(place, wanted):
    print(f"making {place}: {', '.join(f'{name} {version}' for name, version in wanted.items())}", flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    install = [
        str(place / "bin" / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.run([*install, *(f"{name}=={version}" for name, version in wanted.items())], check=True)


def _installed(place):
    asked = [str(place / "bin" / "python"), "-c", _ASK]
    found = json.loads(subprocess.run(asked, check=True, capture_output=True).stdout)
    return {name.replace("_", "-"): version for name, version in found.items()}
