"""A declaration part by part: what each part means, so that versions and changes can be told apart by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trimtab.declare.aggregate import Aggregate
from trimtab.declare.digest import digest, plain
from trimtab.declare.expression import Expression
from trimtab.declare.features import Features
from trimtab.declare.source import Source
from trimtab.declare.system import System
from trimtab.declare.written import write_feature
from trimtab.features import explain

RECIPE = ("request", "feature", "label", "learner", "window")
"""The kinds of parts that a model is made by; the others say how it is kept."""

_NO_MEANING = ("data", "owner", "expects")
"""What a source says that changes no value: where its data lies, who mends it, what is expected of it."""


@dataclass(frozen=True)
class Part:
    """One part of a declaration: its kind, its name, the digest of what it means, and that in words."""

    kind: str
    name: str
    digest: str
    words: str

    def to_json(self) -> list[str]:
        """The part as plain JSON values.

        >>> Part.of_json(Part("label", "label", "ab", "late").to_json()).words
        'late'
        """
        return [self.kind, self.name, self.digest, self.words]

    @classmethod
    def of_json(cls, content: Sequence[str]) -> Part:
        """The part that `to_json` wrote."""
        return cls(*content)


def parts(system: System, features: Features) -> tuple[Part, ...]:
    """Every part of a declaration, with its features resolved."""
    return tuple(_parts(system, features))


def recipe(declared: Sequence[Part]) -> str:
    """The digest of what a model is made by: versions of one recipe differ only in their data."""
    return digest([part.to_json()[:3] for part in declared if part.kind in RECIPE])


def meanings(features: Features) -> dict[str, str]:
    """The digest of each feature's meaning, with that of the features that it is computed from.

    >>> from trimtab.declare.expression import col
    >>> one, other = Features(a=col("x")), Features(a=col("x") + 1)
    >>> meanings(one) == meanings(one), meanings(one) == meanings(other)
    (True, False)
    """
    named = dict(features)
    return {name: digest(_used(feature, named)) for name, feature in named.items()}


def made_by(system: System, features: Features) -> dict[str, Any]:
    """What a version keeps of the declaration that it was trained on."""
    declared = parts(system, features)
    return {
        "recipe": recipe(declared),
        "meanings": meanings(features),
        "defined": {name: write_feature(feature) for name, feature in features},
        "declared": [part.to_json() for part in declared],
    }


def _parts(system: System, features: Features) -> Iterator[Part]:
    model, words = system.model, {each.feature: each.meaning for each in explain(features)}
    request = f"one of {system.request.source.name} at {system.request.at!r}"
    yield Part("request", "request", _digest([system.request.source, system.request.at]), request)
    for name, meaning in meanings(features).items():
        yield Part("feature", name, meaning, words[name])
    yield Part("label", "label", _digest(model.label), _label(system))
    learner = [plain(part) for part in (model.learner, model.weights, model.sampling)]
    yield Part("learner", "learner", digest(learner), _one_line(model.learner))
    retrain = system.retrain
    manner = [retrain.manner, retrain.update, retrain.longest_chain, retrain.race_every]
    window = f"{retrain.window}" + (f", {retrain.learning}" if retrain.continues else "")
    learned = digest([plain(retrain.window), manner if retrain.continues else None])
    yield Part("window", "window", learned, window)
    for source in system.sources:
        yield Part("source", source.name, _digest(source), f"known {source.known!r}, id {source.id!r}")
    yield Part("trigger", "trigger", digest(system.retrain.when), f"{system.retrain.when}")
    yield Part("release", "release", digest(system.release), _one_line(plain(system.release)[1]))


def _label(system: System) -> str:
    arms = ", ".join(f"{source.name}: {value!r}" for source, value in system.model.label.arms)
    return f"{arms}; mature after {system.model.label.matures_after}"


def _used(feature: Any, named: Mapping[str, Any]) -> list[Any]:
    if not isinstance(feature, Expression):
        return [_meaning(feature)]
    used = [name for name in feature.columns() if isinstance(named.get(name), Aggregate)]
    return [_meaning(feature), *(_meaning(named[name]) for name in used)]


def _digest(value: Any) -> str:
    return digest(_meaning(value))


def _meaning(value: Any) -> Any:
    """A value in plain parts, without what changes no value of a feature."""
    return _without(plain(value))


def _without(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _without(part) for name, part in content.items()}
    if not isinstance(content, list):
        return content
    if len(content) == 2 and content[0] == Source.__name__ and isinstance(content[1], dict):
        kept = {name: part for name, part in content[1].items() if name not in _NO_MEANING}
        return [content[0], _without(kept)]
    return [_without(part) for part in content]


def _one_line(value: object) -> str:
    return " ".join(str(value).split())
