import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.fake import ROW, FakeService, call
from trimtab.serving.http.app import make_app
from trimtab.serving.http.metrics import BOUNDS, Tally, exposition
from trimtab.serving.http.settings import Settings

NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\n|\\")*)"'
SAMPLE = re.compile(rf"({NAME})(?:{{({LABEL}(?:,{LABEL})*)}})? (\S+)")


def unescaped(text):
    return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), text)


def strictly_parsed(content):
    """Families of the text format by name: (help, type, {(sample, labels): value}); every rule is asserted."""
    text = content.decode()
    assert text.endswith("\n")
    families, current = {}, None
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("# HELP "):
            current, _, about = line[7:].partition(" ")
            assert current not in families
            families[current] = [unescaped(about), None, {}]
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name == current
            assert kind in {"counter", "gauge", "histogram"}
            families[name][1] = kind
        else:
            found = SAMPLE.fullmatch(line)
            assert found, line
            suffixes = ("", "_bucket", "_sum", "_count") if families[current][1] == "histogram" else ("",)
            assert found[1] in {current + suffix for suffix in suffixes}
            labels = tuple((name, unescaped(value)) for name, value in re.findall(LABEL, found[2] or ""))
            assert (found[1], labels) not in families[current][2]
            families[current][2][found[1], labels] = float(found.groups()[-1])
    return families


@pytest.fixture
def app():
    return make_app(FakeService(), Settings(open=True))


def figures(app):
    response = call(app, "GET", "/metrics")
    assert response.headers[b"content-type"] == b"text/plain; version=0.0.4; charset=utf-8"
    return strictly_parsed(response.content)


def test_calls_are_counted_by_route_and_status(app):
    for body in ({"row": ROW}, {"row": ROW}, {}):
        call(app, "POST", "/predict", body)
    call(app, "GET", "/predictions/one")
    call(app, "GET", "/predictions/two")
    call(app, "POST", "/facts/landings", [])
    call(app, "POST", "/facts/schedule", [])
    call(app, "GET", "/no/such/path")
    call(app, "BREW", "/predict")
    about, kind, samples = figures(app)["trimtab_requests_total"]
    counted = {tuple(dict(labels).values()): value for (_, labels), value in samples.items()}
    assert kind == "counter"
    assert about
    assert counted == {
        ("/predict", "200"): 2,
        ("/predict", "422"): 1,
        ("/predictions/{id}", "404"): 2,
        ("/facts/{source}", "200"): 2,
        ("unknown", "404"): 1,
        ("unknown", "405"): 1,
    }


def test_the_time_of_calls_is_a_histogram_by_route(app):
    for _ in range(3):
        call(app, "POST", "/predict", {"row": ROW})
    _, kind, samples = figures(app)["trimtab_request_seconds"]
    buckets = [
        (float(dict(labels)["le"]), value)
        for (name, labels), value in samples.items()
        if name.endswith("_bucket") and dict(labels)["route"] == "/predict"
    ]
    assert kind == "histogram"
    assert [bound for bound, _ in buckets] == [*BOUNDS, math.inf]
    assert [value for _, value in buckets] == sorted(value for _, value in buckets)
    assert buckets[-1][1] == 3
    assert samples["trimtab_request_seconds_count", (("route", "/predict"),)] == 3
    assert samples["trimtab_request_seconds_sum", (("route", "/predict"),)] > 0


def test_the_figures_of_the_service_are_there_with_hostile_labels(app):
    about, kind, samples = figures(app)["trimtab_ledger_rows"]
    assert (about, kind) == ('Rows "kept" \\ so\nfar.', "counter")
    assert samples["trimtab_ledger_rows", (("stream", 'a"b\\c\nd'),)] == 3
    assert samples["trimtab_ledger_rows", (("stream", "plain"),)] == math.inf


def test_calls_inside_are_a_gauge(app):
    _, kind, samples = figures(app)["trimtab_requests_in_flight"]
    assert (kind, samples) == ("gauge", {("trimtab_requests_in_flight", ()): 0.0})


@given(st.lists(st.integers(0, 12_000_000), max_size=20))
def test_the_histogram_counts_as_a_sort_would(times):
    tally = Tally()
    for time in times:
        tally.record(200, time)
    samples = strictly_parsed(exposition({"/x": tally}, 0, ()))["trimtab_request_seconds"][2]
    for bound in BOUNDS if times else ():
        labels = (("route", "/x"), ("le", f"{bound:g}"))
        assert samples["trimtab_request_seconds_bucket", labels] == sum(time <= bound * 1e6 for time in times)


@given(st.text(st.characters(codec="utf-8"), max_size=10), st.floats())
def test_any_label_and_value_survives(label, value):
    content = exposition({}, 0, [("x", label.replace("\r", ""), "gauge", [({"a": label}, value)])])
    ((_, found),) = strictly_parsed(content)["x"][2].items()
    assert found == value or math.isnan(value)
