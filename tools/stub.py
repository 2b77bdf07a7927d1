"""Write src/trimtab/__init__.pyi, what type checkers see of the lazily loaded public names."""

from __future__ import annotations

from pathlib import Path

import trimtab

STUB = Path(trimtab.__file__).with_suffix(".pyi")


def text() -> str:
    """The stub's text, from the one table of public names."""
    lines = ["# Written by tools/stub.py from the table in __init__.py; do not edit.", ""]
    for module, names in trimtab._HOMES.items():  # noqa: SLF001  # the table is ours
        lines += [f"from {module} import {name} as {name}" for name in names]
    everything = ", ".join(f'"{name}"' for name in sorted(trimtab._MODULE_OF))  # noqa: SLF001
    return "\n".join([*lines, "", "__version__: str", f"__all__ = [{everything}]", ""])


if __name__ == "__main__":
    STUB.write_text(text(), encoding="utf-8")
