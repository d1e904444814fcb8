"""What each mechanism needs and does: signatures, digests, encryption, wrapping, agreement, new keys."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.padding import PKCS7

from simulators.crypto import gost, keys
from simulators.profile_types import TokenProfile
from simulators.wire.pkcs11.codec import EcdhParams, GcmParams, Mechanism, OaepParams, PssParams
from simulators.wire.pkcs11.constants import Kdf, KeyType, Mech, MechFlag, Mgf, Refused, Rv

MOST_GATHERED = 1024 * 1024
"""Bytes of one operation that has to hold all its data: encryption, and digests of GOST (8 s a megabyte)."""

_SIGN = MechFlag.SIGN | MechFlag.VERIFY
_CRYPT = MechFlag.ENCRYPT | MechFlag.DECRYPT
_WRAP = MechFlag.WRAP | MechFlag.UNWRAP


@dataclass(frozen=True, slots=True)
class Spec:
    """What ``C_GetMechanismInfo`` tells, and which key the mechanism takes.

    Args:
        algorithm: Of the profile's ``algorithms``; empty for what every computing token does.
        key: Type of the key, if it takes one.
        low, high: Sizes of keys, in bits; AES in bytes.
        flags: What it can be used for.
        hash: The digest that it makes of the data first.
    """

    algorithm: str
    key: KeyType | None
    low: int
    high: int
    flags: MechFlag
    hash: str = ""


def _rsa(flags: MechFlag, digest: str = "") -> Spec:
    return Spec("rsa", KeyType.RSA, 1024, 4096, flags | MechFlag.HW, digest)


def _ec(flags: MechFlag, digest: str = "") -> Spec:
    return Spec("ec", KeyType.EC, 256, 256, flags | MechFlag.HW, digest)


def _gost(flags: MechFlag, digest: str = "") -> Spec:
    return Spec("gost", KeyType.GOSTR3410, 256, 256, flags | MechFlag.HW, digest)


def _aes(flags: MechFlag) -> Spec:
    return Spec("aes", KeyType.AES, 16, 32, flags | MechFlag.HW)


def _digest(name: str, algorithm: str = "") -> Spec:
    return Spec(algorithm, None, 0, 0, MechFlag.DIGEST, name)


SPECS: Mapping[int, Spec] = {
    Mech.RSA_PKCS_KEY_PAIR_GEN: _rsa(MechFlag.GENERATE_KEY_PAIR),
    Mech.RSA_PKCS: _rsa(_SIGN | _CRYPT | _WRAP),
    Mech.RSA_X_509: _rsa(_SIGN | _CRYPT),
    Mech.RSA_PKCS_OAEP: _rsa(_CRYPT | _WRAP),
    Mech.RSA_PKCS_PSS: _rsa(_SIGN),
    Mech.SHA1_RSA_PKCS: _rsa(_SIGN, "sha1"),
    Mech.SHA256_RSA_PKCS: _rsa(_SIGN, "sha256"),
    Mech.SHA384_RSA_PKCS: _rsa(_SIGN, "sha384"),
    Mech.SHA512_RSA_PKCS: _rsa(_SIGN, "sha512"),
    Mech.SHA1_RSA_PKCS_PSS: _rsa(_SIGN, "sha1"),
    Mech.SHA256_RSA_PKCS_PSS: _rsa(_SIGN, "sha256"),
    Mech.SHA384_RSA_PKCS_PSS: _rsa(_SIGN, "sha384"),
    Mech.SHA512_RSA_PKCS_PSS: _rsa(_SIGN, "sha512"),
    Mech.EC_KEY_PAIR_GEN: _ec(MechFlag.GENERATE_KEY_PAIR),
    Mech.ECDSA: _ec(_SIGN),
    Mech.ECDSA_SHA1: _ec(_SIGN, "sha1"),
    Mech.ECDSA_SHA256: _ec(_SIGN, "sha256"),
    Mech.ECDSA_SHA384: _ec(_SIGN, "sha384"),
    Mech.ECDSA_SHA512: _ec(_SIGN, "sha512"),
    Mech.ECDH1_DERIVE: _ec(MechFlag.DERIVE),
    Mech.AES_KEY_GEN: _aes(MechFlag.GENERATE),
    Mech.AES_ECB: _aes(_CRYPT),
    Mech.AES_CBC: _aes(_CRYPT),
    Mech.AES_CBC_PAD: _aes(_CRYPT | _WRAP),
    Mech.AES_GCM: _aes(_CRYPT),
    Mech.AES_KEY_WRAP: _aes(_WRAP),
    Mech.AES_KEY_WRAP_PAD: _aes(_WRAP),
    Mech.GENERIC_SECRET_KEY_GEN: Spec("aes", KeyType.GENERIC_SECRET, 8, 4096, MechFlag.GENERATE),
    Mech.GOSTR3410_KEY_PAIR_GEN: _gost(MechFlag.GENERATE_KEY_PAIR),
    Mech.GOSTR3410: _gost(_SIGN),
    Mech.GOSTR3410_WITH_GOSTR3411_12_256: _gost(_SIGN, "gost"),
    Mech.GOSTR3411_12_256: _digest("gost", "gost"),
    Mech.SHA_1: _digest("sha1"),
    Mech.SHA256: _digest("sha256"),
    Mech.SHA384: _digest("sha384"),
    Mech.SHA512: _digest("sha512"),
}


def of_profile(profile: TokenProfile) -> dict[int, Spec]:
    """Return the mechanisms of a model of token; none for one that computes nothing."""
    if not profile.algorithms:
        return {}
    return {
        kind: spec
        for kind, spec in SPECS.items()
        if not spec.algorithm or spec.algorithm in profile.algorithms
    }


# -- gathering data ----------------------------------------------------------------------------------------


class Gathered:
    """The data of an operation: digested as it comes, or kept until the end.

    Args:
        digest: Name of a digest; empty to keep the data.
    """

    def __init__(self, digest: str = "") -> None:
        self.digest = digest
        self.parts = False
        """Whether it came in parts."""
        # GOST is digested at the end, in a worker thread: see simulators.crypto.gost
        self._hash = hashlib.new(digest, usedforsecurity=False) if digest not in {"", "gost"} else None
        self._kept = bytearray()

    def add(self, data: bytes) -> None:
        """Add data.

        Raises:
            Refused: It is more than we keep.
        """
        if self._hash is not None:
            self._hash.update(data)
        elif len(self._kept) + len(data) > MOST_GATHERED:
            raise Refused(Rv.DATA_LEN_RANGE)
        else:
            self._kept += data

    def __len__(self) -> int:
        return len(self._kept)

    def finish(self) -> bytes:
        """Return the digest, or all the data; slow for GOST."""
        if self._hash is not None:
            return self._hash.digest()
        return gost.digest(bytes(self._kept)) if self.digest == "gost" else bytes(self._kept)


def digest_size(name: str) -> int:
    """Return how many bytes a digest has."""
    return gost.DIGEST_BYTES if name == "gost" else hashlib.new(name, usedforsecurity=False).digest_size


# -- signatures --------------------------------------------------------------------------------------------

_DIGEST_INFO: Mapping[str, bytes] = {
    "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
"""What stands before a digest in a DigestInfo (RFC 8017, 9.2, note 1)."""

_HASH_NAMES: Mapping[int, str] = {
    Mech.SHA_1: "sha1", Mech.SHA256: "sha256", Mech.SHA384: "sha384", Mech.SHA512: "sha512",
}  # fmt: skip
_MGF_NAMES: Mapping[int, str] = {
    Mgf.SHA1: "sha1", Mgf.SHA256: "sha256", Mgf.SHA384: "sha384", Mgf.SHA512: "sha512",
}  # fmt: skip
_PSS = frozenset(
    (Mech.RSA_PKCS_PSS, Mech.SHA1_RSA_PKCS_PSS, Mech.SHA256_RSA_PKCS_PSS, Mech.SHA384_RSA_PKCS_PSS,
     Mech.SHA512_RSA_PKCS_PSS)
)  # fmt: skip


def _pss(mechanism: Mechanism, digest: str, size: int) -> keys.Pss:
    params = mechanism.params
    if not isinstance(params, PssParams):
        raise Refused(Rv.MECHANISM_PARAM_INVALID)
    name, mask = _HASH_NAMES.get(params.hash), _MGF_NAMES.get(params.mgf)
    if name is None or mask is None or (digest and name != digest):
        raise Refused(Rv.MECHANISM_PARAM_INVALID)
    if params.salt > size - digest_size(name) - 2:
        raise Refused(Rv.MECHANISM_PARAM_INVALID)
    return keys.Pss(name, mask, params.salt)


class Signature:
    """A signature or its verification, at work.

    Args:
        mechanism: With its parameters.
        key: The private key, or the public one to verify.

    Raises:
        Refused: The parameters are wrong.
    """

    def __init__(self, mechanism: Mechanism, key: keys.PrivateKey | keys.PublicKey) -> None:
        spec = SPECS[mechanism.type]
        self.data = Gathered(spec.hash)
        self.key = key
        self.kind = mechanism.type
        self.pss: keys.Pss | None = None
        if isinstance(key, keys.RsaPrivate | keys.RsaPublic):
            public = key.public if isinstance(key, keys.RsaPrivate) else key
            self.size = public.size
            if self.kind in _PSS:
                self.pss = _pss(mechanism, spec.hash, self.size)
        else:
            self.size = keys.P256_SIGNATURE_BYTES
        if self.pss is None and mechanism.params:
            raise Refused(Rv.MECHANISM_PARAM_INVALID)

    @property
    def slow(self) -> bool:
        """Whether it belongs in a worker thread."""
        return isinstance(self.key, gost.GostPrivateKey | gost.GostPublicKey)

    def _message(self) -> bytes:
        """Return what is signed: a digest, a DigestInfo, or the data."""
        message = self.data.finish()
        if self.pss is not None:
            if len(message) != digest_size(self.pss.hash):
                raise Refused(Rv.DATA_LEN_RANGE)
            return message
        if isinstance(self.key, keys.RsaPrivate | keys.RsaPublic):
            message = _DIGEST_INFO.get(self.data.digest, b"") + message
            if len(message) > self.size - (0 if self.kind == Mech.RSA_X_509 else 11):
                raise Refused(Rv.DATA_LEN_RANGE)
            return message.rjust(self.size, b"\0") if self.kind == Mech.RSA_X_509 else message
        if self.slow and len(message) != gost.DIGEST_BYTES:
            raise Refused(Rv.DATA_LEN_RANGE)
        return message

    def sign(self) -> bytes:
        """Return the signature.

        Raises:
            Refused: The data does not fit.
        """
        message = self._message()
        try:
            match self.key:
                case keys.RsaPrivate():
                    if self.pss is not None:
                        return self.key.sign_pss(message, self.pss)
                    if self.kind == Mech.RSA_X_509:
                        return self.key.raw(message)
                    return self.key.sign_pkcs1(message)
                case keys.EcPrivate() | gost.GostPrivateKey():
                    return self.key.sign(message)
        except keys.CannotDo as error:
            raise Refused(Rv.DATA_INVALID) from error
        raise Refused(Rv.KEY_TYPE_INCONSISTENT)

    def verify(self, signature: bytes) -> None:
        """Check a signature.

        Raises:
            Refused: It is not one, or the data does not fit.
        """
        if len(signature) != self.size:
            raise Refused(Rv.SIGNATURE_LEN_RANGE)
        message = self._message()
        match self.key:
            case keys.RsaPublic():
                if self.pss is not None:
                    held = self.key.verify_pss(message, signature, self.pss)
                elif self.kind == Mech.RSA_X_509:
                    held = self.key.opens(signature, message)
                else:
                    held = self.key.verify_pkcs1(message, signature)
            case keys.EcPublic() | gost.GostPublicKey():
                held = self.key.verify(message, signature)
            case _:
                raise Refused(Rv.KEY_TYPE_INCONSISTENT)
        if not held:
            raise Refused(Rv.SIGNATURE_INVALID)


# -- encryption --------------------------------------------------------------------------------------------

_BLOCK = 16


def _oaep(mechanism: Mechanism) -> keys.Oaep:
    params = mechanism.params
    if not isinstance(params, OaepParams) or params.source not in {0, 1}:
        raise Refused(Rv.MECHANISM_PARAM_INVALID)
    name, mask = _HASH_NAMES.get(params.hash), _MGF_NAMES.get(params.mgf)
    if name is None or mask is None:
        raise Refused(Rv.MECHANISM_PARAM_INVALID)
    return keys.Oaep(name, mask, params.label)


def _iv(mechanism: Mechanism) -> bytes:
    if not isinstance(mechanism.params, bytes) or len(mechanism.params) != _BLOCK:
        raise Refused(Rv.MECHANISM_PARAM_INVALID)
    return mechanism.params


def _gcm(mechanism: Mechanism) -> GcmParams:
    params = mechanism.params
    # 96 to 128 bits of tag is what we compute; 8 bytes is the least IV that the library takes
    if (
        not isinstance(params, GcmParams)
        or not 8 <= len(params.iv) <= 128
        or params.tag_bits not in {96, 104, 112, 120, 128}
    ):
        raise Refused(Rv.MECHANISM_PARAM_INVALID)
    return params


class Encryption:
    """Encryption or decryption, at work.

    AES in blocks gives out its result as it goes; RSA and GCM keep all data until the end.

    Args:
        mechanism: With its parameters.
        key: RSA (private to decrypt) or AES.
        encrypts: Which of the two.

    Raises:
        Refused: The parameters are wrong.
    """

    def __init__(self, mechanism: Mechanism, key: keys.Key, *, encrypts: bool) -> None:
        self.mechanism = mechanism
        self.key = key
        self.encrypts = encrypts
        self.data = Gathered()
        self.result: bytes | None = None
        """The end of the result, once it is computed, until there is room for it."""
        self._blocks: _Blocks | None = None
        match mechanism.type:
            case Mech.RSA_PKCS_OAEP:
                _oaep(mechanism)
            case Mech.AES_CBC | Mech.AES_CBC_PAD:
                _iv(mechanism)
            case Mech.AES_GCM:
                _gcm(mechanism)
            case _:
                if mechanism.params:
                    raise Refused(Rv.MECHANISM_PARAM_INVALID)
        if isinstance(key, keys.SecretKey) and mechanism.type in {
            Mech.AES_ECB,
            Mech.AES_CBC,
            Mech.AES_CBC_PAD,
        }:
            self._blocks = _Blocks(mechanism, key.value, encrypts=encrypts)

    def room(self, more: int) -> int:
        """Return how many bytes the end of the result has at most, after so many bytes more of data."""
        match self.key:
            case keys.RsaPrivate():
                return self.key.public.size
            case keys.RsaPublic():
                return self.key.size
            case _:
                held = len(self.data) if self._blocks is None else len(self._blocks.rest)
                return held + more + (_BLOCK if self.encrypts else 0)

    def update_size(self, more: int) -> int:
        """Return how many bytes :meth:`update` will return for so many bytes."""
        return 0 if self._blocks is None else self._blocks.ready(more)

    def update(self, data: bytes) -> bytes:
        """Take a part; return what is ready.

        Raises:
            Refused: It is more than we keep.
        """
        self.data.parts = True
        if self._blocks is not None:
            return self._blocks.update(data)
        self.data.add(data)
        return b""

    def finish(self, data: bytes) -> bytes:
        """Take the last part; return the rest of the result.

        Raises:
            Refused: The data does not fit, or is damaged.
        """
        if self._blocks is not None:
            return self._blocks.update(data) + self._blocks.finish()
        self.data.add(data)
        return crypt(self.mechanism, self.key, self.data.finish(), encrypts=self.encrypts)


class _Blocks:
    """AES in blocks, ECB or CBC, in parts."""

    def __init__(self, mechanism: Mechanism, key: bytes, *, encrypts: bool) -> None:
        # ECB is what programs ask for; whether it is wise is theirs to know
        ecb = mechanism.type == Mech.AES_ECB
        cipher = Cipher(algorithms.AES(key), modes.ECB() if ecb else modes.CBC(_iv(mechanism)))  # noqa: S305
        self._work = cipher.encryptor() if encrypts else cipher.decryptor()
        self._encrypts = encrypts
        self._pads = mechanism.type == Mech.AES_CBC_PAD
        self.rest = b""

    def ready(self, more: int) -> int:
        """Return how many bytes of result there will be for so many more bytes of data."""
        held = len(self.rest) + more
        # the last block of what is decrypted may be padding
        kept = 1 if self._pads and not self._encrypts and held else 0
        return (held - kept) // _BLOCK * _BLOCK

    def update(self, data: bytes) -> bytes:
        """Take a part."""
        count = self.ready(len(data))
        data = self.rest + data
        self.rest = data[count:]
        return self._work.update(data[:count])

    def finish(self) -> bytes:
        """Return the last block."""
        if self._encrypts and self._pads:
            padder = PKCS7(8 * _BLOCK).padder()
            return self._work.update(padder.update(self.rest) + padder.finalize())
        if len(self.rest) != (_BLOCK if self._pads else 0):
            raise Refused(Rv.DATA_LEN_RANGE if self._encrypts else Rv.ENCRYPTED_DATA_LEN_RANGE)
        if not self._pads:
            return b""
        unpadder = PKCS7(8 * _BLOCK).unpadder()
        try:
            return unpadder.update(self._work.update(self.rest)) + unpadder.finalize()
        except ValueError as error:
            raise Refused(Rv.ENCRYPTED_DATA_INVALID) from error


def crypt(mechanism: Mechanism, key: keys.Key, data: bytes, *, encrypts: bool) -> bytes:
    """Encrypt or decrypt.

    Raises:
        Refused: The parameters are wrong, the data does not fit, or is damaged.
    """
    try:
        match key:
            case keys.RsaPublic():
                return _rsa_encrypt(mechanism, key, data)
            case keys.RsaPrivate():
                return _rsa_decrypt(mechanism, key, data)
            case keys.SecretKey():
                return _aes_crypt(mechanism, key.value, data, encrypts=encrypts)
    except keys.CannotDo as error:
        raise Refused(Rv.DATA_LEN_RANGE if encrypts else Rv.ENCRYPTED_DATA_INVALID) from error
    raise Refused(Rv.KEY_TYPE_INCONSISTENT)


def _rsa_encrypt(mechanism: Mechanism, key: keys.RsaPublic, data: bytes) -> bytes:
    match mechanism.type:
        case Mech.RSA_PKCS:
            return key.encrypt_pkcs1(data)
        case Mech.RSA_PKCS_OAEP:
            return key.encrypt_oaep(data, _oaep(mechanism))
        case Mech.RSA_X_509:
            return key.raw(data.rjust(key.size, b"\0"))
    raise Refused(Rv.MECHANISM_INVALID)


def _rsa_decrypt(mechanism: Mechanism, key: keys.RsaPrivate, data: bytes) -> bytes:
    if len(data) != key.public.size:
        raise Refused(Rv.ENCRYPTED_DATA_LEN_RANGE)
    match mechanism.type:
        case Mech.RSA_PKCS:
            return key.decrypt_pkcs1(data)
        case Mech.RSA_PKCS_OAEP:
            return key.decrypt_oaep(data, _oaep(mechanism))
        case Mech.RSA_X_509:
            return key.raw(data)
    raise Refused(Rv.MECHANISM_INVALID)


def _aes_crypt(mechanism: Mechanism, key: bytes, data: bytes, *, encrypts: bool) -> bytes:
    if mechanism.type == Mech.AES_GCM:
        return _aes_gcm(_gcm(mechanism), key, data, encrypts=encrypts)
    blocks = _Blocks(mechanism, key, encrypts=encrypts)
    return blocks.update(data) + blocks.finish()


def _aes_gcm(params: GcmParams, key: bytes, data: bytes, *, encrypts: bool) -> bytes:
    tag = params.tag_bits // 8
    if encrypts:
        sealed = AESGCM(key).encrypt(params.iv, data, params.aad)
        return sealed[: len(sealed) - 16 + tag]
    if len(data) < tag:
        raise Refused(Rv.ENCRYPTED_DATA_LEN_RANGE)
    mode = modes.GCM(params.iv, data[len(data) - tag :], min_tag_length=tag)
    work = Cipher(algorithms.AES(key), mode).decryptor()
    work.authenticate_additional_data(params.aad)
    try:
        return work.update(data[: len(data) - tag]) + work.finalize()
    except InvalidTag as error:
        raise Refused(Rv.ENCRYPTED_DATA_INVALID) from error


# -- wrapping and agreement --------------------------------------------------------------------------------


def wrap(mechanism: Mechanism, key: keys.Key, value: bytes) -> bytes:
    """Wrap a key.

    Raises:
        Refused: The mechanism or the key does not fit.
    """
    if not isinstance(key, keys.SecretKey) or mechanism.type == Mech.AES_CBC_PAD:
        return crypt(mechanism, key, value, encrypts=True)
    if mechanism.params:
        raise Refused(Rv.MECHANISM_PARAM_INVALID)
    try:
        if mechanism.type == Mech.AES_KEY_WRAP:
            return keywrap.aes_key_wrap(key.value, value)
        return keywrap.aes_key_wrap_with_padding(key.value, value)
    except ValueError as error:
        raise Refused(Rv.KEY_SIZE_RANGE) from error


def unwrap(mechanism: Mechanism, key: keys.Key, wrapped: bytes) -> bytes:
    """Unwrap a key.

    Raises:
        Refused: It was wrapped for another key, or is damaged.
    """
    if not isinstance(key, keys.SecretKey) or mechanism.type == Mech.AES_CBC_PAD:
        try:
            return crypt(mechanism, key, wrapped, encrypts=False)
        except Refused as error:
            told = {
                Rv.ENCRYPTED_DATA_INVALID: Rv.WRAPPED_KEY_INVALID,
                Rv.ENCRYPTED_DATA_LEN_RANGE: Rv.WRAPPED_KEY_LEN_RANGE,
            }
            raise Refused(told.get(error.rv, error.rv)) from error
    if mechanism.params:
        raise Refused(Rv.MECHANISM_PARAM_INVALID)
    try:
        if mechanism.type == Mech.AES_KEY_WRAP:
            return keywrap.aes_key_unwrap(key.value, wrapped)
        return keywrap.aes_key_unwrap_with_padding(key.value, wrapped)
    except (ValueError, keywrap.InvalidUnwrap) as error:
        raise Refused(Rv.WRAPPED_KEY_INVALID) from error


_KDFS: Mapping[int, type[hashes.HashAlgorithm]] = {Kdf.SHA1: hashes.SHA1, Kdf.SHA256: hashes.SHA256}


def agree(mechanism: Mechanism, key: keys.EcPrivate, size: int | None) -> bytes:
    """Derive a secret by ECDH.

    Args:
        mechanism: With the other side's public key.
        key: Ours.
        size: Bytes wanted; ``None`` takes what there is.

    Raises:
        Refused: The parameters are wrong, or there is not so much.
    """
    params = mechanism.params
    if not isinstance(params, EcdhParams):
        raise Refused(Rv.MECHANISM_PARAM_INVALID)
    try:
        secret = key.agree(keys.EcPublic.of(params.public))
    except keys.CannotDo as error:
        raise Refused(Rv.MECHANISM_PARAM_INVALID) from error
    if params.kdf == Kdf.NULL:
        if size is not None and size > len(secret):
            raise Refused(Rv.KEY_SIZE_RANGE)
        # what is too much is taken from the leading end (PKCS#11 v2.40, 2.3.5)
        return secret if size is None else secret[len(secret) - size :]
    digest = _KDFS.get(params.kdf)
    if digest is None:
        raise Refused(Rv.MECHANISM_PARAM_INVALID)
    return X963KDF(digest(), 32 if size is None else size, params.shared or None).derive(secret)
