"""A token that is plugged in, and what stands between it and the station: libusb on a bus of umockdev."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peers.programs import SOFTHSM, module
from tests.peers.usb_token import with_token
from tests.peers.virtual_token import PPELAB

LOOK = "from hal.token import usb; print(usb.look())"


def run(*command: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)


def test_the_token_on_the_bus(tmp_path: Path) -> None:
    done = run(*with_token(tmp_path, sys.executable, "-c", LOOK))
    assert "UsbToken(bus=1, address=2, product=48, name='Рутокен')" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("env", "advice"),
    [
        ({"PPELAB_PKCS11_MODULE": "/none.so"}, "module-variable"),
        ({"PPELAB_PKCS11_MODULE": module(SOFTHSM), "PCSCLITE_CSOCK_NAME": "/none"}, "no-pcsc"),
    ],
)
def test_plugged_in_but_not_seen_is_a_diagnosis(tmp_path: Path, env: dict[str, str], advice: str) -> None:
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n")
    env = {**env, "SOFTHSM2_CONF": str(tmp_path / "softhsm2.conf")}
    (tmp_path / "pin").write_text("12345678")
    check = (*PPELAB, "check", "token", "--json", "--pin-source", str(tmp_path / "pin"))
    done = run(*with_token(tmp_path, *check), **env)
    assert done.returncode == 1, done.stderr
    steps = {step["step"]: step for step in json.loads(done.stdout)["steps"]}
    assert steps["usb"]["result"] == "passed"
    assert advice in json.dumps(steps)
