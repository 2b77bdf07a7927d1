"""Whether a plain function depends on anything that could change between training and serving."""

from __future__ import annotations

import dis
import inspect
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from trimtab.declare.features import Function
from trimtab.declare.kinds import Kind
from trimtab.errors import DeclarationError, nearest
from trimtab.features.functions import arguments

_CONSTANT = (bool, int, float, str, bytes, type(None), type, types.ModuleType, types.BuiltinFunctionType)
_GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME"})


def check_function(feature_name: str, feature: Function, request_kinds: Mapping[str, Kind]) -> None:
    """Refuse arguments that the request does not have, and anything captured that could change.

    Raises DeclarationError with the declaring line.
    """
    function = feature.function
    if not isinstance(function, (types.FunctionType, types.BuiltinFunctionType)):
        raise DeclarationError(
            f"feature {feature_name!r} is not a plain function",
            where=feature.site,
            found=f"a {type(function).__name__}, which may hold state",
            do="use a function or lambda of named request fields",
        )
    _check_arguments(feature_name, feature, request_kinds)
    for captured, value in _captured(function):
        if not _constant(value, {function}):
            raise DeclarationError(
                f"feature {feature_name!r} depends on {captured!r}, which can change between training and serving",
                where=feature.site,
                found=f"a {type(value).__name__}",
                do="pass constants only: a number, text, tuple or frozenset, or write the value into the function",
            )


def _check_arguments(feature_name: str, feature: Function, request_kinds: Mapping[str, Kind]) -> None:
    spread = {
        inspect.Parameter.VAR_POSITIONAL,
        inspect.Parameter.VAR_KEYWORD,
        inspect.Parameter.POSITIONAL_ONLY,
    }
    for parameter in inspect.signature(feature.function).parameters.values():
        if parameter.kind in spread:
            raise DeclarationError(
                f"feature {feature_name!r} must name the request fields that it takes",
                where=feature.site,
                found=str(parameter),
                do="write lambda distance, carrier: ...",
            )
    for field in arguments(feature):
        if field not in request_kinds:
            raise DeclarationError(
                f"feature {feature_name!r} takes {field!r}, which the request does not have",
                where=feature.site,
                found=", ".join(request_kinds),
                nearest=nearest(field, request_kinds),
                do="name the function's parameters after request fields",
            )


def _captured(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """What the function reads beside its arguments: defaults, enclosing variables, globals; builtins are fixed."""
    if not isinstance(function, types.FunctionType):
        return
    defaults = inspect.signature(function).parameters.values()
    yield from ((each.name, each.default) for each in defaults if each.default is not inspect.Parameter.empty)
    for variable, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield variable, cell.cell_contents
    for variable in sorted(set(_globals_read(function.__code__))):
        if variable in function.__globals__:
            yield variable, function.__globals__[variable]


def _globals_read(code: types.CodeType) -> Iterator[str]:
    yield from (step.argval for step in dis.get_instructions(code) if step.opname in _GLOBAL)
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield from _globals_read(inner)


def _constant(value: Any, seen: set[Any]) -> bool:
    if isinstance(value, (tuple, frozenset)):
        return all(_constant(item, seen) for item in value)
    if isinstance(value, types.FunctionType):
        return value in seen or all(_constant(inner, seen | {value}) for _, inner in _captured(value))
    return isinstance(value, _CONSTANT)
