# Written by tools/stub.py from the table in __init__.py; do not edit.

from trimtab.commands import check as check
from trimtab.commands import forget as forget
from trimtab.commands import init as init
from trimtab.commands import load as load
from trimtab.commands import parity as parity
from trimtab.commands import predict as predict
from trimtab.commands import replay as replay
from trimtab.commands import serve as serve
from trimtab.commands import status as status
from trimtab.commands import train as train
from trimtab.commands import training_set as training_set
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
from trimtab.declare.policy import every as every
from trimtab.declare.policy import expanding as expanding
from trimtab.declare.policy import never as never
from trimtab.declare.policy import on_incident as on_incident
from trimtab.declare.policy import recency_weighted as recency_weighted
from trimtab.declare.policy import sliding as sliding
from trimtab.declare.requires import Requires as Requires
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
    "ArtifactError",
    "DataError",
    "DeclarationError",
    "Duration",
    "Expect",
    "Features",
    "Finding",
    "Function",
    "Label",
    "LearnerError",
    "LedgerError",
    "Model",
    "Policy",
    "Release",
    "Request",
    "RequestFields",
    "Requires",
    "Retrain",
    "Severity",
    "Size",
    "Source",
    "Stakes",
    "System",
    "TrimtabError",
    "UsageError",
    "Watch",
    "brier",
    "check",
    "col",
    "concat",
    "days",
    "every",
    "expanding",
    "forget",
    "gigabytes",
    "greatest",
    "hours",
    "init",
    "kilobytes",
    "least",
    "lit",
    "load",
    "log_loss",
    "mean_absolute_error",
    "megabytes",
    "microseconds",
    "milliseconds",
    "minutes",
    "never",
    "on_incident",
    "parity",
    "pinball",
    "pr_auc",
    "predict",
    "recency_weighted",
    "replay",
    "roc_auc",
    "root_mean_squared_error",
    "seconds",
    "serve",
    "sliding",
    "sql",
    "status",
    "table",
    "train",
    "training_set",
    "weeks",
    "when",
]
