"""wrk on one server for some seconds, and what the server's processes used meanwhile."""

import json
import os
import re
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import processes
from servers import NOW

SCRIPT = """
local requests, last = {{}}, 0

function init(arguments)
  local now = os.date("!%Y-%m-%dT%H:%M:%SZ")
  local headers = {{["Content-Type"] = "application/json"}}
  for body in io.lines("{bodies}") do
    requests[#requests + 1] = wrk.format("POST", "{path}", headers, (body:gsub("{now}", now)))
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function done(summary, latency, calls)
  local errors = summary.errors
  local lost = errors.connect + errors.read + errors.write + errors.timeout
  print(string.format("RESULT %d %d %d %d %d", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), errors.status + lost))
end
"""


@dataclass(frozen=True)
class Sample:
    """One server under one number of connections for some seconds; `other` is the share of the machine used elsewhere."""

    per_second: float
    p50: float
    p99: float
    errors: int
    cpu: float
    other: float


def script(server, folder):
    """The Lua script that sends a server's bodies in turn, with the present time where it belongs."""
    bodies, found = folder / f"{server.slug}.jsonl", folder / f"{server.slug}.lua"
    bodies.write_text("".join(f"{json.dumps(body)}\n" for body in server.bodies))
    found.write_text(SCRIPT.format(bodies=bodies, path=server.path, now=NOW))
    return found


def measure(server, found: Path, connections, seconds):
    """Calls a second, microseconds at the median and the 99th percentile, errors, and CPU microseconds a call."""
    used, busy, ours, began = _used(server)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(found)]
    output = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}"], check=True, capture_output=True, text=True
    )
    result = re.search(r"^RESULT (.*)$", output.stdout, re.MULTILINE)
    if result is None:
        raise RuntimeError(f"wrk on {server.name}: {output.stdout}{output.stderr}")
    calls, microseconds, p50, p99, errors = map(int, result.group(1).split())
    spent, all_busy, wrk, took = (
        after - before for after, before in zip(_used(server), (used, busy, ours, began), strict=True)
    )
    other = max(0.0, all_busy - spent - wrk) / took / (os.cpu_count() or 1)
    return Sample(calls / microseconds * 1e6, p50, p99, errors, spent / max(calls, 1) * 1e6, other)


def _used(server):
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    wrk = children.ru_utime + children.ru_stime
    return processes.cpu_seconds(server.process.pid), processes.busy_seconds(), wrk, time.monotonic()
