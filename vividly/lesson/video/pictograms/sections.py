"""Drawings with parts: cells, a heart, an eye ... 120 wide (x from -10 to 110) and 100 high."""

from collections.abc import Mapping

WIDTH = 120
PLACES: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "animal_cell": {
        "membrane": (-0.5, 26.5), "nucleus": (36, 46), "cytoplasm": (52, 85),
        "mitochondrion": (84, 36), "ribosome": (17, 44),
    },
    "plant_cell": {
        "wall": (-6, 58), "membrane": (24, 10), "nucleus": (16, 34), "vacuole": (68, 46),
        "chloroplast": (84, 82), "mitochondrion": (14, 78),
    },
    "heart": {
        "right_atrium": (25, 38), "right_ventricle": (34, 64), "left_atrium": (75, 38),
        "left_ventricle": (68, 66), "aorta": (72, 5), "lung_artery": (36, 10),
        "body_vein": (14, 10),
    },
    "eye": {
        "cornea": (5, 42), "pupil": (17, 50), "lens": (28, 60), "retina": (94, 34),
        "nerve": (105, 63),
    },
    "leaf": {
        "upper_skin": (98, 14), "green_cells": (14, 36), "air_space": (77, 65), "vein": (30, 66),
        "stoma": (62, 90),
    },
    "volcano": {
        "crater": (46, 27), "vent": (50, 58), "magma": (34, 91), "lava": (68, 52), "ash": (66, 8),
    },
    "earthquake": {
        "focus": (46, 68), "epicenter": (46, 33), "fault": (38, 92), "waves": (67, 68),
    },
    "dna": {"backbone": (92, 22), "pair": (42, 50), "base": (6, 66)},
}  # fmt: skip
"""Drawing -> place -> its point."""

DRAWN = """
animal_cell
 o f6c9a8 50 50 58 47
 c e0935f 3 50 50 56 45 0
 L c98ad8 2.6 M62 34 C71 40 71 56 62 62 M67 31 C78 40 78 58 67 66 M72 29 C84 40 84 60 72 70
 o b48aea 40 48 20 18
 O 7a49c4 44 52 7
 o ef8a55 86 36 12 6.5 30
 L 9c3f18 1.6 M78 33 C82 30 82 38 86 35 C90 32 89 41 94 39
 o ef8a55 80 76 11 6 -25
 L 9c3f18 1.6 M73 79 C76 75 78 80 81 76 C84 72 84 78 87 73
 o ef8a55 16 70 10 6 35
 L 9c3f18 1.6 M10 66 C14 64 13 71 17 69 C20 67 18 74 22 74
 O 8a5a34 17 44 2.2
 O 8a5a34 12 50 2.2
 O 8a5a34 23 36 2.2
 O 8a5a34 52 12 2.2
 O 8a5a34 60 16 2.2
 O 8a5a34 34 84 2.2
 O 8a5a34 60 84 2.2
 O 8a5a34 68 22 2.2
 O 8a5a34 92 54 2.2
plant_cell
 r 5f9e4e -9 3 109 97 9
 R b9dc9f -4 8 104 92 6
 R e2f4d3 -1.5 10.5 101.5 89.5 5
 o bfe3ff 64 48 30 25
 o b48aea 16 34 14 13
 O 7a49c4 19 36 5
 o 3c9049 84 82 13 6 -6
 L dff5d0 1.6 M76 82 L92 80 M78 85 L90 84
 o 3c9049 46 80 12 5.5 8
 L dff5d0 1.6 M39 79 L53 81
 o 3c9049 88 16 11 5.5 -14
 L dff5d0 1.6 M81 18 L95 14
 o 3c9049 44 17 11 5 10
 L dff5d0 1.6 M37 16 L51 18
 o ef8a55 14 78 10 5.5 -20
 L 9c3f18 1.6 M7 80 C10 76 12 81 15 77 C18 74 18 80 21 75
 o ef8a55 16 58 9 5 20
 L 9c3f18 1.6 M9 56 C12 54 13 60 16 57 C19 55 19 61 23 60
heart
 l 4f79c8 12 M16 2 L20 34
 l 4f79c8 12 M42 52 C48 34 46 20 30 6
 l d9434e 13 M58 40 C52 14 62 2 76 5 C86 7 88 16 86 22
 p b83a46 M50 98 C22 86 2 64 4 42 C5 26 20 22 34 26 C44 18 58 18 66 26 C82 21 97 28 96 44 C97 66
   78 86 50 98 Z
 P 6a8fd8 M14 42 C12 30 24 27 34 31 C42 33 44 40 40 46 C32 51 18 51 14 42 Z
 P 6a8fd8 M18 56 C28 53 41 54 44 60 L46 86 C34 80 19 70 18 56 Z
 P f0949c M60 42 C58 32 68 29 76 31 C86 31 90 40 84 47 C76 51 62 51 60 42 Z
 P f0949c M57 58 C64 54 78 54 84 57 C82 70 70 82 55 89 Z
 L ffffff 2 M26 48 L28 55 M34 48 L33 54 M68 49 L68 55 M77 49 L76 55
eye
 l e8b84c 11 M94 56 L109 64
 o f4f1ea 54 50 46 44
 O e8a04c 55 50 42.5 40.5
 O dcedf9 54 50 41 39
 p cfe8fa M18 26 C0 36 0 64 18 74 C12 60 12 40 18 26 Z
 L 3f74b8 6 M18 29 L18 43 M18 57 L18 71
 o 9fd0f4 28 50 7.5 17
leaf
 R e6f5d6 -10 6 110 96 4
 r cfe8a8 -10 6 14 20 3
 r cfe8a8 14 6 38 20 3
 r cfe8a8 38 6 62 20 3
 r cfe8a8 62 6 86 20 3
 r cfe8a8 86 6 110 20 3
 r 6cc070 -9 22 2 50 4
 r 6cc070 4 22 15 50 4
 r 6cc070 17 22 28 50 4
 r 6cc070 30 22 41 50 4
 r 6cc070 43 22 54 50 4
 r 6cc070 56 22 67 50 4
 r 6cc070 69 22 80 50 4
 r 6cc070 82 22 93 50 4
 r 6cc070 95 22 109 50 4
 O 2f7d3f 8 28 2.2
 O 2f7d3f 11 38 2.2
 O 2f7d3f 22 44 2.2
 O 2f7d3f 23 30 2.2
 O 2f7d3f 35 34 2.2
 O 2f7d3f 48 42 2.2
 O 2f7d3f 49 29 2.2
 O 2f7d3f 61 36 2.2
 O 2f7d3f 75 43 2.2
 O 2f7d3f 74 30 2.2
 O 2f7d3f 88 38 2.2
 O 2f7d3f -3 34 2.2
 O 2f7d3f 101 32 2.2
 o 8bd18b 4 60 9 7
 o 8bd18b 8 75 8 6
 o d9b07a 30 66 14 12
 o a9d8f5 30 62 6 5
 o c98a4a 30 72 5 4
 o 8bd18b 52 60 8 7
 o 8bd18b 48 76 7 6
 o 8bd18b 90 60 9 7
 o 8bd18b 98 76 9 6
 o 8bd18b 78 78 8 5
 r cfe8a8 -10 84 16 96 3
 r cfe8a8 16 84 52 96 3
 r cfe8a8 72 84 110 96 3
 o 3c9049 56 90 4.5 6.5
 o 3c9049 68 90 4.5 6.5
volcano
 o 8f8f9c 50 10 15 9
 o 9d9daa 36 12 11 8
 o 9d9daa 64 8 13 8
 p 9a7358 M-10 100 L-10 76 L18 72 L42 26 L58 26 L82 72 L110 76 L110 100 Z
 p b08a6a M18 72 L42 26 L46 26 L34 72 Z
 p ff7a2f M24 92 C24 82 76 82 76 92 C76 99 24 99 24 92 Z
 L ff7a2f 7 M50 88 L50 26
 L ff7a2f 4 M50 62 L34 52
 l ff5a2f 5 M56 27 C64 42 66 50 76 66 M54 27 C58 40 60 46 63 54
 l ff5a2f 5 M50 26 L50 16
earthquake
 p d0a870 M-10 34 L58 34 L36 100 L-10 100 Z
 p ba8d58 M61 28 L110 28 L110 100 L38 100 Z
 L 5fae58 4 M-10 34 L58 34 M61 28 L110 28
 L 4a3520 3 M62 22 L36 100
 L a57c48 2 M-10 56 L50 56 M-10 78 L43 78 M53 52 L110 52 M45 76 L110 76
 c e5483d 1.8 46 68 8 8 0
 c e5483d 1.8 46 68 15 15 0
 c e5483d 1.8 46 68 22 22 0
 c e5483d 1.8 46 68 29 29 0
 O e5483d 46 68 4
 r f2e6d0 8 18 26 34 1
 p b8473c M4 19 L17 6 L30 19 Z
 r f2e6d0 80 12 98 28 1
 p b8473c M76 13 L89 0 L102 13 Z
 l 3a2a1a 2 M46 14 L46 30
 p e5483d M46 33 L42 25 L50 25 Z
dna
 l e5605a 4 M-4 76 L-4 50 M30 68 L30 50 M42 78 L42 50 M54 69 L54 50 M86 76 L86 50 M98 74 L98 50
 l f2c14e 4 M-4 50 L-4 24 M30 50 L30 32 M42 50 L42 22 M54 50 L54 31 M86 50 L86 24 M98 50 L98 26
 l 58b368 4 M6 67 L6 50 M36 76 L36 50 M48 76 L48 50 M79 68 L79 50 M92 78 L92 50
 l 8b5fd6 4 M6 50 L6 33 M36 50 L36 24 M48 50 L48 24 M79 50 L79 32 M92 50 L92 22
 l 3b9ae8 6 M-8 22 C17 22 17 78 42 78 C67 78 67 22 92 22 C101 22 105 32 108 40
 l 2f74b8 6 M-8 78 C17 78 17 22 42 22 C67 22 67 78 92 78 C101 78 105 68 108 60
"""
