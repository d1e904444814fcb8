"""Calls that compute on data: signatures, digests, encryption. Section numbers: PKCS#11 v2.40."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simulators.crypto import keys
from simulators.wire.pkcs11 import mechanisms
from simulators.wire.pkcs11.codec import Length, Mechanism
from simulators.wire.pkcs11.constants import (
    Attr,
    Cls,
    KeyType,
    MechFlag,
    Refused,
    Rv,
)
from simulators.wire.pkcs11.core import (
    heavy,
)
from simulators.wire.pkcs11.key_use import KeyUse
from simulators.wire.pkcs11.mechanisms import Encryption, Gathered, Signature
from simulators.wire.pkcs11.sessions import Session


class OperationCalls(KeyUse):
    """Sections 5.8 to 5.13."""

    # -- signatures (5.11, 5.13) ------------------------------------------------------------------------

    async def c_signinit(self, handle: int, mechanism: Mechanism | None, number: int) -> Sequence[Any]:
        """``C_SignInit``."""
        session = self._session(handle)
        if self._cancel(session, "sign", mechanism) is None or mechanism is None:
            return ()
        key = self._key(session, mechanism, MechFlag.SIGN, number, Attr.SIGN, Cls.PRIVATE_KEY)
        if not isinstance(key, keys.PrivateKey):
            raise Refused(Rv.KEY_TYPE_INCONSISTENT)
        session.begin("sign", Signature(mechanism, key))
        return ()

    def _signature(self, session: Session, kind: str) -> Signature:
        operation = session.doing(kind)
        if not isinstance(operation, Signature):
            raise Refused(Rv.GENERAL_ERROR)
        return operation

    async def c_signupdate(self, handle: int, data: bytes | None) -> Sequence[Any]:
        """``C_SignUpdate``."""
        return self._update(self._session(handle), "sign", data)

    def _update(self, session: Session, kind: str, data: bytes | None) -> Sequence[Any]:
        operation = session.doing(kind)
        if isinstance(operation, list):
            raise Refused(Rv.GENERAL_ERROR)
        gathered = operation if isinstance(operation, Gathered) else operation.data
        gathered.parts = True
        try:
            gathered.add(data or b"")
        except Refused:
            del session.operations[kind]
            raise
        return ()

    async def c_sign(self, handle: int, data: bytes | None, room: int) -> Sequence[Any]:
        """``C_Sign``."""
        session = self._session(handle)
        operation = self._signature(session, "sign")
        if operation.data.parts:
            raise Refused(Rv.OPERATION_ACTIVE)
        return await self._sign(session, operation, data, room)

    async def c_signfinal(self, handle: int, room: int) -> Sequence[Any]:
        """``C_SignFinal``."""
        session = self._session(handle)
        return await self._sign(session, self._signature(session, "sign"), None, room)

    async def _sign(
        self, session: Session, operation: Signature, data: bytes | None, room: int
    ) -> Sequence[Any]:
        if room < operation.size:
            return (Length(operation.size),)

        async def work() -> bytes:
            operation.data.add(data or b"")
            await session.link.work("Sign", session.link.token.profile.sign_ms, "sign")
            return await heavy(operation.sign) if operation.slow else operation.sign()

        return (await self._ending(session, "sign", work),)

    async def c_verifyinit(self, handle: int, mechanism: Mechanism | None, number: int) -> Sequence[Any]:
        """``C_VerifyInit``."""
        session = self._session(handle)
        if self._cancel(session, "verify", mechanism) is None or mechanism is None:
            return ()
        key = self._key(session, mechanism, MechFlag.VERIFY, number, Attr.VERIFY, Cls.PUBLIC_KEY)
        if not isinstance(key, keys.PublicKey):
            raise Refused(Rv.KEY_TYPE_INCONSISTENT)
        session.begin("verify", Signature(mechanism, key))
        return ()

    async def c_verifyupdate(self, handle: int, data: bytes | None) -> Sequence[Any]:
        """``C_VerifyUpdate``."""
        return self._update(self._session(handle), "verify", data)

    async def c_verify(self, handle: int, data: bytes | None, signature: bytes | None) -> Sequence[Any]:
        """``C_Verify``."""
        session = self._session(handle)
        operation = self._signature(session, "verify")
        if operation.data.parts:
            raise Refused(Rv.OPERATION_ACTIVE)
        return await self._verify(session, operation, data, signature)

    async def c_verifyfinal(self, handle: int, signature: bytes | None) -> Sequence[Any]:
        """``C_VerifyFinal``."""
        session = self._session(handle)
        return await self._verify(session, self._signature(session, "verify"), None, signature)

    async def _verify(
        self, session: Session, operation: Signature, data: bytes | None, signature: bytes | None
    ) -> Sequence[Any]:
        async def work() -> None:
            operation.data.add(data or b"")
            await session.link.work("Verify", session.link.token.profile.status_ms)

            def check() -> None:
                operation.verify(signature or b"")

            await heavy(check) if operation.slow else check()

        await self._ending(session, "verify", work)
        return ()

    # -- digests (5.10) ---------------------------------------------------------------------------------

    async def c_digestinit(self, handle: int, mechanism: Mechanism | None) -> Sequence[Any]:
        """``C_DigestInit``."""
        session = self._session(handle)
        if self._cancel(session, "digest", mechanism) is None or mechanism is None:
            return ()
        spec = self._spec(session, mechanism, MechFlag.DIGEST)
        session.begin("digest", Gathered(spec.hash))
        return ()

    async def c_digestupdate(self, handle: int, data: bytes | None) -> Sequence[Any]:
        """``C_DigestUpdate``."""
        return self._update(self._session(handle), "digest", data)

    async def c_digest(self, handle: int, data: bytes | None, room: int) -> Sequence[Any]:
        """``C_Digest``."""
        session = self._session(handle)
        operation = session.doing("digest")
        if isinstance(operation, Gathered) and operation.parts:
            raise Refused(Rv.OPERATION_ACTIVE)
        return await self._digest(session, data, room)

    async def c_digestfinal(self, handle: int, room: int) -> Sequence[Any]:
        """``C_DigestFinal``."""
        return await self._digest(self._session(handle), None, room)

    async def _digest(self, session: Session, data: bytes | None, room: int) -> Sequence[Any]:
        operation = session.doing("digest")
        if not isinstance(operation, Gathered):
            raise Refused(Rv.GENERAL_ERROR)
        size = mechanisms.digest_size(operation.digest)
        if room < size:
            return (Length(size),)

        async def work() -> bytes:
            operation.add(data or b"")
            await session.link.work("Digest", 0)
            return await heavy(operation.finish) if operation.digest == "gost" else operation.finish()

        return (await self._ending(session, "digest", work),)

    # -- encryption (5.8, 5.9) --------------------------------------------------------------------------

    async def c_encryptinit(self, handle: int, mechanism: Mechanism | None, number: int) -> Sequence[Any]:
        """``C_EncryptInit``."""
        return self._crypt_init(self._session(handle), "encrypt", mechanism, number)

    async def c_decryptinit(self, handle: int, mechanism: Mechanism | None, number: int) -> Sequence[Any]:
        """``C_DecryptInit``."""
        return self._crypt_init(self._session(handle), "decrypt", mechanism, number)

    def _crypt_init(
        self, session: Session, kind: str, mechanism: Mechanism | None, number: int
    ) -> Sequence[Any]:
        if self._cancel(session, kind, mechanism) is None or mechanism is None:
            return ()
        encrypts = kind == "encrypt"
        use, allows = (MechFlag.ENCRYPT, Attr.ENCRYPT) if encrypts else (MechFlag.DECRYPT, Attr.DECRYPT)
        cls = None
        if self._spec(session, mechanism, use).key == KeyType.RSA:
            cls = Cls.PUBLIC_KEY if encrypts else Cls.PRIVATE_KEY
        key = self._key(session, mechanism, use, number, allows, cls)
        session.begin(kind, Encryption(mechanism, key, encrypts=encrypts))
        return ()

    async def c_encrypt(self, handle: int, data: bytes | None, room: int) -> Sequence[Any]:
        """``C_Encrypt``."""
        return await self._crypt(self._session(handle), "encrypt", data, room)

    async def c_decrypt(self, handle: int, data: bytes | None, room: int) -> Sequence[Any]:
        """``C_Decrypt``."""
        return await self._crypt(self._session(handle), "decrypt", data, room)

    async def c_encryptupdate(self, handle: int, data: bytes | None, room: int) -> Sequence[Any]:
        """``C_EncryptUpdate``."""
        return self._crypt_part(self._session(handle), "encrypt", data or b"", room)

    async def c_decryptupdate(self, handle: int, data: bytes | None, room: int) -> Sequence[Any]:
        """``C_DecryptUpdate``."""
        return self._crypt_part(self._session(handle), "decrypt", data or b"", room)

    async def c_encryptfinal(self, handle: int, room: int) -> Sequence[Any]:
        """``C_EncryptFinal``."""
        return await self._crypt(self._session(handle), "encrypt", None, room, final=True)

    async def c_decryptfinal(self, handle: int, room: int) -> Sequence[Any]:
        """``C_DecryptFinal``."""
        return await self._crypt(self._session(handle), "decrypt", None, room, final=True)

    def _encryption(self, session: Session, kind: str) -> Encryption:
        operation = session.doing(kind)
        if not isinstance(operation, Encryption):
            raise Refused(Rv.GENERAL_ERROR)
        return operation

    def _crypt_part(self, session: Session, kind: str, data: bytes, room: int) -> Sequence[Any]:
        operation = self._encryption(session, kind)
        size = operation.update_size(len(data))
        if room < size or (room == 0 and data):
            return (Length(size),)  # nothing was taken: the program comes again
        try:
            return (operation.update(data),)
        except Refused:
            del session.operations[kind]
            raise

    async def _crypt(
        self, session: Session, kind: str, data: bytes | None, room: int, *, final: bool = False
    ) -> Sequence[Any]:
        operation = self._encryption(session, kind)
        if operation.data.parts and not final:
            raise Refused(Rv.OPERATION_ACTIVE)
        if room == 0 and operation.result is None:
            return (Length(operation.room(len(data or b""))),)

        async def work() -> bytes:
            if operation.result is None:
                await session.link.work(kind.capitalize(), session.link.token.profile.unwrap_ms, "unwrap")
                operation.result = operation.finish(data or b"")
            return operation.result

        result = await self._ending(session, kind, work)
        if room < len(result):
            session.operations.setdefault(kind, operation)  # it goes on until there is room
            return (Length(len(result)),)
        return (result,)
