"""`trimtab serve` with its loop, as processes: it trains its first version by itself and answers with it."""

import sys
import time

import pytest
from served import Server, trimtab, write_system

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="starts processes as Linux does")

PATIENCE_SECONDS = 180


class Waited(Server):
    """A server that is waited for until it lives, ready or not."""

    def _wait(self):
        self.until("/healthz/live")

    def until(self, path):
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            assert self.process.poll() is None, self.output
            try:
                if self.call("GET", path)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"{path} never answered")


def test_a_served_system_trains_its_first_version_and_turns_to_what_people_ask(tmp_path):
    system = write_system(tmp_path, rows=300)
    server = Waited(system, loop=True)
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
