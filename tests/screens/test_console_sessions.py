"""Sessions: who may look, who may act, and that a form is of its session."""

from __future__ import annotations

import pytest

from trimtab.screens.sessions import COOKIE, Sessions, is_this_machine, same_site, secret_in, set_cookie
from trimtab.serving.http.keys import KeyRing, add_key, revoke_key

NOW = 1_700_000_000_000_000
LATER = 2_000_000


def sessions_of(folder, *, everyone=True):
    return Sessions(KeyRing(folder / "keys.json"), b"s" * 32, everyone=everyone)


def header(session):
    return f"{COOKIE}={session.cookie}".encode()


def test_without_keys_a_guest_of_this_machine_may_act(tmp_path):
    sessions = sessions_of(tmp_path)
    guest = sessions.guest(NOW)
    assert sessions.known(header(guest), NOW).acts
    assert not sessions.keyed(NOW)


def test_a_first_key_ends_the_sessions_of_guests(tmp_path):
    sessions = sessions_of(tmp_path)
    guest = sessions.guest(NOW)
    add_key(tmp_path / "keys.json", "ops", ["admin"], now=NOW)
    assert sessions.known(header(guest), NOW + LATER) is None


def test_a_reader_looks_and_only_an_admin_acts(tmp_path):
    reader, admin, feeder = (
        add_key(tmp_path / "keys.json", name, [name], now=NOW) for name in ("predict", "admin", "ingest")
    )
    sessions = sessions_of(tmp_path)
    assert sessions.sign_in(reader, NOW).acts is False
    assert sessions.sign_in(admin, NOW).acts is True
    assert sessions.sign_in(feeder, NOW) is None
    assert sessions.sign_in("tt_guess", NOW) is None
    assert sessions.sign_in("", NOW) is None


def test_a_revoked_key_ends_its_session_at_once(tmp_path):
    secret = add_key(tmp_path / "keys.json", "ops", ["admin"], now=NOW)
    add_key(tmp_path / "keys.json", "other", ["admin"], now=NOW)
    sessions = sessions_of(tmp_path, everyone=False)
    session = sessions.sign_in(secret, NOW)
    assert sessions.known(header(session), NOW).who == "ops"
    revoke_key(tmp_path / "keys.json", "ops")
    assert sessions.known(header(session), NOW + LATER) is None


@pytest.mark.parametrize("forged", ["", "x", "a.b", "name~99999999999999999~x.0000", "~1~x."])
def test_a_forged_cookie_is_nobodys(tmp_path, forged):
    assert sessions_of(tmp_path).known(f"{COOKIE}={forged}".encode(), NOW) is None


def test_a_session_ends_after_twelve_hours(tmp_path):
    sessions = sessions_of(tmp_path)
    guest = sessions.guest(NOW)
    assert sessions.known(header(guest), NOW + 13 * 3600 * 1_000_000) is None


def test_a_form_of_another_session_is_refused(tmp_path):
    sessions = sessions_of(tmp_path)
    mine, other = sessions.guest(NOW), sessions.guest(NOW)
    assert sessions.allows(mine, sessions.token(mine))
    assert not sessions.allows(mine, sessions.token(other))
    assert not sessions.allows(mine, "")
    assert not sessions.allows(mine, "\u00fc")


def test_the_cookie_is_kept_from_scripts_and_other_sites(tmp_path):
    session = sessions_of(tmp_path).guest(NOW)
    assert b"HttpOnly; SameSite=Strict" in set_cookie(session, "/console", secure=False)
    assert set_cookie(session, "/console", secure=True).endswith(b"; Secure")
    assert b"Max-Age=0" in set_cookie(None, "/console", secure=False)


def test_the_secret_is_made_once_and_only_for_its_owner(tmp_path):
    first = secret_in(tmp_path / "console.key")
    assert secret_in(tmp_path / "console.key") == first
    assert (tmp_path / "console.key").stat().st_mode & 0o077 == 0


def test_other_sites_and_strange_hosts_are_told():
    assert not same_site(b"null", b"127.0.0.1:8000")
    assert is_this_machine(b"[::1]:8000")
    assert not is_this_machine(b"127.0.0.1.evil.example")
    assert not is_this_machine(None)
