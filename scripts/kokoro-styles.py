"""Writes vividly/lesson/speech/kokoro_styles.npz from the published styles of Kokoro's voices.

    npm pack kokoro-js@1.2.1 && tar xzf kokoro-js-1.2.1.tgz
    python scripts/kokoro-styles.py package/voices

A style is a vector of 256 numbers for each length of a sentence. Twelve factors give them all to
within 0.00002, in 37 KB a voice rather than 522.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from vividly.lesson.speech.kokoro import VOICES

FACTORS = 12
FILE = Path(__file__).parents[1] / "vividly" / "lesson" / "speech" / "kokoro_styles.npz"


def main(folder: Path) -> None:
    """Read the voices from a folder of .bin files."""
    found = {}
    for voice in VOICES:
        style = np.fromfile(folder / f"{voice}.bin", "<f4").reshape(-1, 256)
        left, sizes, right = np.linalg.svd(style.astype(float), full_matrices=False)
        by_length = (left[:, :FACTORS] * sizes[:FACTORS]).astype(np.float32)
        parts = right[:FACTORS].astype(np.float32)
        print(f"{voice}: off by {np.abs(by_length @ parts - style).max():.1e} at most")
        found |= {voice: by_length, f"{voice}_parts": parts}
    np.savez_compressed(FILE, **found)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
