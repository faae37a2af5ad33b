"""The names of the pictograms that a visual may show; `lesson/video/pictograms` draws them.

The list is closed: who is unsure leaves the field empty, and nothing is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

MOLECULES = (
    "H2", "O2", "N2", "Cl2", "H2O", "CO2", "CH4", "NH3", "HCl", "NaCl", "O3", "C6H12O6",
)  # fmt: skip
"""Molecules have their formula as their name."""
PICTURES = (
    "sun", "moon", "crescent", "earth", "saturn", "planet", "star", "galaxy", "cloud", "rain",
    "snowflake", "lightning", "wind", "drop", "sea", "river", "flame", "ice", "mountain",
    "volcano", "rock", "crystal", "soil", "leaf", "tree", "pine", "grass", "flower", "seed",
    "mushroom", "fish", "shark", "bird", "rabbit", "fox", "mouse", "snake", "hawk", "insect",
    "cow", "person", "runner", "hand", "heart", "lungs", "eye", "brain", "muscle", "stomach",
    "bone", "blood_cell", "white_cell", "cell", "plant_cell", "nucleus", "chloroplast",
    "mitochondrion", "bacterium", "virus", "antibody", "dna", "chromosome", "protein", "enzyme",
    "apple", "bread", "egg", "pizza", "rocket", "satellite", "car", "truck", "bicycle", "boat",
    "airplane", "train", "skateboard", "house", "factory", "book", "clock", "coin", "die",
    "basketball", "football", "ball", "block", "guitar", "speaker", "phone", "battery", "lamp",
    "switch", "resistor", "magnet", "generator", "solar_panel", "windmill", "thermometer",
    "flask", "beaker", "pan", "candle", "magnifier", "microscope", "telescope", "prism",
    "scales", "gear", "spring", "hammer", "glove", "atom", "electron", "proton", "neutron",
    "salt", "molecules", *MOLECULES,
)  # fmt: skip

if TYPE_CHECKING:
    Picture = str
    MaybePicture = str
else:
    Picture = Literal[PICTURES]
    MaybePicture = Literal[("", *PICTURES)]
"""`MaybePicture` is empty for none."""
