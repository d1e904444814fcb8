"""The calls of p11-kit's RPC: number, name, and the form of request and answer.

The letters are those that travel on the wire, where each side checks them: ``a`` before a letter is an array,
``f`` is room for an answer; ``A`` attribute, ``M`` mechanism, ``u`` CK_ULONG, ``y`` byte, ``s`` text padded
with spaces, ``z`` text, ``v`` version. Read from what p11-kit 0.24.1 sends; its numbers stay in later ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ERROR = 0
"""The number of an answer that tells an error: one ``u``, the ``CKR_…``."""

HANDSHAKE = b"PRIVATE-GNOME-KEYRING-PKCS11-PROTOCOL-V-1"
"""What ``C_Initialize`` carries, so that either side notices a stranger."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call; ``request`` and ``answer`` are split into their parts."""

    number: int
    name: str
    request: tuple[str, ...]
    answer: tuple[str, ...]


_FORMS = """
1 Initialize ayyay -
2 Finalize - -
3 GetInfo - vsusv
4 GetSlotList yfu au
5 GetSlotInfo u ssuvv
6 GetTokenInfo u ssssuuuuuuuuuuuvvs
7 GetMechanismList ufu au
8 GetMechanismInfo uu uuu
9 InitToken uayz -
10 OpenSession uu u
11 CloseSession u -
12 CloseAllSessions u -
13 GetSessionInfo u uuuu
14 InitPIN uay -
15 SetPIN uayay -
16 GetOperationState ufy ay
17 SetOperationState uayuu -
18 Login uuay -
19 Logout u -
20 CreateObject uaA u
21 CopyObject uuaA u
22 DestroyObject uu -
23 GetObjectSize uu u
24 GetAttributeValue uufA aAu
25 SetAttributeValue uuaA -
26 FindObjectsInit uaA -
27 FindObjects ufu au
28 FindObjectsFinal u -
29 EncryptInit uMu -
30 Encrypt uayfy ay
31 EncryptUpdate uayfy ay
32 EncryptFinal ufy ay
33 DecryptInit uMu -
34 Decrypt uayfy ay
35 DecryptUpdate uayfy ay
36 DecryptFinal ufy ay
37 DigestInit uM -
38 Digest uayfy ay
39 DigestUpdate uay -
40 DigestKey uu -
41 DigestFinal ufy ay
42 SignInit uMu -
43 Sign uayfy ay
44 SignUpdate uay -
45 SignFinal ufy ay
46 SignRecoverInit uMu -
47 SignRecover uayfy ay
48 VerifyInit uMu -
49 Verify uayay -
50 VerifyUpdate uay -
51 VerifyFinal uay -
52 VerifyRecoverInit uMu -
53 VerifyRecover uayfy ay
54 DigestEncryptUpdate uayfy ay
55 DecryptDigestUpdate uayfy ay
56 SignEncryptUpdate uayfy ay
57 DecryptVerifyUpdate uayfy ay
58 GenerateKey uMaA u
59 GenerateKeyPair uMaAaA uu
60 WrapKey uMuufy ay
61 UnwrapKey uMuayaA u
62 DeriveKey uMuaA u
63 SeedRandom uay -
64 GenerateRandom ufy ay
"""


def _parts(form: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[af]?[a-zA-Z]", form)) if form != "-" else ()


CALLS = {
    int(number): Call(int(number), name, _parts(request), _parts(answer))
    for number, name, request, answer in (line.split() for line in _FORMS.strip().splitlines())
}
