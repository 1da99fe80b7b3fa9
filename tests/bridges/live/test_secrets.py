"""Secrets come from the environment or a keyring, and are found nowhere afterwards: planted ones are looked for."""

from __future__ import annotations

import json
import logging
import sys
from types import ModuleType

import pytest

import simcore as sc
from bridges.emulators.mt5 import Terminal, install, module_of, uninstall
from bridges.mt5 import Mt5Bridge
from simcore.brokers.errors import ConfigError
from simcore.live.bridge import BridgeError
from simcore.live.secrets import secret
from simcore.market.sample import SYMBOL, sample_path
from tests.bridges.live.test_command import BRIDGE
from tests.cli.run import refused, run

SECRET = "planted-Secret-8731"
LIVE = ("--symbol", SYMBOL, *BRIDGE, "--live", "--max-loss", "500", "--seconds", "0.4")


@pytest.fixture
def kept(monkeypatch):
    """A keyring of the real library's interface, in memory."""
    keyring = pytest.importorskip("keyring")
    backend = pytest.importorskip("keyring.backend")
    held: dict[tuple[str, str], str] = {}

    class Memory(backend.KeyringBackend):
        priority = 1

        def get_password(self, service, username):
            return held.get((service, username))

        def set_password(self, service, username, password):
            held[service, username] = password

        def delete_password(self, service, username):
            del held[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    yield held
    keyring.set_keyring(before)


@pytest.fixture
def emulated():
    quotes = sc.read_quotes(sample_path(), symbol=SYMBOL).slice(0, 3_000)
    t = Terminal({SYMBOL: quotes}, speed="max", login=7, password=SECRET)
    install(t)
    yield t
    uninstall()


def test_where_a_secret_is_looked_for(kept, monkeypatch):
    kept["simcore", "mt5.password"] = "ring"
    kept["simcore", "mt5.demo.password"] = "ring of demo"
    assert secret("mt5", "password") == "ring"
    assert secret("mt5", "password", "demo") == "ring of demo"
    assert secret("mt5", "password", "other") is None
    monkeypatch.setenv("SIMCORE_MT5_PASSWORD", "environment")
    monkeypatch.setenv("SIMCORE_MT5_DEMO_PASSWORD", "environment of demo")
    assert secret("mt5", "password") == "environment"
    assert secret("mt5", "password", "demo") == "environment of demo"
    with pytest.raises(ConfigError, match="--account no/name: is no name"):
        secret("mt5", "password", "no/name")


def test_a_machine_without_a_keyring_does_without(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert secret("mt5", "password") is None


def test_a_keyring_that_does_not_answer_is_one_line_without_what_it_holds(monkeypatch):
    class Locked(Exception):
        pass

    def ask(service, name):
        raise Locked(f"cannot decrypt {SECRET}")

    ring, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    ring.get_password, errors.KeyringError = ask, Locked  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", ring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    assert secret("mt5", "password") is None
    with pytest.raises(
        ConfigError, match=r"the keyring does not answer for simcore mt5\.demo\.password: Locked"
    ) as caught:
        secret("mt5", "password", "demo")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("where", [pytest.param("environment", marks=pytest.mark.slow), "keyring"])
def test_a_planted_secret_is_found_nowhere(where, kept, emulated, monkeypatch, tmp_path, capfd, caplog):
    """Session, journal, terminal, errors, logs, status and the page that verify writes."""
    caplog.set_level(logging.DEBUG)
    account: tuple[str, ...] = ()
    if where == "environment":
        monkeypatch.setenv("SIMCORE_MT5_LOGIN", "7")
        monkeypatch.setenv("SIMCORE_MT5_PASSWORD", SECRET)
    else:
        account = ("--account", "demo")
        kept["simcore", "mt5.demo.login"], kept["simcore", "mt5.demo.password"] = "7", SECRET
    said = []
    args = ("live", "ema-cross", "-p", "fast=2", "slow=4", "--session", tmp_path / "s", *LIVE, *account)
    for more in ((), ("--json",), ("--end",)):
        done = run(*args, *more)
        said += [done.output, done.stderr]
        assert done.exit_code == 0, done.stderr
    assert emulated.venue.played > 100
    said.append(run("verify", tmp_path / "s", "--report", tmp_path / "page.html").output)
    assert (tmp_path / "page.html").stat().st_size > 10_000
    said.append(run("halt", tmp_path / "s").output)
    told = capfd.readouterr()
    assert SECRET not in "".join([*said, told.out, told.err, caplog.text])
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes(), path
    assert json.loads((tmp_path / "s" / "session.json").read_text())["bridge"]["account"] == (account or (0, None))[1]


def test_a_refused_login_does_not_say_with_what(emulated, kept):
    for wrong in (Mt5Bridge(module_of(emulated), login=7, password="wrong-" + SECRET),
                  Mt5Bridge(module_of(emulated), login=8, password=SECRET)):  # fmt: skip
        with pytest.raises(BridgeError) as caught:
            wrong.connect()
        assert SECRET not in str(caught.value)
        assert SECRET not in repr(wrong)


def test_a_secret_on_the_command_line_is_refused_unseen(tmp_path):
    for key in ("password", "api_key", "token"):
        told = refused("live", "ema-cross", "--session", tmp_path / "s", *LIVE, "--bridge-set", f"{key}={SECRET}")
        assert "secrets come from the environment or a keyring" in told
        assert SECRET not in told
