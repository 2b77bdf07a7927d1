import asyncio
import io
import itertools
import json
import stat

import pytest

from serving.fake import ROW, FakeService, call
from trimtab.errors import UsageError
from trimtab.serving.http.app import make_app
from trimtab.serving.http.keys import KeyRing, add_key, read_keys, revoke_key
from trimtab.serving.http.settings import Settings
from trimtab.testing import ManualClock
from trimtab.units import seconds


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys.json"


def bearer(secret):
    return [(b"authorization", b"Bearer " + secret.encode())]


def test_a_key_is_kept_as_a_hash_in_a_file_for_its_owner_only(path):
    secret = add_key(path, "shop", ("predict",), now=0)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert secret not in path.read_text(encoding="utf-8")
    (key,) = read_keys(path)
    assert (key.name, key.scopes, key.made) == ("shop", ("predict",), "1970-01-01T00:00:00Z")
    assert KeyRing(path).find(secret) == key
    assert KeyRing(path).find(secret[:-1]) is None
    assert add_key(path, "other", ("admin",), now=0) != secret


def test_keys_are_listed_and_revoked(path):
    for name in ("a", "b"):
        add_key(path, name, ("ingest",), now=0)
    assert [key.name for key in read_keys(path)] == ["a", "b"]
    assert revoke_key(path, "a").name == "a"
    assert [key.name for key in read_keys(path)] == ["b"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_mistakes_with_keys_say_what_to_do(path):
    with pytest.raises(UsageError, match="did you mean 'predict'"):
        add_key(path, "a", ("predit",), now=0)
    with pytest.raises(UsageError, match="at least one scope"):
        add_key(path, "a", (), now=0)
    add_key(path, "shop", ("admin",), now=0)
    with pytest.raises(UsageError, match="there already"):
        add_key(path, "shop", ("admin",), now=0)
    with pytest.raises(UsageError, match="did you mean 'shop'"):
        revoke_key(path, "shp")
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(UsageError, match="not a file of keys"):
        read_keys(path)


ROUTES = {
    "predict": [
        ("POST", "/predict", {"row": ROW}),
        ("GET", "/predictions/a", None),
        ("GET", "/versions", None),
        ("GET", "/v2", None),
        ("GET", "/v2/models/flight-delay", None),
        ("POST", "/v2/models/flight-delay/infer", {}),
    ],
    "ingest": [("POST", "/facts/landings", []), ("POST", "/facts/nothing", []), ("POST", "/labels", [])],
    "admin": [("POST", "/versions/v1/activate", None)],
}
OPEN = [
    "/healthz/live",
    "/healthz/ready",
    "/metrics",
    "/docs",
    "/openapi.json",
    "/v2/health/live",
    "/v2/health/ready",
]


@pytest.mark.parametrize("scope", ["predict", "ingest", "admin"])
def test_a_key_opens_its_scope_and_admin_opens_all(path, scope):
    app = make_app(FakeService(), keys=path)
    secret = add_key(path, "a", (scope,), now=0)
    for needed, routes in ROUTES.items():
        for method, place, value in routes:
            status = call(app, method, place, value, headers=bearer(secret)).status
            assert (status == 403) == (scope not in {needed, "admin"}), place
            assert status != 401


def test_without_a_key_only_health_figures_and_documentation_are_open(path):
    add_key(path, "a", ("admin",), now=0)
    for app in (
        make_app(FakeService(), keys=path),
        make_app(FakeService()),
        make_app(FakeService(), Settings(open=True), keys=path),
    ):
        assert [call(app, "GET", place).status for place in OPEN] == [200] * len(OPEN)
        for method, place, value in itertools.chain(*ROUTES.values()):
            response = call(app, method, place, value)
            assert response.status == 401, place
            assert response.headers[b"www-authenticate"] == b'Bearer realm="trimtab"'


def test_a_key_may_come_in_either_header(path):
    secret = add_key(path, "a", ("predict",), now=0)
    app = make_app(FakeService(), keys=path)
    for headers in (
        bearer(secret),
        [(b"authorization", b"bearer " + secret.encode())],
        [(b"x-api-key", secret.encode())],
    ):
        assert call(app, "GET", "/versions", headers=headers).status == 200
    for headers in (
        bearer("tt_wrong"),
        bearer(""),
        [(b"authorization", b"Basic " + secret.encode())],
        [(b"x-api-key", b"\xff")],
    ):
        assert call(app, "GET", "/versions", headers=headers).status == 401


def test_a_revoked_key_is_refused_a_second_later(path):
    clock = ManualClock(1_000_000_000)
    secret = add_key(path, "a", ("predict",), now=0)
    add_key(path, "b", ("predict",), now=0)
    app = make_app(FakeService(), Settings(open=True), keys=path, clock=clock)
    assert call(app, "GET", "/versions", headers=bearer(secret)).status == 200
    revoke_key(path, "a")
    clock.advance(seconds(1))
    assert call(app, "GET", "/versions", headers=bearer(secret)).status == 401


def test_a_file_that_breaks_leaves_the_last_good_keys(path):
    clock = ManualClock(1_000_000_000)
    secret = add_key(path, "a", ("predict",), now=0)
    app = make_app(FakeService(), keys=path, clock=clock)
    path.write_text("{", encoding="utf-8")
    clock.advance(seconds(1))
    assert call(app, "GET", "/versions", headers=bearer(secret)).status == 200


def test_an_open_server_refuses_pages_of_other_sites():
    app = make_app(FakeService(), Settings(open=True))
    host = (b"host", b"localhost:8000")
    assert (
        call(app, "POST", "/labels", [], headers=[host, (b"origin", b"https://evil.example")]).status == 403
    )
    assert (
        call(app, "POST", "/labels", [], headers=[host, (b"origin", b"http://localhost:8000")]).status == 200
    )


def test_the_document_says_that_keys_are_needed(path):
    add_key(path, "a", ("admin",), now=0)
    document = call(make_app(FakeService(), keys=path), "GET", "/openapi.json").json
    assert set(document["components"]["securitySchemes"]) == {"bearer", "key"}
    assert document["paths"]["/predict"]["post"]["security"] == [{"bearer": []}, {"key": []}]
    assert document["paths"]["/metrics"]["get"]["security"] == []
    open_document = call(make_app(FakeService(), Settings(open=True)), "GET", "/openapi.json").content
    assert b"security" not in open_document


def test_no_secret_reaches_the_log(path):
    log = io.StringIO()
    secret = add_key(path, "a", ("ingest",), now=0)
    app = make_app(FakeService(), Settings(access_log=True), keys=path, log=log)
    call(app, "POST", "/predict", {"row": ROW}, headers=bearer(secret), query=f"key={secret}".encode())
    call(app, "POST", "/labels", [], headers=[(b"x-api-key", secret.encode())])
    asyncio.run(_shut(app))
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["status"] for line in lines] == [403, 200]
    assert secret not in log.getvalue()


async def _shut(app):
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive():
        return messages.pop(0)

    async def send(message):
        pass

    await app({"type": "lifespan"}, receive, send)
