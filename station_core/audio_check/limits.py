"""The limits of a good recording: data with reasons, ``station_core/data/audio_limits.yaml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field


class Limit(BaseModel):
    """Where a finding begins (warn), where a recording is not fit for use (fail), and why there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    warn: int
    fail: int
    unit: str = Field(min_length=1)
    why: str = Field(min_length=1)


class AudioLimits(BaseModel):
    """One limit a property; see the data file for units and reasons."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    silent: Limit
    quiet: Limit
    loud: Limit
    noisy: Limit
    uneven: Limit
    dropout: Limit
    repeated: Limit
    click: Limit
    crackle: Limit
    clipping: Limit
    distortion: Limit
    hum: Limit
    dc_offset: Limit
    dead_channel: Limit
    wrong_rate: Limit
    too_fast: Limit
    wrong_device: Limit
    too_short: Limit
    echo: Limit
    loop_distortion: Limit
    sudden_noise: Limit
    sudden_noisy: Limit
    sudden_hum: Limit
    sudden_loud: Limit
    sudden_distortion: Limit


@cache
def limits(path: Path | None = None) -> AudioLimits:
    """Load limits: those of the product, or of another file.

    Raises:
        OSError: The file cannot be read.
        pydantic.ValidationError: A field is missing, unknown or not a number.
    """
    path = path or Path(__file__).parents[1] / "data" / "audio_limits.yaml"
    return AudioLimits.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
