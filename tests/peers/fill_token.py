"""``python -m tests.peers.fill_token MODULE LABEL``: puts keys and certificates into a token.

In a process of its own, since a module stays loaded and configured for the life of a process.
"""

from __future__ import annotations

import sys

import msgspec
import pkcs11
from pkcs11 import Attribute
from pkcs11.util import ec, rsa, x509


def main(module: str, label: str) -> None:
    """Read the PIN and the items (ID, PKCS#8, certificate) from standard input."""
    kind = tuple[str, list[tuple[bytes, bytes, bytes]]]
    pin, items = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=kind)
    with pkcs11.lib(module).get_token(token_label=label).open(rw=True, user_pin=pin) as session:
        for key_id, pkcs8, der in items:
            session.create_object(_private(pkcs8) | {Attribute.ID: key_id, Attribute.TOKEN: True})
            made = x509.decode_x509_certificate(der)
            session.create_object(made | {Attribute.ID: key_id, Attribute.TOKEN: True})


def _private(pkcs8: bytes) -> dict[Attribute, object]:
    from asn1crypto.keys import PrivateKeyInfo

    info = PrivateKeyInfo.load(pkcs8)
    key = info["private_key"].parsed.dump()
    flags: dict[Attribute, object]
    if info.algorithm == "rsa":
        flags = {Attribute.DECRYPT: True, Attribute.SIGN: True}
        return dict(rsa.decode_rsa_private_key(key)) | flags
    flags = {Attribute.DERIVE: True, Attribute.SIGN: True}
    return {
        Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY,
        Attribute.KEY_TYPE: pkcs11.KeyType.EC,
        Attribute.EC_PARAMS: ec.encode_named_curve_parameters("secp256r1"),
        Attribute.VALUE: info["private_key"].parsed["private_key"].contents,
    } | flags


if __name__ == "__main__":
    main(*sys.argv[1:])
