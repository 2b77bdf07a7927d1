"""The command line: it parses and prints; the work is done by the functions of the same names."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path

import click

from trimtab import __version__
from trimtab.cli import act, audit, console, decide, incidents, judge, look, rehearse, release, run, watch

MOMENTS = {
    "decide": ("init", "check", "assess", "diff"),
    "rehearse": ("replay", "demo"),
    "run": ("serve", "loop", "predict", "keys"),
    "look": ("status", "history", "watch", "explain", "parity", "console"),
    "act": (
        "train",
        "approve",
        "decline",
        "promote",
        "rollback",
        "acknowledge",
        "snooze",
        "send-test",
        "forget",
    ),
    "judge": (
        "evaluate",
        "tune",
        "experiment",
        "accept",
        "audit",
        "card",
    ),
}


class Moments(click.Group):
    """Help grouped by the user's moment instead of by the alphabet."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        """Write the groups in the order in which a user needs them."""
        for moment, names in MOMENTS.items():
            rows = [(name, self.commands[name].get_short_help_str(90)) for name in names]
            with formatter.section(moment):
                formatter.write_dl(rows)


@click.group(cls=Moments, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="trimtab")
def cli() -> None:
    """Keep machine-learning models alive in production: declare a system, check it, rehearse its life."""


for _command in (
    decide.init,
    decide.check,
    decide.assess,
    release.diff,
    rehearse.replay,
    rehearse.demo,
    run.serve,
    release.loop,
    run.predict,
    run.keys,
    look.status,
    release.history,
    watch.watch,
    look.explain,
    look.parity,
    console.console,
    act.train,
    release.experiment,
    release.approve,
    release.decline,
    release.promote,
    release.rollback,
    incidents.acknowledge,
    incidents.snooze,
    incidents.send_test,
    act.forget,
    judge.evaluate,
    judge.tune,
    audit.accept,
    audit.audit,
    audit.card,
):
    cli.add_command(_command)


def main() -> None:
    """Run the command line; every problem ends as one paragraph, never as a traceback."""
    from trimtab.errors import TrimtabError  # noqa: PLC0415  # `trimtab --version` loads nothing it does not need

    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except TrimtabError as error:
        _fail(str(error), 1)
    except OSError as error:
        _fail(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}", 1)
    except MemoryError:
        _fail(
            "this machine has too little memory for that; do: replay a shorter period with --from and --to", 1
        )
    except Exception as error:  # noqa: BLE001  # the last boundary: a fault of ours must not end as a traceback
        _fail(
            f"trimtab stumbled over a fault of its own: {type(error).__name__}: {error}; details: {_noted(error)}",
            70,
        )


def _fail(message: str, code: int) -> None:
    click.echo(f"{click.style('error', fg='red')}: {message}", err=True)
    sys.exit(code)


def _noted(error: Exception) -> Path:
    """Where the details of a fault were written, for a report to the makers."""
    with tempfile.NamedTemporaryFile(
        "w", prefix="trimtab-fault-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write("".join(traceback.format_exception(error)))
    return Path(file.name)
