# Written by tools/stub.py from the table in __init__.py; do not edit.

from trimtab.commands import accept as accept
from trimtab.commands import acknowledge as acknowledge
from trimtab.commands import answer as answer
from trimtab.commands import approve as approve
from trimtab.commands import assess as assess
from trimtab.commands import audit as audit
from trimtab.commands import card as card
from trimtab.commands import check as check
from trimtab.commands import console as console
from trimtab.commands import decline as decline
from trimtab.commands import diff as diff
from trimtab.commands import evaluate as evaluate
from trimtab.commands import experiment as experiment
from trimtab.commands import explain as explain
from trimtab.commands import forget as forget
from trimtab.commands import history as history
from trimtab.commands import init as init
from trimtab.commands import load as load
from trimtab.commands import loop as loop
from trimtab.commands import parity as parity
from trimtab.commands import predict as predict
from trimtab.commands import promote as promote
from trimtab.commands import replay as replay
from trimtab.commands import rollback as rollback
from trimtab.commands import send_test as send_test
from trimtab.commands import serve as serve
from trimtab.commands import snooze as snooze
from trimtab.commands import status as status
from trimtab.commands import train as train
from trimtab.commands import training_set as training_set
from trimtab.commands import tune as tune
from trimtab.commands import verify as verify
from trimtab.commands import watch as watch
from trimtab.declare.card import Card as Card
from trimtab.declare.expectations import Expectation as Expectation
from trimtab.declare.expectations import GoldenRow as GoldenRow
from trimtab.declare.expression import col as col
from trimtab.declare.expression import concat as concat
from trimtab.declare.expression import greatest as greatest
from trimtab.declare.expression import least as least
from trimtab.declare.expression import lit as lit
from trimtab.declare.expression import when as when
from trimtab.declare.features import Features as Features
from trimtab.declare.features import Function as Function
from trimtab.declare.features import RequestFields as RequestFields
from trimtab.declare.model import Label as Label
from trimtab.declare.model import Model as Model
from trimtab.declare.model import Request as Request
from trimtab.declare.model import Stakes as Stakes
from trimtab.declare.policy import Policy as Policy
from trimtab.declare.policy import Release as Release
from trimtab.declare.policy import Retrain as Retrain
from trimtab.declare.policy import Watch as Watch
from trimtab.declare.policy import at_least as at_least
from trimtab.declare.policy import every as every
from trimtab.declare.policy import expanding as expanding
from trimtab.declare.policy import never as never
from trimtab.declare.policy import on_challenger as on_challenger
from trimtab.declare.policy import on_drift as on_drift
from trimtab.declare.policy import on_estimated_drop as on_estimated_drop
from trimtab.declare.policy import on_incident as on_incident
from trimtab.declare.policy import on_regret as on_regret
from trimtab.declare.policy import on_skill_drop as on_skill_drop
from trimtab.declare.policy import on_volume as on_volume
from trimtab.declare.policy import recency_weighted as recency_weighted
from trimtab.declare.policy import recent_and_reservoir as recent_and_reservoir
from trimtab.declare.policy import seasonal_union as seasonal_union
from trimtab.declare.policy import sliding as sliding
from trimtab.declare.requires import Requires as Requires
from trimtab.declare.sinks import Alertmanager as Alertmanager
from trimtab.declare.sinks import Email as Email
from trimtab.declare.sinks import Log as Log
from trimtab.declare.sinks import Webhook as Webhook
from trimtab.declare.source import Expect as Expect
from trimtab.declare.source import Source as Source
from trimtab.declare.source import sql as sql
from trimtab.declare.system import System as System
from trimtab.declare.system import table as table
from trimtab.errors import ArtifactError as ArtifactError
from trimtab.errors import DataError as DataError
from trimtab.errors import DeclarationError as DeclarationError
from trimtab.errors import LearnerError as LearnerError
from trimtab.errors import LedgerError as LedgerError
from trimtab.errors import TrimtabError as TrimtabError
from trimtab.errors import UsageError as UsageError
from trimtab.finding import Finding as Finding
from trimtab.finding import Severity as Severity
from trimtab.metrics import brier as brier
from trimtab.metrics import log_loss as log_loss
from trimtab.metrics import mean_absolute_error as mean_absolute_error
from trimtab.metrics import pinball as pinball
from trimtab.metrics import pr_auc as pr_auc
from trimtab.metrics import roc_auc as roc_auc
from trimtab.metrics import root_mean_squared_error as root_mean_squared_error
from trimtab.training.rule import Rule as Rule
from trimtab.units import Duration as Duration
from trimtab.units import Size as Size
from trimtab.units import days as days
from trimtab.units import gigabytes as gigabytes
from trimtab.units import hours as hours
from trimtab.units import kilobytes as kilobytes
from trimtab.units import megabytes as megabytes
from trimtab.units import microseconds as microseconds
from trimtab.units import milliseconds as milliseconds
from trimtab.units import minutes as minutes
from trimtab.units import seconds as seconds
from trimtab.units import weeks as weeks

__version__: str
__all__ = [
    "Alertmanager",
    "ArtifactError",
    "Card",
    "DataError",
    "DeclarationError",
    "Duration",
    "Email",
    "Expect",
    "Expectation",
    "Features",
    "Finding",
    "Function",
    "GoldenRow",
    "Label",
    "LearnerError",
    "LedgerError",
    "Log",
    "Model",
    "Policy",
    "Release",
    "Request",
    "RequestFields",
    "Requires",
    "Retrain",
    "Rule",
    "Severity",
    "Size",
    "Source",
    "Stakes",
    "System",
    "TrimtabError",
    "UsageError",
    "Watch",
    "Webhook",
    "accept",
    "acknowledge",
    "answer",
    "approve",
    "assess",
    "at_least",
    "audit",
    "brier",
    "card",
    "check",
    "col",
    "concat",
    "console",
    "days",
    "decline",
    "diff",
    "evaluate",
    "every",
    "expanding",
    "experiment",
    "explain",
    "forget",
    "gigabytes",
    "greatest",
    "history",
    "hours",
    "init",
    "kilobytes",
    "least",
    "lit",
    "load",
    "log_loss",
    "loop",
    "mean_absolute_error",
    "megabytes",
    "microseconds",
    "milliseconds",
    "minutes",
    "never",
    "on_challenger",
    "on_drift",
    "on_estimated_drop",
    "on_incident",
    "on_regret",
    "on_skill_drop",
    "on_volume",
    "parity",
    "pinball",
    "pr_auc",
    "predict",
    "promote",
    "recency_weighted",
    "recent_and_reservoir",
    "replay",
    "roc_auc",
    "rollback",
    "root_mean_squared_error",
    "seasonal_union",
    "seconds",
    "send_test",
    "serve",
    "sliding",
    "snooze",
    "sql",
    "status",
    "table",
    "train",
    "training_set",
    "tune",
    "verify",
    "watch",
    "weeks",
    "when",
]
