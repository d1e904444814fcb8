"""A short run of the fuzzer; a long one is ``python -m tests.fuzz_rpc --minutes 60``."""

from __future__ import annotations

from tests.fuzz_rpc import conversations, fuzz
from tests.wire.bench import Bench, on_bench
from tests.wire.p11 import BY_NAME, Failed, connected, read_answer


def test_damaged_messages_do_no_harm() -> None:
    assert fuzz(lambda number: number < 1000, seed=1) > 3000


def test_the_conversations_are_sound_before_they_are_damaged() -> None:
    """Else the fuzzer would only ever see refusals."""
    refused: list[str] = []

    async def main(bench: Bench) -> None:
        names = {call.number: name for name, call in BY_NAME.items()}
        for conversation in conversations():
            async with connected(bench.socket, initialize=False) as program:
                for exchange, body in enumerate(conversation, 16):
                    head = exchange.to_bytes(4, "big") + bytes(4) + len(body).to_bytes(4, "big")
                    program.writer.write(head + body)
                    name = names[int.from_bytes(body[:4], "big")]
                    try:
                        read_answer(BY_NAME[name], (await program.receive())[1])
                    except Failed:
                        refused.append(name)

    on_bench(main)
    # what cannot go well: another key's ciphertext, a made-up signature, a seed
    assert sorted(set(refused)) == ["Decrypt", "SeedRandom", "UnwrapKey", "Verify"]
