"""The federal side of a simulated exam: the portal's and the РЦОИ's keys are identities of the model."""

from __future__ import annotations

from functools import cache, partial
from types import MappingProxyType

from hal.token import Mechanism
from simulators import sealing
from station_core.container import STANDARD, SignerKey, SimulatedOpener, SimulatedRecipient
from station_core.packages import Authorities, FederalKeys

PORTAL = sealing.recipient_id("federal portal")
RCOI = sealing.recipient_id("РЦОИ")


def verify_simulated(key_id: bytes, certificate: bytes, data: bytes, signature: bytes) -> bool:  # noqa: ARG001
    """Check a signature of the model, as ``station_core.container.Verify``."""
    return sealing.verify(key_id, data, signature)


@cache
def federal_keys() -> FederalKeys:
    """Return the keys of every simulated exam; beside the model's, real tokens' signatures count too."""
    return FederalKeys(
        signer=SignerKey(PORTAL, Mechanism.SIMULATED),
        sign=partial(sealing.sign, sealing.secret_of(PORTAL)),
        rcoi=SimulatedOpener(RCOI, partial(sealing.unseal, sealing.secret_of(RCOI))),
        recipients=(SimulatedRecipient(RCOI, sealing.seal),),
        verifiers=MappingProxyType({**STANDARD, Mechanism.SIMULATED: verify_simulated}),
    )


@cache
def authorities() -> Authorities:
    """Return what every simulated station knows of the federal side."""
    return federal_keys().authorities()
