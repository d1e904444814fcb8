"""Numbers of PKCS#11 v2.40 (OASIS, ``pkcs11t.h``), and of the vendor for GOST (``rtpkcs11t.h``, TC 26)."""

from __future__ import annotations

from enum import IntEnum, IntFlag

UNAVAILABLE = 2**64 - 1
"""``CK_UNAVAILABLE_INFORMATION``."""

TC26 = 0xD4321000
"""``CK_VENDOR_PKCS11_RU_TEAM_TC26``: the block of numbers of the Russian standards committee."""


class Rv(IntEnum):
    """Results of calls (``CKR_…``)."""

    OK = 0x0
    SLOT_ID_INVALID = 0x3
    GENERAL_ERROR = 0x5
    ARGUMENTS_BAD = 0x7
    ATTRIBUTE_READ_ONLY = 0x10
    ATTRIBUTE_SENSITIVE = 0x11
    ATTRIBUTE_TYPE_INVALID = 0x12
    ATTRIBUTE_VALUE_INVALID = 0x13
    ACTION_PROHIBITED = 0x1B
    DATA_INVALID = 0x20
    DATA_LEN_RANGE = 0x21
    DEVICE_ERROR = 0x30
    DEVICE_MEMORY = 0x31
    DEVICE_REMOVED = 0x32
    ENCRYPTED_DATA_INVALID = 0x40
    ENCRYPTED_DATA_LEN_RANGE = 0x41
    FUNCTION_NOT_SUPPORTED = 0x54
    KEY_HANDLE_INVALID = 0x60
    KEY_SIZE_RANGE = 0x62
    KEY_TYPE_INCONSISTENT = 0x63
    KEY_FUNCTION_NOT_PERMITTED = 0x68
    KEY_NOT_WRAPPABLE = 0x69
    KEY_UNEXTRACTABLE = 0x6A
    MECHANISM_INVALID = 0x70
    MECHANISM_PARAM_INVALID = 0x71
    OBJECT_HANDLE_INVALID = 0x82
    OPERATION_ACTIVE = 0x90
    OPERATION_NOT_INITIALIZED = 0x91
    PIN_INCORRECT = 0xA0
    PIN_INVALID = 0xA1
    PIN_LEN_RANGE = 0xA2
    PIN_LOCKED = 0xA4
    SESSION_COUNT = 0xB1
    SESSION_HANDLE_INVALID = 0xB3
    SESSION_PARALLEL_NOT_SUPPORTED = 0xB4
    SESSION_READ_ONLY = 0xB5
    SESSION_READ_ONLY_EXISTS = 0xB7
    SESSION_READ_WRITE_SO_EXISTS = 0xB8
    SIGNATURE_INVALID = 0xC0
    SIGNATURE_LEN_RANGE = 0xC1
    TEMPLATE_INCOMPLETE = 0xD0
    TEMPLATE_INCONSISTENT = 0xD1
    TOKEN_NOT_PRESENT = 0xE0
    UNWRAPPING_KEY_HANDLE_INVALID = 0xF0
    USER_ALREADY_LOGGED_IN = 0x100
    USER_NOT_LOGGED_IN = 0x101
    USER_TYPE_INVALID = 0x103
    USER_ANOTHER_ALREADY_LOGGED_IN = 0x104
    WRAPPED_KEY_INVALID = 0x110
    WRAPPED_KEY_LEN_RANGE = 0x112
    WRAPPING_KEY_HANDLE_INVALID = 0x113
    RANDOM_SEED_NOT_SUPPORTED = 0x120
    DOMAIN_PARAMS_INVALID = 0x130
    BUFFER_TOO_SMALL = 0x150
    CRYPTOKI_NOT_INITIALIZED = 0x190
    CRYPTOKI_ALREADY_INITIALIZED = 0x191


class Cls(IntEnum):
    """Classes of objects (``CKO_…``)."""

    DATA = 0
    CERTIFICATE = 1
    PUBLIC_KEY = 2
    PRIVATE_KEY = 3
    SECRET_KEY = 4
    MECHANISM = 7


class KeyType(IntEnum):
    """Types of keys (``CKK_…``)."""

    RSA = 0x00
    EC = 0x03
    GENERIC_SECRET = 0x10
    AES = 0x1F
    GOSTR3410 = 0x30


class Attr(IntEnum):
    """Attributes of objects (``CKA_…``)."""

    CLASS = 0x0
    TOKEN = 0x1
    PRIVATE = 0x2
    LABEL = 0x3
    APPLICATION = 0x10
    VALUE = 0x11
    OBJECT_ID = 0x12
    CERTIFICATE_TYPE = 0x80
    ISSUER = 0x81
    SERIAL_NUMBER = 0x82
    TRUSTED = 0x86
    CERTIFICATE_CATEGORY = 0x87
    CHECK_VALUE = 0x90
    KEY_TYPE = 0x100
    SUBJECT = 0x101
    ID = 0x102
    SENSITIVE = 0x103
    ENCRYPT = 0x104
    DECRYPT = 0x105
    WRAP = 0x106
    UNWRAP = 0x107
    SIGN = 0x108
    SIGN_RECOVER = 0x109
    VERIFY = 0x10A
    VERIFY_RECOVER = 0x10B
    DERIVE = 0x10C
    START_DATE = 0x110
    END_DATE = 0x111
    MODULUS = 0x120
    MODULUS_BITS = 0x121
    PUBLIC_EXPONENT = 0x122
    PRIVATE_EXPONENT = 0x123
    PRIME_1 = 0x124
    PRIME_2 = 0x125
    EXPONENT_1 = 0x126
    EXPONENT_2 = 0x127
    COEFFICIENT = 0x128
    PUBLIC_KEY_INFO = 0x129
    VALUE_LEN = 0x161
    EXTRACTABLE = 0x162
    LOCAL = 0x163
    NEVER_EXTRACTABLE = 0x164
    ALWAYS_SENSITIVE = 0x165
    KEY_GEN_MECHANISM = 0x166
    MODIFIABLE = 0x170
    COPYABLE = 0x171
    DESTROYABLE = 0x172
    EC_PARAMS = 0x180
    EC_POINT = 0x181
    ALWAYS_AUTHENTICATE = 0x202
    WRAP_WITH_TRUSTED = 0x210
    GOSTR3410_PARAMS = 0x250
    GOSTR3411_PARAMS = 0x251
    MECHANISM_TYPE = 0x500
    MECHANISM_INFO = 0x80504C41  # ours, for wide.c


class Mech(IntEnum):
    """Mechanisms (``CKM_…``)."""

    RSA_PKCS_KEY_PAIR_GEN = 0x0
    RSA_PKCS = 0x1
    RSA_X_509 = 0x3
    SHA1_RSA_PKCS = 0x6
    RSA_PKCS_OAEP = 0x9
    RSA_PKCS_PSS = 0xD
    SHA1_RSA_PKCS_PSS = 0xE
    SHA256_RSA_PKCS = 0x40
    SHA384_RSA_PKCS = 0x41
    SHA512_RSA_PKCS = 0x42
    SHA256_RSA_PKCS_PSS = 0x43
    SHA384_RSA_PKCS_PSS = 0x44
    SHA512_RSA_PKCS_PSS = 0x45
    SHA_1 = 0x220
    SHA256 = 0x250
    SHA384 = 0x260
    SHA512 = 0x270
    GENERIC_SECRET_KEY_GEN = 0x350
    EC_KEY_PAIR_GEN = 0x1040
    ECDSA = 0x1041
    ECDSA_SHA1 = 0x1042
    ECDSA_SHA256 = 0x1044
    ECDSA_SHA384 = 0x1045
    ECDSA_SHA512 = 0x1046
    ECDH1_DERIVE = 0x1050
    AES_KEY_GEN = 0x1080
    AES_ECB = 0x1081
    AES_CBC = 0x1082
    AES_CBC_PAD = 0x1085
    AES_GCM = 0x1087
    AES_KEY_WRAP = 0x2109
    AES_KEY_WRAP_PAD = 0x210A
    GOSTR3410_KEY_PAIR_GEN = 0x1200
    GOSTR3410 = 0x1201
    GOSTR3410_WITH_GOSTR3411_12_256 = TC26 | 0x008
    GOSTR3411_12_256 = TC26 | 0x012


class Mgf(IntEnum):
    """Mask generation functions of RSA (``CKG_…``)."""

    SHA1 = 1
    SHA256 = 2
    SHA384 = 3
    SHA512 = 4


class Kdf(IntEnum):
    """Key derivation after a Diffie-Hellman agreement (``CKD_…``)."""

    NULL = 1
    SHA1 = 2
    SHA256 = 6


class User(IntEnum):
    """Who logs in (``CKU_…``)."""

    SO = 0
    USER = 1
    CONTEXT_SPECIFIC = 2


class State(IntEnum):
    """States of a session (``CKS_…``)."""

    RO_PUBLIC = 0
    RO_USER = 1
    RW_PUBLIC = 2
    RW_USER = 3
    RW_SO = 4


class SessionFlag(IntFlag):
    """How a session is opened (``CKF_…``)."""

    RW = 0x2
    SERIAL = 0x4


class SlotFlag(IntFlag):
    """``CK_SLOT_INFO.flags``."""

    TOKEN_PRESENT = 0x1
    REMOVABLE_DEVICE = 0x2
    HW_SLOT = 0x4


class TokenFlag(IntFlag):
    """``CK_TOKEN_INFO.flags``."""

    RNG = 0x1
    LOGIN_REQUIRED = 0x4
    USER_PIN_INITIALIZED = 0x8
    TOKEN_INITIALIZED = 0x400
    USER_PIN_COUNT_LOW = 0x10000
    USER_PIN_FINAL_TRY = 0x20000
    USER_PIN_LOCKED = 0x40000
    SO_PIN_COUNT_LOW = 0x100000
    SO_PIN_FINAL_TRY = 0x200000
    SO_PIN_LOCKED = 0x400000


class MechFlag(IntFlag):
    """``CK_MECHANISM_INFO.flags``."""

    HW = 0x1
    ENCRYPT = 0x100
    DECRYPT = 0x200
    DIGEST = 0x400
    SIGN = 0x800
    VERIFY = 0x2000
    GENERATE = 0x8000
    GENERATE_KEY_PAIR = 0x10000
    WRAP = 0x20000
    UNWRAP = 0x40000
    DERIVE = 0x80000


class Refused(Exception):
    """A call ends with a result other than ``CKR_OK``."""

    def __init__(self, rv: Rv) -> None:
        super().__init__(rv.name)
        self.rv = rv
