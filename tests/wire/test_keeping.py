"""Virtual tokens that outlast their server."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hal.secret import Secret
from hal.token import PinIncorrect, PinRole
from simulators.crypto.certificates import Authority
from simulators.crypto.kept_keys import bytes_of, key_of
from simulators.profiles import token_profile
from simulators.wire.pkcs11.constants import Attr
from simulators.wire.pkcs11.device import VirtualTokens, Wanted
from simulators.wire.pkcs11.keeping import FILE, LOCK, StoreDamaged, StoreInUse, TokenStore, snapshot
from simulators.wire.pkcs11.pin_digest import PinDigest
from tests.wire.bench import authority

PIN, WRONG = Secret("24681357"), Secret("11111111")
PROFILES = ("rutoken-ecp-3", "rutoken-lite")


def made() -> VirtualTokens:
    owners = ("Иванова Анна, член ГЭК", "Петров Борис")
    wanted = [Wanted(token_profile(name), owner, PIN) for name, owner in zip(PROFILES, owners, strict=True)]
    return VirtualTokens(wanted, 100.0, authority())


@pytest.fixture(scope="module")
def written() -> bytes:
    return snapshot(made())


def again(folder: Path) -> VirtualTokens:
    with TokenStore(folder) as store:
        kept = store.load()
    assert kept is not None
    return VirtualTokens(kept[1], 100.0, kept[0])


def test_what_is_written_is_read_as_it_was(tmp_path: Path) -> None:
    tokens = made()
    with pytest.raises(PinIncorrect):
        tokens.tokens["token-1"].verify_pin(WRONG, PinRole.USER)
    with TokenStore(tmp_path / "s") as store:
        assert store.load() is None
        store.save(tokens)
    restored = again(tmp_path / "s")
    assert snapshot(restored) == snapshot(tokens)
    assert restored.authority.pem() == tokens.authority.pem()
    for name, token in tokens.tokens.items():
        other = restored.tokens[name]
        assert (other.serial, other.owner, other.info) == (token.serial, token.owner, token.info)
        assert other.keys.certificates() == token.keys.certificates()
        assert other.tries_left(PinRole.USER) == token.tries_left(PinRole.USER)
        other.verify_pin(PIN, PinRole.USER)
        with pytest.raises(PinIncorrect):
            other.verify_pin(WRONG, PinRole.USER)
    token, other = tokens.tokens["token-1"], restored.tokens["token-1"]
    assert token.tries_left(PinRole.USER) == token.profile.pin_tries - 1
    for pair in token.real_keys.pairs:
        assert other.real_keys.private(pair.id).public.__class__ is pair.private.public.__class__
        assert bytes_of(other.real_keys.private(pair.id)) == bytes_of(pair.private)
    classes = [each.attributes[Attr.CLASS] for each in restored._memories[other].objects]
    assert len(classes) == 10  # three of each pair, and the secret key


def test_every_kind_of_key_comes_back() -> None:
    for pair in made().tokens["token-1"].real_keys.pairs:
        for key in (pair.private, pair.private.public):
            kind, data = bytes_of(key)
            assert bytes_of(key_of(kind, data)) == (kind, data)
            for other in ("rsa-private", "ec-public", "gost-private", "nothing"):
                if other != kind:
                    with pytest.raises((ValueError, TypeError)):
                        key_of(other, data)


def test_only_its_owner_can_read_it_and_no_pin_is_in_it(tmp_path: Path) -> None:
    tokens = made()
    old = os.umask(0)
    try:
        with TokenStore(tmp_path / "s") as store:
            store.save(tokens)
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o700
    assert {file.name for file in (tmp_path / "s").iterdir()} == {FILE, LOCK}
    for file in (tmp_path / "s").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        for pin in (PIN.reveal(), "87654321"):
            assert pin not in file.read_text()
    assert PIN.reveal() not in repr(PinDigest.of(PIN))


def test_a_second_server_is_refused(tmp_path: Path) -> None:
    with TokenStore(tmp_path / "s"), pytest.raises(StoreInUse), TokenStore(tmp_path / "s"):
        pass
    with TokenStore(tmp_path / "s"):
        pass


def test_every_change_of_what_is_kept_is_written(tmp_path: Path) -> None:
    tokens = made()
    token = tokens.tokens["token-1"]
    written: list[bytes] = []
    with TokenStore(tmp_path / "s") as store:
        store.save(tokens)

        def keep() -> None:
            store.save(tokens)
            written.append(store.file.read_bytes())

        tokens.written = keep
        with pytest.raises(PinIncorrect):
            token.verify_pin(WRONG, PinRole.USER)
        token.verify_pin(PIN, PinRole.USER)
        token.verify_pin(PIN, PinRole.USER)  # nothing has changed
        token.set_pin(WRONG)
        memory = tokens._memories[token]
        memory.objects.pop()
        memory.written()
    left = [json.loads(each)["tokens"][0]["user_pin"]["tries_left"] for each in written]
    assert left == [9, 10, 10, 10]
    assert [len(json.loads(each)["tokens"][0]["objects"]) for each in written] == [10, 10, 10, 9]
    again(tmp_path / "s").tokens["token-1"].verify_pin(WRONG, PinRole.USER)


def test_a_full_disk_leaves_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = made()
    with TokenStore(tmp_path / "s") as store:
        store.save(tokens)
        before = store.file.read_bytes()

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("hal.files.os.fsync", full)
        tokens.tokens["token-1"].set_pin(WRONG)
        with pytest.raises(OSError, match="No space"):
            store.save(tokens)
        assert store.file.read_bytes() == before
        assert {file.name for file in store.folder.iterdir()} == {FILE, LOCK}
        monkeypatch.undo()
        store.save(tokens)
        assert store.file.read_bytes() != before


def change(path: str, value: Any) -> Callable[[Any], None]:
    """Change one field of the file; ``...`` removes it."""

    def do(whole: Any) -> None:
        *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        for step in steps:
            whole = whole[step]
        if value is ...:
            del whole[last]
        else:
            whole[last] = value(whole[last]) if callable(value) else value

    return do


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (change("format", 2), "format"),
        (change("tokens", []), "tokens"),
        (change("authority.rsa", ...), "authority"),
        (change("authority.rsa.value", "AAAA"), "authority.rsa"),
        (change("authority.gost.kind", "secret"), "authority.gost"),
        (change("authority.gost_certificate", lambda text: text[:-8]), "authority.gost_certificate"),
        (change("authority.period.ends", "2000-01-01T00:00:00Z"), "authority.period"),
        (change("tokens.1.profile", "rutoken-9"), "tokens[1].profile"),
        (change("tokens.0.serial", ""), "tokens[0].serial"),
        (change("tokens.1.serial", "3b9ac901"), "tokens"),
        (change("tokens.0.colour", "red"), "tokens[0]"),
        (change("tokens.0.user_pin.tries_left", 11), "tokens[0].user_pin.tries_left"),
        (change("tokens.0.user_pin.tries_left", -1), "tokens[0].user_pin.tries_left"),
        (change("tokens.0.admin_pin.salt", "AAAA"), "tokens[0].admin_pin.salt"),
        (change("tokens.0.pairs.1.private.value", "AAAA"), "tokens[0].pairs[1].private"),
        (change("tokens.0.pairs.0.private.kind", "rsa-public"), "tokens[0].pairs[0].private"),
        (change("tokens.0.pairs.0.certificate", "AAAA"), "tokens[0].pairs[0].certificate"),
        (change("tokens.1.stored.0", "AAAA"), "tokens[1].stored[0]"),
        (change("tokens.0.secret.kind", "gost-public"), "tokens[0].secret"),
        (change("tokens.0.objects.0.attributes.0", 77), "tokens[0].objects[0].attributes"),
        (change("tokens.0.objects.0.attributes.17", []), "tokens[0].objects[0].attributes[...]"),
        (change("tokens.0.objects.2.key.kind", "x"), "tokens[0].objects[2].key"),
        (change("tokens.0.objects.2.pair", "AAAA"), "tokens[0].objects[2].pair"),
    ],
)
def test_a_damaged_file_is_told_by_its_field(
    written: bytes, changes: Callable[[Any], None], field: str, tmp_path: Path
) -> None:
    whole = json.loads(written)
    changes(whole)
    (tmp_path / FILE).write_text(json.dumps(whole))
    with TokenStore(tmp_path) as store, pytest.raises(StoreDamaged) as caught:
        store.load()
    assert caught.value.field == field
    assert caught.value.file == tmp_path / FILE


def test_certificates_that_were_exchanged(written: bytes, tmp_path: Path) -> None:
    whole = json.loads(written)
    pairs = whole["tokens"][0]["pairs"]
    pairs[0]["certificate"], pairs[1]["certificate"] = pairs[1]["certificate"], pairs[0]["certificate"]
    (tmp_path / FILE).write_text(json.dumps(whole))
    with TokenStore(tmp_path) as store, pytest.raises(StoreDamaged, match="of another key"):
        store.load()


@pytest.mark.parametrize("share", [0, 1, 50, 99])
def test_a_file_that_was_cut_or_is_no_json(written: bytes, share: int, tmp_path: Path) -> None:
    for data in (written[: len(written) * share // 100], b"\xff" + written, b"[]"):
        (tmp_path / FILE).write_bytes(data)
        with TokenStore(tmp_path) as store, pytest.raises(StoreDamaged) as caught:
            store.load()
        assert caught.value.field == "$"


def test_the_authority_issues_as_before(written: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(written)
    restored = again(tmp_path)
    assert isinstance(restored.authority, Authority)
    assert restored.authority.issue("Новый", restored.authority.rsa_key.public)
