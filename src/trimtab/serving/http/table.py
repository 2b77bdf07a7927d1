"""The table of all routes: what each path leads to, and the scope that a key needs for it."""

from __future__ import annotations

from trimtab.serving.http.inference.handlers import InferenceProtocol
from trimtab.serving.http.native import Native
from trimtab.serving.http.openapi.handlers import Described
from trimtab.serving.http.routes import Route, Routes
from trimtab.serving.http.watching import Watching
from trimtab.serving.service import Service

PREDICT, INGEST, ADMIN = "predict", "ingest", "admin"


def routes(
    service: Service, native: Native, inference: InferenceProtocol, watching: Watching, described: Described
) -> Routes:
    """All routes of an application."""
    return Routes(
        [*_native(service, native), *_inference(service, inference, watching), *_open(watching, described)]
    )


def _native(service: Service, native: Native) -> list[Route]:
    facts = [
        Route("POST", f"/facts/{source}", "/facts/{source}", native.facts, INGEST)
        for source in service.fact_kinds
    ]
    return [
        Route("POST", "/predict", "/predict", native.predict, PREDICT),
        Route("GET", "/predictions/", "/predictions/{id}", native.story, PREDICT, ""),
        *facts,
        Route("POST", "/facts/", "/facts/{source}", native.facts, INGEST, ""),
        Route("POST", "/labels", "/labels", native.labels, INGEST),
        Route("GET", "/versions", "/versions", native.versions, PREDICT),
        Route("POST", "/versions/", "/versions/{name}/activate", native.activate, ADMIN, "/activate"),
    ]


def _inference(service: Service, inference: InferenceProtocol, watching: Watching) -> list[Route]:
    model, name = f"/v2/models/{service.system.name}", "/v2/models/{name}"
    version, named = f"{model}/versions/", f"{name}/versions/{{version}}"
    return [
        Route("GET", "/v2", "/v2", inference.server, PREDICT),
        Route("GET", "/v2/health/live", "/v2/health/live", watching.live, None),
        Route("GET", "/v2/health/ready", "/v2/health/ready", watching.ready, None),
        Route("GET", model, name, inference.model, PREDICT),
        Route("GET", f"{model}/ready", f"{name}/ready", inference.ready, PREDICT),
        Route("POST", f"{model}/infer", f"{name}/infer", inference.infer, PREDICT),
        Route("GET", version, f"{named}/ready", inference.version_ready, PREDICT, "/ready"),
        Route("POST", version, f"{named}/infer", inference.infer, PREDICT, "/infer"),
        Route("GET", version, named, inference.model_version, PREDICT, ""),
        Route("GET", "/v2/models/", name, inference.no_model, PREDICT, ""),
        Route("POST", "/v2/models/", name, inference.no_model, PREDICT, ""),
    ]


def _open(watching: Watching, described: Described) -> list[Route]:
    return [
        Route("GET", "/healthz/live", "/healthz/live", watching.live, None),
        Route("GET", "/healthz/ready", "/healthz/ready", watching.ready, None),
        Route("GET", "/metrics", "/metrics", watching.metrics, None),
        Route("GET", "/openapi.json", "/openapi.json", described.document, None),
        Route("GET", "/docs", "/docs", described.page, None),
    ]
