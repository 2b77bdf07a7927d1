"""The machine that a page of figures names."""

import platform
from pathlib import Path


def processor():
    """The processor's name, where the machine tells it."""
    info = Path("/proc/cpuinfo")
    named = [line for line in info.read_text().splitlines() if "model name" in line] if info.exists() else []
    return named[0].partition(":")[2].strip() if named else platform.processor()
