"""Calls that make, wrap and derive keys, and random numbers. Section numbers: PKCS#11 v2.40."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from simulators.crypto import der, gost, keys
from simulators.wire.pkcs11 import mechanisms
from simulators.wire.pkcs11.codec import Attribute, Length, Mechanism
from simulators.wire.pkcs11.constants import (
    Attr,
    Cls,
    KeyType,
    Mech,
    MechFlag,
    Refused,
    Rv,
)
from simulators.wire.pkcs11.core import (
    MOST_RANDOM,
    heavy,
)
from simulators.wire.pkcs11.key_use import KeyUse
from simulators.wire.pkcs11.objects import (
    Template,
    check_secret,
    private_key,
    public_key,
    secret_key,
)
from simulators.wire.pkcs11.sessions import Session


class KeyCalls(KeyUse):
    """Sections 5.14 to 5.16."""

    # -- keys (5.14, 5.15) ------------------------------------------------------------------------------

    async def c_generatekey(
        self, handle: int, mechanism: Mechanism | None, template: list[Attribute]
    ) -> Sequence[Any]:
        """``C_GenerateKey``: AES and generic secrets."""
        session = self._session(handle)
        if mechanism is None:
            raise Refused(Rv.ARGUMENTS_BAD)
        spec = self._spec(session, mechanism, MechFlag.GENERATE)
        given = Template(template)
        size = given.number(Attr.VALUE_LEN)
        kind = KeyType.AES if mechanism.type == Mech.AES_KEY_GEN else KeyType.GENERIC_SECRET
        if given.number(Attr.KEY_TYPE, kind) != spec.key:
            raise Refused(Rv.TEMPLATE_INCONSISTENT)
        check_secret(kind, size)
        about = given.settable() | {Attr.LOCAL: True, Attr.KEY_GEN_MECHANISM: mechanism.type}
        made = secret_key(keys.SecretKey.random(size), kind, about)
        return (await self._store(session, made, "GenerateKey"),)

    async def c_generatekeypair(
        self, handle: int, mechanism: Mechanism | None, public: list[Attribute], private: list[Attribute]
    ) -> Sequence[Any]:
        """``C_GenerateKeyPair``: RSA, P-256, GOST."""
        session = self._session(handle)
        if mechanism is None:
            raise Refused(Rv.ARGUMENTS_BAD)
        self._spec(session, mechanism, MechFlag.GENERATE_KEY_PAIR)
        open_half, closed_half = Template(public), Template(private)
        make = _maker(mechanism, open_half, closed_half)
        local = {Attr.LOCAL: True, Attr.KEY_GEN_MECHANISM: mechanism.type}
        about = (open_half.settable() | local, closed_half.settable() | local)
        key = await heavy(make)
        kept = {Attr.SENSITIVE: True, Attr.EXTRACTABLE: False}
        made = public_key(key.public, about[0]), private_key(key, about[1] | kept)
        self._session(handle)
        self._may_store(session, *made)
        # a token takes many times as long to make a key as to use it
        await session.link.work("GenerateKeyPair", 5 * session.link.token.profile.sign_ms)
        return [await self._store(session, each, "GenerateKeyPair") for each in made]

    async def c_wrapkey(
        self, handle: int, mechanism: Mechanism | None, wrapping: int, number: int, room: int
    ) -> Sequence[Any]:
        """``C_WrapKey``."""
        session = self._session(handle)
        if mechanism is None:
            raise Refused(Rv.ARGUMENTS_BAD)
        stored = self._object(session, number, Rv.KEY_HANDLE_INVALID)
        refuses = Rv.WRAPPING_KEY_HANDLE_INVALID
        key = self._key(session, mechanism, MechFlag.WRAP, wrapping, Attr.WRAP, None, refuses)
        if not isinstance(stored.key, keys.SecretKey):
            raise Refused(Rv.KEY_NOT_WRAPPABLE)
        if not stored.flag(Attr.EXTRACTABLE):
            raise Refused(Rv.KEY_UNEXTRACTABLE)
        wrapped = mechanisms.wrap(mechanism, key, stored.key.value)
        if room < len(wrapped):
            return (Length(len(wrapped)),)
        await session.link.work("WrapKey", session.link.token.profile.status_ms)
        return (wrapped,)

    async def c_unwrapkey(
        self,
        handle: int,
        mechanism: Mechanism | None,
        number: int,
        wrapped: bytes | None,
        template: list[Attribute],
    ) -> Sequence[Any]:
        """``C_UnwrapKey``: a symmetric key."""
        session = self._session(handle)
        if mechanism is None or wrapped is None:
            raise Refused(Rv.ARGUMENTS_BAD)
        refuses = Rv.UNWRAPPING_KEY_HANDLE_INVALID
        self._key(session, mechanism, MechFlag.UNWRAP, number, Attr.UNWRAP, None, refuses)
        await session.link.work("UnwrapKey", session.link.token.profile.unwrap_ms, "unwrap")
        # asked again: the fault that was waiting for this may have put another key in its place
        key = self._key(session, mechanism, MechFlag.UNWRAP, number, Attr.UNWRAP, None, refuses)
        value = mechanisms.unwrap(mechanism, key, wrapped)
        return (await self._take_in(session, value, Template(template), "UnwrapKey"),)

    async def c_derivekey(
        self, handle: int, mechanism: Mechanism | None, number: int, template: list[Attribute]
    ) -> Sequence[Any]:
        """``C_DeriveKey``: ECDH."""
        session = self._session(handle)
        if mechanism is None:
            raise Refused(Rv.ARGUMENTS_BAD)
        key = self._key(session, mechanism, MechFlag.DERIVE, number, Attr.DERIVE, Cls.PRIVATE_KEY)
        if not isinstance(key, keys.EcPrivate):
            raise Refused(Rv.KEY_TYPE_INCONSISTENT)
        given = Template(template)
        size = given.number(Attr.VALUE_LEN) if Attr.VALUE_LEN in given.values else None
        if size is not None:
            check_secret(given.number(Attr.KEY_TYPE, KeyType.GENERIC_SECRET), size)
        await session.link.work("DeriveKey", session.link.token.profile.unwrap_ms, "unwrap")
        value = mechanisms.agree(mechanism, key, size)
        return (await self._take_in(session, value, given, "DeriveKey"),)

    async def _take_in(self, session: Session, value: bytes, given: Template, name: str) -> int:
        """Keep a key that was unwrapped or derived."""
        if given.number(Attr.CLASS, Cls.SECRET_KEY) != Cls.SECRET_KEY:
            raise Refused(Rv.TEMPLATE_INCONSISTENT)
        if given.number(Attr.VALUE_LEN, len(value)) != len(value):
            raise Refused(Rv.TEMPLATE_INCONSISTENT)
        kind = given.number(Attr.KEY_TYPE, KeyType.GENERIC_SECRET)
        check_secret(kind, len(value))
        # a key that came from outside was not always secret
        about = given.settable() | {Attr.ALWAYS_SENSITIVE: False, Attr.NEVER_EXTRACTABLE: False}
        return await self._store(session, secret_key(keys.SecretKey(value), kind, about), name)

    # -- random numbers (5.16) --------------------------------------------------------------------------

    async def c_seedrandom(self, handle: int, _seed: bytes | None) -> Sequence[Any]:
        """``C_SeedRandom``: the token seeds itself."""
        self._session(handle)
        raise Refused(Rv.RANDOM_SEED_NOT_SUPPORTED)

    async def c_generaterandom(self, handle: int, room: int) -> Sequence[Any]:
        """``C_GenerateRandom``."""
        session = self._session(handle)
        if not session.link.memory.specs:
            raise Refused(Rv.FUNCTION_NOT_SUPPORTED)
        if room > MOST_RANDOM:
            raise Refused(Rv.ARGUMENTS_BAD)
        await session.link.work("GenerateRandom", 0)
        return (secrets.token_bytes(room),)


def _maker(mechanism: Mechanism, public: Template, private: Template) -> Callable[[], keys.PrivateKey]:
    """Return what makes the key pair that a program asks for.

    Raises:
        Refused: There is no such key pair.
    """
    match mechanism.type:
        case Mech.RSA_PKCS_KEY_PAIR_GEN:
            bits = public.number(Attr.MODULUS_BITS)
            if bits not in {1024, 2048, 3072, 4096}:
                raise Refused(Rv.KEY_SIZE_RANGE)
            if public.bytes_of(Attr.PUBLIC_EXPONENT, b"\1\0\1").lstrip(b"\0") != b"\1\0\1":
                raise Refused(Rv.ATTRIBUTE_VALUE_INVALID)
            return lambda: keys.RsaPrivate(bits=bits)
        case Mech.EC_KEY_PAIR_GEN:
            if public.bytes_of(Attr.EC_PARAMS) != keys.P256_DER:
                raise Refused(Rv.DOMAIN_PARAMS_INVALID)
            return keys.EcPrivate
        case Mech.GOSTR3410_KEY_PAIR_GEN:
            curve = der.oid(gost.OID_CURVE)
            given = private.bytes_of(Attr.GOSTR3410_PARAMS, public.bytes_of(Attr.GOSTR3410_PARAMS, curve))
            if given != curve:
                raise Refused(Rv.DOMAIN_PARAMS_INVALID)
            return gost.GostPrivateKey
    raise Refused(Rv.MECHANISM_INVALID)
