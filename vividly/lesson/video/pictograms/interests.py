"""Pictograms of students' interests, beside the subject on the title of a lesson.

Visuals do not use them: they are no actors of science.
"""

from __future__ import annotations

from collections.abc import Mapping

PICTURES: Mapping[str, str] = {
    "basketball": "basketball", "soccer": "football", "cycling": "bicycle", "running": "runner",
    "skateboarding": "skateboard", "music": "guitar", "cooking": "pan", "animals": "fox",
    "gardening": "flower", "hiking": "mountain", "fishing": "fish", "cars": "car",
    "space": "rocket",
}  # fmt: skip
"""Interest -> the pictogram of `pictures.PICTURES` that shows it; the others are drawn here."""

DRAWN = """
american-football
 p a8562f M8 78 C4 48 22 20 52 12 C66 8 80 8 90 12 C94 24 94 38 88 52 C78 80 50 96 22 92 C14 91 9 86
   8 78 Z
 L ffffff 5 M38 64 L64 38 M38 54 L48 64 M46 46 L56 56 M54 38 L64 48
baseball
 o f6f3ec 50 50 44
 L d9433f 4 M24 16 C42 34 42 66 24 84 M76 16 C58 34 58 66 76 84
 L d9433f 3 M31 28 L40 25 M36 42 L45 41 M36 58 L45 59 M31 72 L40 75 M69 28 L60 25 M64 42 L55 41
   M64 58 L55 59 M69 72 L60 75
tennis
 l 8a6a4a 9 M70 72 L90 94
 o 4a86d0 42 42 36
 O f2f6fb 42 42 27
 L 9aa8bc 2.5 M28 20 L28 64 M42 15 L42 69 M56 20 L56 64 M20 28 L64 28 M15 42 L69 42 M20 56 L64 56
 o c8e04a 82 24 12
swimming
 l 2f62a8 6 M6 36 C20 28 30 30 38 36 M62 36 C70 30 80 28 94 36
 o 3b9ae8 28 46 20 16
 O bfe6ff 28 46 13 10
 o 3b9ae8 72 46 20 16
 O bfe6ff 72 46 13 10
 l 2f62a8 6 M47 44 C49 41 51 41 53 44
 L 5fb4f0 6 M6 80 C14 72 22 72 30 80 C38 88 46 88 54 80 C62 72 70 72 78 80 C84 86 90 86 94 82
dance
 p d9639a M30 6 C38 6 42 14 42 26 L44 52 C56 66 74 70 88 74 C94 76 94 84 88 84 L40 84 C30 84 26 76
   26 66 L22 20 C22 12 24 6 30 6 Z
 L ffffff 4 M24 30 L42 28 M25 44 L43 42
 l f4b8d2 5 M22 18 C8 26 44 34 22 46 C10 54 30 58 40 60
video-games
 p 5a63c8 M24 30 L76 30 C92 30 98 56 96 74 C95 86 82 86 76 76 L70 66 L30 66 L24 76 C18 86 5 86 4
   74 C2 56 8 30 24 30 Z
 L ffffff 7 M28 40 L28 58 M19 49 L37 49
 O ffd65c 70 42 5
 O f06a6a 79 50 5
 O 6ad08a 70 58 5
coding
 r 3c465a 12 16 88 70 6
 R 17202f 18 22 82 64 3
 L 7fd6a0 4.5 M36 34 L26 43 L36 52 M64 34 L74 43 L64 52
 L ffcf5c 4.5 M55 31 L45 55
 p c3cad6 M4 74 L96 74 L90 84 L10 84 Z
robotics
 l 8793a5 5 M50 8 L50 22
 o f06a6a 50 9 6
 r 9fb2cc 18 22 82 72 12
 R 22304a 27 33 73 55 10
 O 7fe0ff 39 44 6
 O 7fe0ff 61 44 6
 L 4a5a74 5 M38 64 L62 64
 r 7388a6 8 36 17 60 4
 r 7388a6 83 36 92 60 4
 r 7388a6 32 74 68 92 6
art
 p d9a86a M50 12 C78 12 96 30 96 50 C96 64 84 66 74 64 C64 62 60 70 64 78 C68 88 60 92 48 90 C22 88
   4 70 4 48 C4 28 24 12 50 12 Z
 O e5483d 30 36 8
 O 3b9ae8 52 26 8
 O f2c14e 74 36 8
 O 4fae57 24 58 8
 O 8a5fd0 38 76 8
photography
 p 4a5364 M34 28 L40 16 L60 16 L66 28 Z
 r 4a5364 6 28 94 84 9
 R 6b778d 6 40 94 50
 o c3cad6 50 57 22
 o 2f4f7a 50 57 16
 O 8fc4f5 44 51 6
 O ffd65c 82 36 4
movies
 r 5d6880 8 42 92 90 5
 p 5d6880 M8 38 L86 14 L91 28 L13 42 Z
 P ffffff M22 34 L32 31 L40 36 L28 40 Z
 P ffffff M46 26 L56 23 L64 28 L52 32 Z
 P ffffff M70 19 L80 16 L87 21 L76 25 Z
 P f2c14e M42 54 L64 66 L42 78 Z
fashion
 p 3fa9a0 M34 12 C40 22 60 22 66 12 L92 26 L84 48 L72 42 L72 90 L28 90 L28 42 L16 48 L8 26 Z
 L d2f1ee 4 M36 14 C42 26 58 26 64 14
 P ffd65c M50 40 L54 50 L64 50 L56 56 L59 67 L50 60 L41 67 L44 56 L36 50 L46 50 Z
"""
