"""`trimtab serve` with its loop, as processes: it trains its first version by itself and answers with it."""

import sys

import pytest
from served import Patient, trimtab, write_system

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="starts processes as Linux does")


def test_a_served_system_trains_its_first_version_and_turns_to_what_people_ask(tmp_path):
    system = write_system(tmp_path, rows=300)
    server = Patient(system, loop=True)
    try:
        server.until("/healthz/ready")
        assert server.call("GET", "/versions")[1]["versions"][0]["state"] == "champion"
        told = " ".join(trimtab("history", system).stdout.split())
        assert "v1 answers" in told
        assert "the first model" in told
        again = trimtab("loop", system, "--once").stdout
        assert "nothing to decide" in again
    finally:
        assert server.stop() == 0
