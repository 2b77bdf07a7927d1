"""Every server that is compared: how it is started, asked and read."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import processes

HERE = Path(__file__).parent
NOW = "@NOW@"
"""Stands in a prepared body where the caller writes the present time."""

FLOOR = "floor: bare ASGI + msgspec"
ASYNC, PLAIN = "FastAPI async def", "FastAPI def"
FRAME = "FastAPI def + scikit-learn HGB"
MLFLOW = "MLflow models serve"
MLSERVER, MLSERVER_ALONE = "MLServer, default", "MLServer, parallel_workers=0"
TRIMTAB, TRIMTAB_HISTOGRAM = "trimtab, LightGBM", "trimtab, HGB"
FAMILIES = {MLFLOW: "mlflow", MLSERVER: "mlserver", MLSERVER_ALONE: "mlserver"}


@dataclass
class Server:
    """A server before it is started: its command, where and what it is asked, how its score is read."""

    name: str
    command: list[str]
    port: int
    path: str
    bodies: list[Any]
    read: Callable[[Any], float]
    expected: Callable[["Server", list[Any]], Any]
    environment: dict[str, str] = field(default_factory=dict)
    ready: str | None = None
    wrong: Callable[["Server"], int] = lambda _: 0
    process: Any = None
    started_seconds: float = 0.0
    problem: str = ""

    def ask(self, path, body=None):
        """One call's answer as plain values; `body` is JSON text."""
        return json.loads(self.fetch(path, body) or "null")

    def fetch(self, path, body=None):
        """One call's answer as it comes."""
        url = f"http://127.0.0.1:{self.port}{path}"
        data = None if body is None else body.replace(NOW, present()).encode()
        request = urllib.request.Request(url, data, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.read().decode()

    def start(self, folder, patience_seconds=600):
        """Start it and wait until it answers; its output goes to a file in `folder`."""
        began = time.monotonic()
        log = folder / f"{self.slug}.log"
        path = f"{Path(self.command[0]).parent}{os.pathsep}{os.environ['PATH']}"  # some look for their tools there
        environment = {**os.environ, **QUIET, **self.environment, "PATH": path}
        home = folder / self.slug
        home.mkdir(exist_ok=True)
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                self.command, cwd=home, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() - began > patience_seconds:
                raise RuntimeError(f"{self.name} did not start: {self.problem}\n{log.read_text()[-2000:]}")
            time.sleep(0.2)
        self.started_seconds = time.monotonic() - began

    def _answers(self):
        try:
            if self.ready:
                self.ask(self.ready)
            self.read(self.ask(self.path, json.dumps(self.bodies[0])))
        except (OSError, ValueError, KeyError) as problem:
            self.problem = repr(problem)
            return False
        return True

    @property
    def slug(self):
        return "".join(letter if letter.isalnum() else "-" for letter in self.name.lower())

    def stop(self):
        if self.process is not None:
            processes.stop(self.process)


FILLED = 0.8
"""The share of features with a value below which a server has hardly looked its history up."""

QUIET = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
}
"""One thread a model for everyone: one row gives no work to two."""


def present():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@dataclass(frozen=True)
class World:
    """What the servers are made of: files, environments, models, and the requests to ask for."""

    folder: Path
    environments: dict[str, Any]
    models: Any
    requests: list[dict[str, Any]]
    trimtab: str


def uvicorn(world, name, app, bodies, expected):
    port = free_port()
    command = [world.environments["base"].program("uvicorn"), f"{app}:app", "--app-dir", str(HERE / "apps")]
    command += ["--host", "127.0.0.1", "--port", str(port), "--log-level", "warning", "--no-access-log"]
    models = {"MODELS": str(world.folder / "models")}
    return Server(name, command, port, "/predict", bodies, lambda answer: answer["score"], expected, models)


def by_booster(world):
    return lambda _server, answers: world.models.by_booster(world.models.rows[: len(answers)])


def numbers(world):
    return [world.models.numbers(row) for row in world.models.rows]


def plain(name, app):
    def make(world):
        return uvicorn(world, name, app, [{"features": row} for row in numbers(world)], by_booster(world))

    return make


def frame(world):
    def expected(_server, answers):
        return world.models.by_histogram(world.models.rows[: len(answers)])

    return uvicorn(world, FRAME, "fastapi_frame", world.models.rows, expected)


def mlflow(world):
    environment, port = world.environments["mlflow"], free_port()
    models, saved = world.folder / "models", world.folder / "mlflow-model"
    save = [environment.program("python"), str(HERE / "apps" / "save_mlflow.py"), str(models), str(saved)]
    subprocess.run(save, check=True, capture_output=True, env={**os.environ, **QUIET}, cwd=world.folder)
    command = [environment.program("mlflow"), "models", "serve", "-m", str(saved), "--env-manager", "local"]
    command += ["-h", "127.0.0.1", "-p", str(port), "-w", "1"]
    bodies = [{"inputs": [row]} for row in numbers(world)]
    return Server(
        MLFLOW,
        command,
        port,
        "/invocations",
        bodies,
        lambda answer: answer["predictions"][0],
        by_booster(world),
    )


def mlserver(name, workers):
    def make(world):
        port, folder = free_port(), world.folder / f"mlserver-{workers}"
        folder.mkdir()
        settings = {
            "host": "127.0.0.1",
            "http_port": port,
            "grpc_port": free_port(),
            "metrics_port": free_port(),
        }
        # its debugging mode, on by default, logs every call: off, in its favour
        settings |= {"parallel_workers": workers, "debug": False}
        (folder / "settings.json").write_text(json.dumps(settings))
        about = {"name": "booster", "implementation": "mlserver_lightgbm.LightGBMModel"}
        about["parameters"] = {"uri": str(world.folder / "models" / "booster.txt"), "version": "v1"}
        (folder / "model-settings.json").write_text(json.dumps(about))
        bodies = [
            {"inputs": [{"name": "x", "shape": [1, len(row)], "datatype": "FP64", "data": row}]}
            for row in numbers(world)
        ]
        command = [world.environments["mlserver"].program("mlserver"), "start", str(folder)]
        return Server(
            name,
            command,
            port,
            "/v2/models/booster/infer",
            bodies,
            lambda answer: answer["outputs"][0]["data"][0],
            by_booster(world),
        )

    return make


def trimtab(name, learner):
    def make(world):
        port = free_port()
        command = [world.trimtab, "serve", f"{world.folder / 'system.py'}:{learner}"]
        command += [
            "--home",
            str(world.folder / f"home-{learner}"),
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ]
        bodies = [{"row": {"asked": NOW, **row}} for row in world.requests]
        score = world.models.by_booster if learner == "lightgbm" else world.models.by_histogram

        def expected(server, answers):
            """The model's own prediction from the features that the server says it used."""
            used = [server.ask(f"/predictions/{answer['id']}")["features"] for answer in answers]
            filled = [value is not None for features in used for value in features.values()]
            if sum(filled) < FILLED * len(filled):
                raise RuntimeError(
                    f"{name} finds no history: {sum(filled)} of {len(filled)} features have a value"
                )
            return score(used)

        def read(answer):
            if answer["served"] != "champion":
                raise ValueError(f"{name} answered with {answer}")
            return answer["score"]

        ready = "/healthz/ready"
        return Server(name, command, port, "/predict", bodies, read, expected, ready=ready, wrong=fallbacks)

    return make


def fallbacks(server):
    """How many answers did not come from the model, by trimtab's own count."""
    lines = server.fetch("/metrics").splitlines()
    counts = [
        line for line in lines if line.startswith("trimtab_predictions_total{") and "champion" not in line
    ]
    return sum(int(float(line.split()[-1])) for line in counts)


CASES = {
    FLOOR: plain(FLOOR, "floor"),
    ASYNC: plain(ASYNC, "fastapi_async"),
    PLAIN: plain(PLAIN, "fastapi_def"),
    FRAME: frame,
    MLFLOW: mlflow,
    MLSERVER: mlserver(MLSERVER, 1),
    MLSERVER_ALONE: mlserver(MLSERVER_ALONE, 0),
    TRIMTAB: trimtab(TRIMTAB, "lightgbm"),
    TRIMTAB_HISTOGRAM: trimtab(TRIMTAB_HISTOGRAM, "histogram"),
}


def program():
    """The trimtab command beside this interpreter."""
    return str(Path(sys.executable).with_name("trimtab"))
