"""Every command as a function of the same name, returning a frozen result that prints itself."""

from __future__ import annotations

from trimtab.commands.admitting import add_key, keys, revoke_key
from trimtab.commands.auditing import accept, audit, card
from trimtab.commands.deciding import answer, assess
from trimtab.commands.erasing import forget
from trimtab.commands.explaining import explain
from trimtab.commands.judging import evaluate
from trimtab.commands.looking import history, parity, status
from trimtab.commands.rehearsing import check, replay, training_set
from trimtab.commands.releasing import approve, decline, diff, experiment, loop, promote, rollback, verify
from trimtab.commands.running import predict, serve, train
from trimtab.commands.showing import console
from trimtab.commands.starting import init
from trimtab.commands.tending import acknowledge, send_test, snooze, watch_system
from trimtab.commands.tuning import tune
from trimtab.commands.watching import watch
from trimtab.loading import load

__all__ = [
    "accept",
    "acknowledge",
    "add_key",
    "answer",
    "approve",
    "assess",
    "audit",
    "card",
    "check",
    "console",
    "decline",
    "diff",
    "evaluate",
    "experiment",
    "explain",
    "forget",
    "history",
    "init",
    "keys",
    "load",
    "loop",
    "parity",
    "predict",
    "promote",
    "replay",
    "revoke_key",
    "rollback",
    "send_test",
    "serve",
    "snooze",
    "status",
    "train",
    "training_set",
    "tune",
    "verify",
    "watch",
    "watch_system",
]
