"""What a virtual headset hears: a voice, a recording, spoken text, a test signal.

Written as ``voice``, ``silence``, ``tone``, ``tone:hz=440,level_dbfs=-20``, ``sweep``, ``counter``, the path
of a WAV or FLAC file, or any other text, which espeak-ng reads aloud.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from simulators import sound
from simulators.signals import LONGEST_SWEEP_S, Counter, Recorded, Silence, Sweep, Tone
from simulators.sound import RATE_HZ, SPEECH_RMS, SPEECH_TENTHS_DBFS, Wave
from simulators.speaker import Sound
from simulators.wire.control import ControlError

PROGRAM, PACKAGE = "espeak-ng", "espeak-ng"
SUFFIXES = (".wav", ".flac", ".ogg")
LONGEST_S, LONGEST_TEXT, READS_WITHIN_S = 1800, 5000, 120
_BLOCK = RATE_HZ // 100
_SPEAKS_TENTHS = 200  # quieter than its loudest parts by more than 20 dB is a pause


class CannotSay(ControlError):
    """It cannot be said."""


@dataclass(frozen=True, slots=True)
class Saying:
    """Something to say.

    Args:
        text: As it was asked for.
        begin: Makes the sound that begins at an absolute frame.
    """

    text: str
    begin: Callable[[int], Sound]


def saying(
    text: str,
    *,
    voice: str = "ru",
    again: bool = True,
    as_it_is: bool = False,
    key: int = 1,
    file: bool = False,
) -> Saying:
    """Prepare something to say. It may take seconds.

    Args:
        text: What, as this module's text says.
        file: Whether it is the path of a file, whatever it looks like.
        voice: Of espeak-ng, for spoken text.
        again: Say it again and again.
        as_it_is: Leave the level of a recording as it is, instead of that of ordinary speech.
        key: Chooses the model's own voice.

    Raises:
        CannotSay: It is not understood, a file cannot be read, or espeak-ng is missing or does not do it.
    """
    kind, _, rest = text.partition(":")
    if not file and kind in _SIGNALS and (rest or ":" not in text):
        return Saying(text, _SIGNALS[kind](_params(kind, rest), key))
    if not text.strip():
        raise CannotSay("say-nothing")
    if file or text.lower().endswith(SUFFIXES):
        wave = _file(Path(text))
    else:
        wave = _spoken(text.removeprefix("text:"), voice)
    leveled = wave if as_it_is else _leveled(wave)
    return Saying(text, lambda begin: Recorded(leveled, begin, again))


# -- test signals ------------------------------------------------------------------------------------------

_Params = dict[str, int]
_LEVEL = (SPEECH_TENTHS_DBFS // 10, -90, -3)
_HZ_MOST = RATE_HZ // 2 - 1
_KNOWN: Mapping[str, Mapping[str, tuple[int, int, int]]] = {
    "voice": {},
    "silence": {},
    "tone": {"hz": (1000, 1, _HZ_MOST), "level_dbfs": _LEVEL},
    "sweep": {
        "from_hz": (100, 1, _HZ_MOST),
        "to_hz": (8000, 1, _HZ_MOST),
        "seconds": (5, 1, LONGEST_SWEEP_S),
        "level_dbfs": _LEVEL,
    },
    "counter": {},
}
"""Parameters of each signal: usual, least and greatest value."""


def _params(kind: str, text: str) -> _Params:
    known = _KNOWN[kind]
    params = {name: usual for name, (usual, _, _) in known.items()}
    for part in text.split(",") if text else []:
        name, _, value = part.partition("=")
        if name not in known:
            raise CannotSay("say-no-param", kind=kind, param=name, known=", ".join(known) or "-")
        _, least, most = known[name]
        try:
            params[name] = int(value)
        except ValueError:
            params[name] = least - 1
        if not least <= params[name] <= most:
            raise CannotSay("say-bad-param", param=name, value=value, least=str(least), most=str(most))
    return params


def _level(params: _Params, name: str = "level_dbfs") -> int:
    # what was not asked for is exactly as loud as speech, not to a whole decibel
    return SPEECH_TENTHS_DBFS if params[name] == _LEVEL[0] else params[name] * 10


def _tone(params: _Params, _key: int) -> Callable[[int], Sound]:
    return lambda _: Tone(params["hz"], _level(params))


def _sweep(params: _Params, _key: int) -> Callable[[int], Sound]:
    low, high = params["from_hz"], params["to_hz"]
    if low == high:
        raise CannotSay("say-flat-sweep", hz=str(low))
    return lambda begin: Sweep(low, high, params["seconds"] * RATE_HZ, begin, _level(params))


_SIGNALS: Mapping[str, Callable[[_Params, int], Callable[[int], Sound]]] = {
    "voice": lambda _, key: lambda _begin: sound.voice(key),
    "silence": lambda _, _key: lambda _begin: Silence(),
    "tone": _tone,
    "sweep": _sweep,
    "counter": lambda _, _key: Counter,
}


# -- recordings --------------------------------------------------------------------------------------------


def _file(path: Path) -> Wave:
    try:
        if path.is_fifo():  # it may never begin, or never end
            raise CannotSay("say-no-file", path=str(path), detail="a pipe; a file is needed")
        path.open("rb").close()  # the system says what is wrong; libsndfile only that something is
        info = soundfile.info(path)
        if info.duration > LONGEST_S:
            raise CannotSay("say-too-long", path=str(path), most=str(LONGEST_S // 60))
        samples, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        why = error.strerror if isinstance(error, OSError) else None
        raise CannotSay("say-no-file", path=str(path), detail=why or str(error)) from error
    except soundfile.LibsndfileError as error:
        raise CannotSay("say-no-file", path=str(path), detail=error.error_string) from error
    if not len(samples):
        raise CannotSay("say-empty", path=str(path))
    return resampled(samples.sum(axis=1, dtype=np.int32) // samples.shape[1], int(rate_hz))


def _spoken(text: str, voice: str) -> Wave:
    program = shutil.which(PROGRAM)
    if program is None:
        raise CannotSay("say-no-program", name=PROGRAM, package=PACKAGE)
    if len(text) > LONGEST_TEXT:
        raise CannotSay("say-long-text", most=str(LONGEST_TEXT))
    with tempfile.TemporaryDirectory(prefix="ppelab-say-") as folder:
        made = Path(folder) / "said.wav"
        try:
            done = subprocess.run(  # noqa: S603
                [program, "-v", voice, "--stdin", "-w", str(made)],
                input=text.encode(errors="replace"),
                capture_output=True,
                timeout=READS_WITHIN_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise CannotSay("say-not-spoken", detail=str(READS_WITHIN_S)) from error
        except ValueError as error:  # a zero byte in the name of the voice
            raise CannotSay("say-not-spoken", detail=str(error)) from error
        if done.returncode or not made.exists():
            raise CannotSay("say-not-spoken", detail=done.stderr.decode(errors="replace").strip())
        return _file(made)


def resampled(wave: Wave, rate_hz: int) -> Wave:
    """Return a recording at 48 kHz: its spectrum is cut off or continued with nothing."""
    if rate_hz == RATE_HZ:
        return wave
    frames = round(len(wave) * RATE_HZ / rate_hz)
    spectrum = np.fft.rfft(wave.astype(np.float64))[: frames // 2 + 1]
    made = np.fft.irfft(spectrum, frames) * (frames / len(wave))
    return np.clip(np.round(made), -sound.FULL_SCALE, sound.FULL_SCALE).astype(np.int32)


def _leveled(wave: Wave) -> Wave:
    """Make it as loud as ordinary speech while it sounds, pauses left out."""
    whole = wave[: len(wave) // _BLOCK * _BLOCK] if len(wave) >= _BLOCK else wave
    energies = (whole.reshape(-1, min(_BLOCK, len(whole))).astype(np.float64) ** 2).mean(axis=1)
    loudest = float(np.sort(energies)[-max(1, len(energies) // 20)])
    active = energies[energies * 10 ** (_SPEAKS_TENTHS / 100) >= loudest]
    rms = float(np.sqrt(active.mean()))
    if rms == 0:
        return wave
    return np.clip(np.round(wave * (SPEECH_RMS / rms)), -sound.FULL_SCALE, sound.FULL_SCALE).astype(np.int32)
