"""Throws damaged messages at the RPC server of the virtual token: ``python -m tests.fuzz_rpc --minutes 10``.

Each round is one connection: a valid conversation (a login, a signature, the making of keys …) in which
messages are damaged: bits flipped, bytes cut out, doubled, or replaced by numbers that often matter. Whatever
is sent,

* every message is answered, or its connection is ended, within a few seconds;
* no call fails by a mistake of ours (an exception other than a refusal);
* another program's connection stays sound.

The same seed makes the same conversations, so a failing one can be had again: ``--seed N --rounds 1``.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import struct
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache

from hal.secret import Secret
from hal.token import PinRole
from simulators.crypto import keys
from simulators.crypto.store import RealKeys
from simulators.wire.pkcs11.calls import CALLS, HANDSHAKE
from simulators.wire.pkcs11.codec import EcdhParams, GcmParams, OaepParams, PssParams
from simulators.wire.pkcs11.constants import Attr, Cls, KeyType, Mech, User
from simulators.wire.pkcs11.objects import of_keys
from tests.wire.bench import ADMIN_PIN, PIN, Bench, on_bench
from tests.wire.p11 import M, array, connected, request, u32

PACE = 1e6
ANSWER_WITHIN_S = 20
Body = bytes
INTERESTING = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)


@cache
def conversations() -> tuple[tuple[Body, ...], ...]:
    """Return valid conversations; handles begin at 1 in every connection, so they can be foreseen."""
    start = [
        request("Initialize", HANDSHAKE, 0, None),
        request("GetSlotList", 1, 8),
        request("OpenSession", 0, 6),
    ]
    login = [*start, request("Login", 1, User.USER, PIN)]

    def find(**template: int) -> list[Body]:
        wanted = {Attr[name]: value for name, value in template.items()}
        return [
            request("FindObjectsInit", 1, wanted),
            request("FindObjects", 1, 20),
            request("FindObjectsFinal", 1),
        ]

    private = [
        find(CLASS=Cls.PRIVATE_KEY, KEY_TYPE=kind) for kind in (KeyType.RSA, KeyType.EC, KeyType.GOSTR3410)
    ]
    pss = M(Mech.SHA256_RSA_PKCS_PSS, PssParams(Mech.SHA256, 2, 32))
    oaep = M(Mech.RSA_PKCS_OAEP, OaepParams(Mech.SHA256, 2, 1, b"label"))
    ecdh = M(Mech.ECDH1_DERIVE, EcdhParams(1, b"", keys.EcPrivate().public.point()))
    gcm = M(Mech.AES_GCM, GcmParams(b"123456789012", b"aad", 128))
    secret = {Attr.CLASS: Cls.SECRET_KEY, Attr.KEY_TYPE: KeyType.AES, Attr.EXTRACTABLE: True}
    wanted = [
        (Attr.CLASS, 8),
        (Attr.VALUE, 0),
        (Attr.MODULUS, 512),
        (Attr.LABEL, 4),
        (Attr.PRIVATE_EXPONENT, 512),
    ]
    found = (
        [*login, request("GetTokenInfo", 0), request("GetMechanismList", 0, 99), request("Finalize")],
        [*start, request("Login", 1, User.SO, ADMIN_PIN), request("InitPIN", 1, PIN), request("Logout", 1)],
        [*login, request("SetPIN", 1, PIN, PIN), request("GetSessionInfo", 1), request("CloseSession", 1)],
        [*login, *private[0], request("SignInit", 1, pss, 1), request("Sign", 1, b"data", 0),
         request("Sign", 1, b"data", 256)],
        [*login, *private[0], request("SignInit", 1, M(Mech.RSA_PKCS), 1), request("SignUpdate", 1, b"part"),
         request("SignFinal", 1, 256)],
        [*login, *private[1], request("SignInit", 1, M(Mech.ECDSA), 1), request("Sign", 1, bytes(32), 64)],
        [*login, *private[2], request("SignInit", 1, M(Mech.GOSTR3410), 1),
         request("Sign", 1, bytes(32), 64)],
        [*login, *private[1], request("DeriveKey", 1, ecdh, 1, secret | {Attr.VALUE_LEN: 16})],
        [*login, *private[0], request("UnwrapKey", 1, oaep, 1, bytes(256), secret),
         request("DecryptInit", 1, oaep, 1), request("Decrypt", 1, bytes(256), 256)],
        [*login, request("CreateObject", 1, secret | {Attr.VALUE: bytes(16)}),
         request("EncryptInit", 1, gcm, 1),
         request("EncryptUpdate", 1, b"part", 64), request("EncryptFinal", 1, 64),
         request("WrapKey", 1, M(Mech.AES_KEY_WRAP), 1, 1, 64)],
        [*login, request("GenerateKey", 1, M(Mech.AES_KEY_GEN), secret | {Attr.VALUE_LEN: 32}),
         request("GetAttributeValue", 1, 1, wanted), request("SetAttributeValue", 1, 1, {Attr.LABEL: b"x"}),
         request("DestroyObject", 1, 1)],
        [*login, request("GenerateKeyPair", 1, M(Mech.EC_KEY_PAIR_GEN), {Attr.EC_PARAMS: keys.P256_DER}, {}),
         request("VerifyInit", 1, M(Mech.ECDSA), 1), request("Verify", 1, bytes(32), bytes(64))],
        [*start, *find(CLASS=Cls.CERTIFICATE), request("GetAttributeValue", 1, 1, [(Attr.VALUE, 4096)]),
         request("GetObjectSize", 1, 1)],
        [*start, request("DigestInit", 1, M(Mech.SHA256)), request("DigestUpdate", 1, b"part"),
         request("DigestFinal", 1, 32), request("GenerateRandom", 1, 16), request("SeedRandom", 1, b"seed")],
    )  # fmt: skip
    return tuple(map(tuple, found))


def damaged(body: Body, luck: random.Random) -> Body:
    """Damage a message in one to four places."""
    data = bytearray(body)
    for _ in range(luck.randint(1, 4)):
        at = luck.randrange(len(data) + 1)
        match luck.randrange(6):
            case 0 if data:
                data[at % len(data)] ^= 1 << luck.randrange(8)
            case 1:
                del data[at : at + luck.randint(1, 16)]
            case 2:
                data[at:at] = data[at : at + luck.randint(1, 32)]
            case 3:
                data[at : at + 4] = u32(luck.choice(INTERESTING))
            case 4:
                data[at : at + 1] = luck.randbytes(luck.randint(0, 8))
            case _:
                # the arguments of another call, or anything, under a form that fits
                call = luck.choice(list(CALLS.values()))
                form = "".join(call.request).encode()
                data = bytearray(u32(call.number) + array(form) + luck.randbytes(luck.randint(0, 64)))
    return bytes(data)


def damaged_header(exchange: int, body: Body, luck: random.Random) -> bytes | None:
    """Make a header that lies; ``None`` mostly."""
    if luck.random() > 0.03:
        return None
    numbers = [exchange, 3, len(body)]
    numbers[luck.randrange(3)] = luck.choice(INTERESTING)
    return struct.pack(">III", *numbers)


async def _round(bench: Bench, luck: random.Random) -> int:
    """Hold one conversation; return how many messages were answered."""
    reader, writer = await asyncio.open_unix_connection(bench.socket)
    answered = 0
    try:
        writer.write(luck.randbytes(1))
        await reader.readexactly(1)
        for exchange, body in enumerate(luck.choice(conversations()), 16):
            if luck.random() < 0.25 and exchange > 16:
                body = damaged(body, luck)  # noqa: PLW2901
            lie = damaged_header(exchange, body, luck)
            writer.write((lie or struct.pack(">III", exchange, 3, len(body))) + b"mod" + body)
            if luck.random() < 0.02:
                return answered  # leaves without waiting
            if lie is not None:
                writer.write_eof()  # else the server would wait for what was announced
            async with asyncio.timeout(ANSWER_WITHIN_S):
                header = await reader.readexactly(12)
                await reader.readexactly(struct.unpack(">III", header)[2])
            answered += 1
            if lie is not None:
                return answered
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the server has ended the connection, which it may
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    return answered


def _as_new(bench: Bench) -> None:
    """Undo what a conversation may have done: PINs changed or locked, objects made and destroyed."""
    token = bench.tokens.tokens["token-1"]
    for role, pin in ((PinRole.USER, PIN), (PinRole.ADMINISTRATOR, ADMIN_PIN)):
        counter = token._pins[role]
        counter.pin, counter.left = Secret(pin.decode()), counter.tries
    if isinstance(token.keys, RealKeys):
        bench.tokens._memories[token].objects = of_keys(token.keys)


def fuzz(goes_on: Callable[[int], bool], seed: int, told: Callable[[str], None] = lambda text: None) -> int:
    """Hold conversations as long as ``goes_on(round)``; return how many messages were answered.

    Raises:
        AssertionError, TimeoutError: Something that must not happen did.
    """
    answered = 0

    async def main(bench: Bench) -> None:
        nonlocal answered
        number = 0
        async with connected(bench.socket) as sound:
            while goes_on(number):
                luck = random.Random(seed + number)  # noqa: S311
                try:
                    answered += await _round(bench, luck)
                    assert bench.mistakes == []
                    if number % 50 == 0:
                        assert await sound.call("GetSlotList", 1, 8) == [0]
                except BaseException:
                    told(f"failed at --seed {seed + number} --rounds 1")
                    raise
                _as_new(bench)
                number += 1
                if number % 1000 == 0:
                    told(f"{number} conversations, {answered} answers, {bench.tokens.wire.refused} refused")
        assert bench.tokens.state()["tokens"][0]["calls"] == []

    on_bench(main, pace=PACE)
    return answered


def main(argv: Sequence[str] | None = None) -> None:
    """Fuzz for a while."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, help="instead of minutes: how many conversations")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    end = time.monotonic() + 60 * args.minutes
    answered = fuzz(
        lambda number: number < args.rounds if args.rounds is not None else time.monotonic() < end,
        args.seed,
        lambda text: print(text, flush=True),
    )
    print(f"{answered} answers, nothing wrong")


if __name__ == "__main__":
    main()
