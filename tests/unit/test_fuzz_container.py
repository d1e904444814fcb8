"""Some seconds of the fuzzer on each commit, and the stored files by themselves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station_core.container import open_bytes
from station_core.packages import read_key, read_package
from station_core.store import InMemory
from tests.containers import CORPUS, KEY, OPENER, PACKAGE, TRUST, read_export
from tests.fuzz_container import MEMBER, Broken, attack, damage, fuzz, load_corpus

FILES = load_corpus()


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_stored_files(path: object) -> None:
    attack(CORPUS.joinpath(str(path)).read_bytes())


def test_files_of_earlier_programs_are_still_read() -> None:
    """Made once and stored; whoever changes the format must raise its number."""
    package = read_package(InMemory((CORPUS / "package.ipk").read_bytes()), "f", TRUST)
    assert package.open(OPENER, "key") == PACKAGE
    assert read_key((CORPUS / "key.dat").read_bytes(), "f", TRUST) == KEY
    name = "BLANK_EGE_90_9099_20240528_01-РУС_AC01_RC01_0005_001_20240528_150405.bnk"
    _, payload = read_export((CORPUS / "export.bnk").read_bytes(), name, MEMBER)
    assert payload == b"9000000000175/1\n9000000000175/2"
    assert open_bytes((CORPUS / "der.ipk").read_bytes(), "f", OPENER, TRUST).payload == b"exam"


@pytest.mark.parametrize("seed", range(3))
def test_the_fuzzer_for_a_moment(seed: int) -> None:
    assert fuzz(seed, lambda tried: tried >= 600, lambda line: None) == 600


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(FILES), st.randoms(use_true_random=False))
def test_whatever_hypothesis_makes_of_them(data: bytes, luck: object) -> None:
    attack(damage(data, FILES, luck))  # type: ignore[arg-type]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    attack(data)


def test_the_fuzzer_would_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(data: bytes) -> None:
        raise IndexError

    monkeypatch.setattr("tests.fuzz_container.READERS", (crash,))
    with pytest.raises(Broken, match="IndexError"):
        attack(b"x")
