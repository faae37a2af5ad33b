"""Formulas in MathML: reading, speaking and typesetting."""

from __future__ import annotations

from functools import cache

import pytest
from latex2mathml.converter import convert
from lxml import etree
from matplotlib.mathtext import MathTextParser

from tests.support.library import EXAMPLES, REAL_BOOK
from vividly.lesson.speech.spoken import spoken_tokens
from vividly.library.oer.latex import read_latex
from vividly.library.oer.mathml import Formula, read_formula
from vividly.library.oer.maths_check import complete
from vividly.library.oer.model import Maths
from vividly.text.locales import locale_for

MATHML = "http://www.w3.org/1998/Math/MathML"


def read(inside: str, language: str = "en") -> Formula:
    formula = read_formula(etree.fromstring(f'<math xmlns="{MATHML}">{inside}</math>'), language)
    assert formula is not None
    return formula


@cache
def book() -> tuple[tuple[str, Formula | None], ...]:
    """Every different formula of our chapter, and of a whole book where one is there: (its MathML,
    the parsed formula)."""
    formulas = {
        etree.tostring(element, encoding="unicode", with_tail=False): element
        for folder in (EXAMPLES, REAL_BOOK)
        for path in sorted(folder.rglob("index.cnxml"))
        for element in etree.parse(path).iter(f"{{{MATHML}}}math")
    }
    return tuple((source, read_formula(element, "en")) for source, element in formulas.items())


FRACTION = "<mfrac><mi>m</mi><mi>V</mi></mfrac>"
NET = "<msub><mi>F</mi><mtext>net</mtext></msub>"
METRES = "<mfrac><mtext>m</mtext><msup><mtext>s</mtext><mn>2</mn></msup></mfrac>"
V0 = "<msub><mi>v</mi><mn>0</mn></msub>"


@pytest.mark.parametrize(
    ("mathml", "text", "say", "latex"),
    [
        ("<mi>F</mi><mo>=</mo><mi>m</mi><mi>a</mi>", "F = ma", "F equals m a", "F=ma"),
        (f"<mi>ρ</mi><mo>=</mo>{FRACTION}", "ρ = m/V", "rho equals m over V", r"\rho=\frac{m}{V}"),
        (NET, "F_net", "F net", r"F_{\text{net}}"),
        (V0, "v₀", "v sub 0", "v_{0}"),
        (f"{NET}<mi>Δ</mi><mi>t</mi>", "F_net Δt", "F net delta t", r"F_{\text{net}}\Delta t"),
        (f"{V0}<mi>t</mi>", "v₀t", "v sub 0 t", "v_{0}t"),
        (
            "<mfrac><mi>h</mi><mrow><mn>2</mn><mi>π</mi></mrow></mfrac>",
            "h/(2π)",
            "h over 2 pi",
            r"\frac{h}{2\pi}",
        ),
        (
            "<msqrt><mi>g</mi><mi>h</mi></msqrt>",
            "√(gh)",
            "the square root of g h",
            r"\sqrt{gh}",
        ),
        ("<mi>m</mi><mo>+</mo><mo>½</mo>", "m + 1/2", "m plus 1/2", r"m+\frac{1}{2}"),
        ("<mi>B</mi><mi>ℓ</mi><mi>v</mi>", "Bℓv", "B l v", r"B\ell v"),
        ("<mi>ŷ</mi>", "ŷ", "y hat", r"\hat{y}"),
        ("<mi>Κ</mi>", "Κ", "kappa", r"\mathrm{K}"),
        ("<msup><mi>v</mi><mn>2</mn></msup>", "v²", "v squared", "v^{2}"),
        ("<msup><mi>r</mi><mn>3</mn></msup>", "r³", "r cubed", "r^{3}"),
        (
            "<msup><mn>10</mn><mrow><mo>-</mo><mn>6</mn></mrow></msup>",
            "10⁻⁶",
            "10 to the power of −6",
            "10^{-6}",
        ),
        ("<msup><mi>v</mi><mo>′</mo></msup>", "v′", "v prime", r"v^{\prime}"),
        (
            f"<mi>a</mi><mo>=</mo><mn>9.8</mn>{METRES}",
            "a = 9.8 m/s²",
            "a equals 9.8 m/s²",
            r"a=9.8\ \mathrm{m/s}^{2}",
        ),
        ("<mn>50</mn><mtext>.00 J</mtext>", "50.00 J", "50.00 J", r"50.00\ \mathrm{J}"),
        ("<mn>2</mn><mo>,</mo><mn>000</mn>", "2,000", "2,000", "2{,}000"),
        (
            "<mn>1</mn><mo>,</mo><mn>2</mn><mo>,</mo><mn>3</mn>",
            "1, 2, 3",
            "1, 2, 3",
            "1,2,3",
        ),
        (
            "<msqrt><msup><mi>a</mi><mn>2</mn></msup><mo>+</mo><mi>b</mi></msqrt>",
            "√(a² + b)",
            "the square root of the quantity a squared plus b",
            r"\sqrt{a^{2}+b}",
        ),
        (
            "<mroot><mi>x</mi><mn>3</mn></mroot>",
            "³√x",
            "the root of order 3 of x",
            r"\sqrt[3]{x}",
        ),
        (
            "<mi>A</mi><mi>cos</mi><mi>θ</mi>",
            "A cos θ",
            "A times the cosine of theta",
            r"A\cos\theta",
        ),
        ("<mi>s</mi><mi>i</mi><mi>n</mi><mi>x</mi>", "sin x", "the sine of x", r"\sin x"),
        (
            "<msup><mi>tan</mi><mrow><mo>−</mo><mn>1</mn></mrow></msup><mi>x</mi>",
            "tan⁻¹ x",
            "the inverse tangent of x",
            r"\tan^{-1}x",
        ),
        ("<mover><mi>v</mi><mo>¯</mo></mover>", "v\u0304", "v bar", r"\bar{v}"),
        ("<mover><mi>F</mi><mo>→</mo></mover>", "F\u20d7", "vector F", r"\vec{F}"),
        (
            "<mi>m</mi><mo>(</mo><mi>a</mi><mo>−</mo><mi>b</mi><mo>)</mo>",
            "m(a − b)",
            "m times the quantity a minus b",
            "m(a-b)",
        ),
        ("<mo>−</mo><mi>x</mi>", "−x", "minus x", "-x"),
        (
            "<mmultiscripts><mi>U</mi><mprescripts/><mn>92</mn><mn>235</mn></mmultiscripts>",
            "²³⁵₉₂U",
            "uranium 235",
            "{}_{92}^{235}U",
        ),
        (
            "<mmultiscripts><mi>C</mi><mprescripts/><mn>55</mn><mn>137</mn></mmultiscripts>"
            "<mi>s</mi>",
            "¹³⁷₅₅Cs",
            "cesium 137",
            r"{}_{55}^{137}\mathrm{Cs}",
        ),
        (
            "<msup><mrow/><mn>4</mn></msup><mtext>He</mtext>",
            "⁴He",
            "helium 4",
            r"{}^{4}\text{He}",
        ),
        ("<mi>Δ</mi><mi>t</mi>", "Δt", "delta t", r"\Delta t"),
        ("<mn>30</mn><mo>°</mo>", "30°", "30 degrees", r"30^{\circ}"),
        ("<mfrac><mn>1</mn><mn>2</mn></mfrac><mi>m</mi>", "1/2 m", "1/2 m", r"\frac{1}{2}m"),
        (
            "<mn>3.0</mn><mtext> kg</mtext><mo>⋅</mo><mtext>m/s</mtext>",
            "3.0 kg⋅m/s",
            "3.0 kilogram meters per second",
            r"3.0\ \mathrm{kg}\cdot\mathrm{m/s}",
        ),
        (
            "<munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><mi>x</mi>",
            "∑_iⁿ x",
            "the sum from i to n of x",
            r"\sum_{i}^{n}x",
        ),
        (
            "<mtable><mtr><mtd><mi>a</mi></mtd><mtd><mo>=</mo><mi>b</mi></mtd></mtr>"
            "<mtr><mtd/><mtd><mo>=</mo><mi>c</mi></mtd></mtr></mtable>",
            "a = b; = c",
            "a equals b, equals c",
            r"\begin{array}{ll}a & =b \\  & =c\end{array}",
        ),
        ("<mtext>average speed</mtext>", "average speed", "average speed", r"\text{average speed}"),
        (
            "<menclose><mtext>h</mtext></menclose>",
            "h",
            "h",
            r"\mathrm{h}",
        ),
    ],
)
def test_a_formula_in_its_three_forms(mathml: str, text: str, say: str, latex: str) -> None:
    formula = read(mathml)
    assert (formula.maths.text, formula.maths.say) == (text, say)
    assert formula.maths.latex == latex


WATER = "<mn>2</mn><msub><mtext>H</mtext><mn>2</mn></msub><mtext>O</mtext>"
GASES = "<mn>2</mn><msub><mtext>H</mtext><mn>2</mn></msub><mo>+</mo>"


@pytest.mark.parametrize(
    ("mathml", "text", "say"),
    [
        ("<mo>|</mo><mo>−</mo><mn>5</mn><mo>|</mo><mo>=</mo><mn>5</mn>", "|−5| = 5",
         "the absolute value of −5 equals 5"),
        ('<mfenced open="|" close="|"><mo>−</mo><mn>5</mn></mfenced>', "|−5|",
         "the absolute value of −5"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a, b)", "a, b"),
        ('<mfenced separators=""><mi>a</mi><mi>b</mi></mfenced>', "(ab)", "a b"),
        ('<mfenced open="[" close=")"><mn>0</mn><mn>1</mn></mfenced>', "[0, 1)",
         "the interval from 0 included to 1 excluded"),
        ("<mo>(</mo><mn>5</mn><mo>,</mo><mn>100</mn><mo>)</mo>", "(5, 100)", "5, 100"),
        ("<mi>A</mi><mo>∪</mo><mi>B</mi>", "A ∪ B", "A union B"),
        ("<mi>A</mi><mo>∩</mo><mi>B</mi>", "A ∩ B", "A intersection B"),
        ("<mi>x</mi><mo>∈</mo><mi>A</mi>", "x ∈ A", "x is in A"),
        ("<mo>∠</mo><mi>A</mi><mo>≅</mo><mo>∠</mo><mi>B</mi>", "∠A ≅ ∠B",
         "angle A is congruent to angle B"),
        ("<mo>△</mo><mi>A</mi><mo>∼</mo><mo>△</mo><mi>B</mi>", "△A ∼ △B",
         "triangle A is similar to triangle B"),
        ("<mi>a</mi><mo>∥</mo><mi>b</mi>", "a ∥ b", "a is parallel to b"),
        ("<mi>a</mi><mo>⩾</mo><mi>b</mi>", "a ≥ b", "a is at least b"),
        ("<mo>‖</mo><mi>v</mi><mo>‖</mo>", "‖v‖", "the norm of v"),
        ("<mo>⌊</mo><mi>x</mi><mo>⌋</mo>", "⌊x⌋", "the floor of x"),
        (f"{WATER}<mo>⟶</mo>{GASES}<msub><mtext>O</mtext><mn>2</mn></msub>",
         "2H₂O ⟶ 2H₂ + O₂", "2 H 2 O gives 2 H 2 plus O 2"),
        ("<mi>H</mi><msub><mrow/><mn>2</mn></msub><mi>O</mi>", "H₂O", "H 2 O"),
        ("<msubsup><mtext>SO</mtext><mn>4</mn><mrow><mn>2</mn><mo>−</mo></mrow></msubsup>",
         "SO₄²⁻", "S O 4 2 minus"),
        ("<mtext>CuSO</mtext><msub><mrow/><mn>4</mn></msub><mo>·</mo><mn>5</mn>"
         "<msub><mtext>H</mtext><mn>2</mn></msub><mtext>O</mtext>", "CuSO₄ ⋅ 5H₂O",
         "C U S O 4 dot 5 H 2 O"),
        ("<msub><mi>P</mi><mn>1</mn></msub><msub><mi>V</mi><mn>1</mn></msub>", "P₁V₁",
         "P sub 1 V sub 1"),
        ('<mn>4</mn><menclose notation="longdiv"><mn>12</mn></menclose>', "4⟌12",
         "12 divided by 4"),
        ("<mstack><mn>42</mn><msrow><mo>+</mo><mn>3</mn></msrow><msline/><mn>45</mn></mstack>",
         "42 +3 45", "42 plus 3 equals 45"),
        ("<mn>3</mn><mfrac><mn>1</mn><mn>2</mn></mfrac>", "3 1/2", "3 and 1/2"),
        ("<mn>3</mn><mo>:</mo><mn>4</mn>", "3:4", "3 to 4"),
        ("<mn>5</mn><mo>!</mo>", "5!", "5 factorial"),
        ("<mn>0.</mn><mover><mn>3</mn><mo>¯</mo></mover>", "0.3\u0304", "0.3 repeating"),
        ("<mover><mi>AB</mi><mo>¯</mo></mover>", "AB\u0304", "segment A B"),
        ("<mi>f</mi><mo>(</mo><mi>x</mi><mo>)</mo>", "f(x)", "f of x"),
        ("<mi>f</mi><mo>∘</mo><mi>g</mi>", "f ∘ g", "f composed with g"),
        ("<msup><mn>30</mn><mo>∘</mo></msup>", "30°", "30 degrees"),
        ("<mi>Δ</mi><msup><mi>H</mi><mo>°</mo></msup>", "ΔH°", "delta H standard"),
        ("<mn>3</mn><mtext>s</mtext><msup><mrow/><mrow><mo>−</mo><mn>1</mn></mrow></msup>",
         "3 s⁻¹", "3 per second"),
        ("<msup><mi>x</mi><mo>′</mo></msup><mo>(</mo><mi>t</mi><mo>)</mo>", "x′(t)",
         "x prime of t"),
        ("<semantics><mi>x</mi><annotation>y</annotation></semantics>", "x", "x"),
        ("<maction><mi>x</mi><mi>y</mi></maction>", "x", "x"),
        ("<mi>𝑥</mi>", "x", "x"),
        ("<mmultiscripts><mi>U</mi><mprescripts/><mn>92</mn><mn>238</mn></mmultiscripts><mo>→</mo>"
         "<mmultiscripts><mi>X</mi><mprescripts/><mn>90</mn><mn>234</mn></mmultiscripts>",
         "²³⁸₉₂U → ²³⁴₉₀X", "uranium 238 gives X with mass number 234 and atomic number 90"),
        ("<msubsup><mrow/><mn>55</mn><mn>137</mn></msubsup><mi>C</mi><msub><mi>s</mi><mi>N</mi></msub>",
         "¹³⁷₅₅Cs_N", "cesium 137, sub N"),
        ("<mtext>9</mtext><msup><mtext>.80 m/s</mtext><mn>2</mn></msup>", "9.80 m/s²",
         "9.80 m/s²"),
        ("<mtext>= 27</mtext><msup><mtext>.0 ×10</mtext><mn>3</mn></msup>", "= 27.0 × 10³",
         "equals 27.0 times 10 cubed"),
        ("<mn>0</mn><mo>.</mo><msup><mn>75</mn><mn>0</mn></msup>", "0.75⁰",
         "0.75 to the power of 0"),
        ("<mover><mi>ω</mi><mo>–</mo></mover><mi>t</mi>", "ω̄t", "omega bar t"),
        ("<mover><mi>x</mi><mtext>def</mtext></mover>", "x", ""),
        ("<mi>x</mi><mo>=</mo><mn>3</mn><mspace/><mtext>Simplify and solve</mtext>",
         "x = 3 Simplify and solve", "x equals 3, Simplify and solve"),
        ("<mi>x</mi><mo>=</mo><munder><mtext>40 miles</mtext><mtext>____</mtext></munder>",
         "x = 40 miles", "x equals 40 miles"),
        ("<mi>x</mi><mtext>-axis</mtext>", "x -axis", "x axis"),
        ("<mn>2</mn><msup><mtext>torr</mtext><mrow><mo>−</mo><mn>1</mn></mrow></msup>", "2 torr⁻¹",
         "2 per torr"),
        ("<mo>(</mo><mn>220</mn><mtext> rad</mtext><mo>)</mo><mfrac><mtext>1 rev</mtext><mi>π</mi>"
         "</mfrac>", "(220 rad)(1 rev)/π", "220 rad times 1 rev over pi"),
        ("<mi>$</mi><mn>1</mn><mo>×</mo><mn>5</mn>", "$1 × 5", "$1 times 5"),
        ("<mn>6</mn><mtext>.</mtext><mn>67384</mn><mo>(</mo><mn>80</mn><mo>)</mo>", "6.67384(80)",
         "6.67384, give or take 80 in the last digits"),
        ("<mn>6.67384</mn><mo>(</mo><mn>80</mn><mo>)</mo><mtext> m</mtext>", "6.67384(80) m",
         "6.67384, give or take 80 in the last digits, m"),
        ("<mn>9</mn><mtext>in</mtext><mrow><msup><mtext>.</mtext><mn>3</mn></msup></mrow>",
         "9 in³", "9 in³"),
        ("<mn>25</mn><mtext>º</mtext>", "25°", "25 degrees"),
        ("<mtext>37ºC</mtext>", "37 °C", "37 °C"),
        ("<mtext>20 min</mtext>", "20 min", "20 min"),
        ("<msub><mi>T</mi><mtext>max</mtext></msub><mo>=</mo><mn>3</mn>", "T_max = 3",
         "T max equals 3"),
        ("<mfrac><mi>a</mi><mi>b</mi></mfrac><mi>c</mi>", "a/b c", "a over b, times c"),
        ("<mo>(</mo><mi>a</mi><mo>+</mo><mi>b</mi><mo>)</mo><mi>c</mi>", "(a + b)c",
         "the quantity a plus b, times c"),
        ("<mi>P</mi><mo>(</mo><mi>A</mi><mo>)</mo><mi>P</mi><mo>(</mo><mi>B</mi><mo>)</mo>",
         "P(A)P(B)", "P of A times P of B"),
        ("<mi>a</mi><mo>−</mo><mo>(</mo><mo>−</mo><mi>b</mi><mo>)</mo>", "a − (−b)",
         "a minus negative b"),
        ("<mo>−</mo><mspace/><mfrac><mn>1</mn><mn>2</mn></mfrac>", "−1/2", "minus 1/2"),
        ("<msub><mi>E</mi><mi>n</mi></msub><mo>(</mo><mi>n</mi><mo>=</mo><mn>1</mn><mo>)</mo>",
         "E_n(n = 1)", "E sub n, n equals 1"),
        ("<mi>D</mi><msup><mrow><mo>(</mo><mi>t</mi><mo>)</mo></mrow><mn>2</mn></msup>", "D(t)²",
         "D of t all squared"),
        ("<mi>A</mi><mo>(</mo><mi>t</mi><mo>)</mo><mo>=</mo><mn>4</mn><mi>t</mi>", "A(t) = 4t",
         "A of t equals 4 t"),
        ('<mn>2</mn><mi fontstyle="italic">mg</mi>', "2mg", "2 m g"),
        ("<mi>k</mi><mo>[</mo><mtext>NO</mtext><msup><mo>]</mo><mn>2</mn></msup>", "k[NO]²",
         "k times the concentration of N O squared"),
        (f"{WATER}<mo>⟶</mo>{GASES}<msub><mtext>O</mtext><mn>2</mn></msub><mspace/>"
         "<mo>(</mo><mtext>slow</mtext><mo>)</mo>", "2H₂O ⟶ 2H₂ + O₂ (slow)",
         "2 H 2 O gives 2 H 2 plus O 2, slow"),
        ("<mtable><mtr><mtd><mi>x</mi><mo>=</mo><mn>2</mn></mtd><mtd><mtext>by the rule</mtext>"
         "</mtd></mtr></mtable>", "x = 2 by the rule", "x equals 2, by the rule"),
        ("<msub><mi>a</mi><mrow><mi>n</mi><mo>+</mo><mn>1</mn></mrow></msub>", "a_(n + 1)",
         "a sub the quantity n plus 1"),
        ("<mo>[</mo><mi>A</mi><msup><mo>]</mo><mn>2</mn></msup>", "[A]²",
         "the concentration of A squared"),
        ("<mo>⟨</mo><mn>3</mn><mo>,</mo><mn>4</mn><mo>⟩</mo>", "⟨3, 4⟩", "vector 3, 4"),
        ("<mi>X</mi><mo>~</mo><mi>N</mi><mo>(</mo><mn>0</mn><mo>,</mo><mn>1</mn><mo>)</mo>",
         "X ~ N(0, 1)", "X is distributed as N of 0, 1"),
        ("<mtext>Δln</mtext><mrow><mo>[</mo><mtext>B</mtext><mo>]</mo></mrow>", "Δ ln[B]",
         "delta the natural logarithm of the concentration of B"),
        ("<mtext>ln</mtext><msub><mrow><mo>[</mo><mi>B</mi><mo>]</mo></mrow><mn>0</mn></msub>",
         "ln[B]₀", "the natural logarithm of the concentration of B sub 0"),
        ("<mn>2</mn><mspace/><msup><mtext>mol L</mtext><mn>−1</mn></msup>", "2 mol⋅L⁻¹",
         "2 moles per liter"),
        ("<mtext>K-40</mtext><mo>⟶</mo><mtext>Ar-40</mtext>", "K-40 ⟶ Ar-40",
         "potassium 40 gives argon 40"),
        ("<mn>5</mn><mspace/><msup><mtext>N/m</mtext><mn>2</mn></msup>", "5 N/m²",
         "5 newtons per square meter"),
        ("<mi>U</mi><mo>(</mo><mover><mi>s</mi><mo>→</mo></mover><mo>)</mo>", "U(s⃗)",
         "U of vector s"),
        ("<mover><mi>F</mi><mo>→</mo></mover><mo>⋅</mo><mi>d</mi><mover><mi>s</mi><mo>→</mo></mover>",
         "F⃗ ⋅ ds⃗", "vector F dot d vector s"),
        ("<mo>(</mo><mn>4</mn><mspace/><mtext>m</mtext><mo>)</mo><msup><mi>x</mi><mn>3</mn></msup>",
         "(4 m)x³", "4 m times x cubed"),
        ("<msub><mi>U</mi><mrow><mi>A</mi><mi>B</mi></mrow></msub>", "U_AB", "U sub A B"),
        ("<mi>f</mi><mo>(</mo><mi>x</mi><mo>,</mo><mi>y</mi><mo>)</mo>", "f(x, y)", "f of x, y"),
        ("<mi>P</mi><mo>(</mo><mi>x</mi><mo>=</mo><mn>3</mn><mo>)</mo>", "P(x = 3)",
         "the probability that x equals 3"),
        ("<msub><mi>s</mi><mrow><mi>Σ</mi><mi>Y</mi></mrow></msub>", "s_ΣY",
         "s sub the sum of Y"),
        ("<msub><mi>A</mi><mn>0</mn></msub><msup><mn>3</mn><mi>t</mi></msup>", "A₀3^t",
         "A sub 0 times 3 to the power of t"),
        ("<msup><mi>M</mi><mi>T</mi></msup>", "M^T", "M transpose"),
        ("<mi>p</mi><mo>⇒</mo><mi>q</mi>", "p ⇒ q", "p implies q"),
        ("<mi>H</mi><msub><mi>O</mi><mn>2</mn></msub>", "HO₂", "H O 2"),
        ("<msubsup><mtext>SO</mtext><mn>3</mn><mo>−</mo></msubsup><mo>+</mo><mi>y</mi>",
         "SO₃⁻ + y", "S O 3 minus plus y"),
        ("<msub><mtext>CO</mtext><mn>2</mn></msub><mo>=</mo><mn>7</mn>", "CO₂ = 7",
         "C O 2 equals 7"),
        ("<mo>$</mo><mn>5</mn><msup><mrow><mo>(</mo><mn>1.2</mn><mo>)</mo></mrow><mn>3</mn></msup>",
         "$5(1.2)³", "$5 times 1.2 cubed"),
        ("<mo>{</mo><mi>x</mi><mo>|</mo><msup><mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow><mn>2</mn>"
         "</msup><mo>&lt;</mo><mn>9</mn><mo>}</mo>", "{x | (x)² < 9}",
         "the set of all x such that x all squared is less than 9"),
        ("<mi>f</mi><mo>″</mo><mo>(</mo><mi>x</mi><mo>)</mo>", "f″(x)", "f double prime of x"),
        ("<mo>(</mo><mi>f</mi><mo>∘</mo><mi>g</mi><mo>)</mo><mo>(</mo><mi>x</mi><mo>)</mo>",
         "(f ∘ g)(x)", "f composed with g of x"),
        ("<msubsup><mrow><mo>[</mo><mi>x</mi><mo>]</mo></mrow><mn>0</mn><mn>1</mn></msubsup>",
         "[x]₀¹", "x evaluated from 0 to 1"),
        ("<mi>x</mi><msub><mo>|</mo><mrow><mi>t</mi><mo>=</mo><mn>2</mn></mrow></msub>",
         "x|_(t = 2)", "x evaluated at t equals 2"),
        ("<msub><mrow><mi>x</mi><mo>|</mo></mrow><mn>2</mn></msub>", "x|₂", "x evaluated at 2"),
        ("<mfrac><mi>d</mi><mrow><mi>d</mi><mi>t</mi></mrow></mfrac><mi>x</mi>", "d/(dt) x",
         "the derivative with respect to t of x"),
        ("<msup><mi>R</mi><mrow><msub><mrow/><mn>2</mn></msub></mrow></msup>", "R²", "R squared"),
        ("<mtext>Al</mtext><msub><mrow><mtext>(OH)</mtext></mrow><mn>3</mn></msub>", "Al(OH)₃",
         "A L O H, taken 3 times"),
        ("<mfrac><mrow><mn>2</mn><msub><mtext>NH</mtext><mn>3</mn></msub></mrow><mn>5</mn></mfrac>",
         "2NH₃/5", "2 N H 3 over 5"),
        ("<mfrac><msup><mn>3</mn><mrow><mn>2</mn><mi>x</mi></mrow></msup><mn>5</mn></mfrac>",
         "3^(2x)/5", "3 to the power of 2 x, over 5"),
        ("<msup><mi>e</mi><mrow><mo>−</mo><mi>x</mi></mrow></msup><mi>y</mi>", "e^(−x)y",
         "e to the power of minus x, y"),
        ("<mi>ΔH</mi><mo>°</mo>", "ΔH°", "delta H standard"),
        ("<mn>9.8</mn><mtext>m</mtext><mspace/><msup><mtext>s</mtext><mrow><mo>−</mo><mn>2</mn>"
         "</mrow></msup>", "9.8 m⋅s⁻²", "9.8 meters per second squared"),
        ("<mn>1</mn><msup><mi>s</mi><mn>2</mn></msup><mn>2</mn><msup><mi>p</mi><mn>4</mn></msup>",
         "1s²2p⁴", "1 s 2, 2 p 4"),
        ("<mtext>Earth's mass</mtext><mo>=</mo><mi>m</mi>", "Earth's mass = m",
         "Earth's mass equals m"),
        ("<mi>g</mi><mi>r</mi><mi>a</mi><mi>i</mi><mi>n</mi><mi>s</mi>", "grains", "grains"),
        ("<mi>mgsin</mi><mi>θ</mi>", "mg sin θ", "m g times the sine of theta"),
        ("<mtext>Δ</mtext><mo>[</mo><msub><mtext>F</mtext><mn>2</mn></msub><mo>]</mo>", "Δ[F₂]",
         "delta the concentration of F 2"),
        ("<mo>[</mo><msup><mtext>A</mtext><mo>−</mo></msup><mo>]</mo><mo>[</mo><mtext>HB</mtext>"
         "<mo>]</mo>", "[A⁻][HB]", "the concentration of A minus, times the concentration of H B"),
        ("<msub><mrow><mo>[</mo><mtext>I</mtext></mrow><mn>2</mn></msub><mo>]</mo>", "[I₂]",
         "the concentration of I 2"),
        ("<msub><mrow><mo>[</mo><mtext>HX</mtext><mo>]</mo></mrow><mtext>eq</mtext></msub>",
         "[HX]_eq", "the concentration of H X at equilibrium"),
        ("<mtext>HX</mtext><mo>(</mo><mi>g</mi><mo>)</mo><mo>⟶</mo><mtext>HX</mtext><mo>(</mo>"
         "<mi>l</mi><mo>)</mo><mspace/><mi>K</mi><mo>=</mo><mn>3</mn>",
         "HX(g) ⟶ HX(l) K = 3", "H X gas gives H X liquid, K equals 3"),
        ("<mtable><mtr><mtd><mtext>2HI</mtext></mtd><mtd><mo>⇌</mo></mtd><mtd>"
         "<msub><mtext>H</mtext><mn>2</mn></msub><mo>+</mo></mtd><mtd><msub><mtext>I</mtext>"
         "<mn>2</mn></msub></mtd></mtr><mtr><mtd><mo>−</mo><mi>y</mi></mtd><mtd/><mtd><mi>y</mi>"
         "</mtd><mtd><mo>_</mo></mtd></mtr></mtable>", "2 HI ⇌ H₂ + I₂; −y y _",
         "2 H I in balance with H 2 plus I 2, minus y, y, a blank"),
        ("<msubsup><mrow><mi>C</mi><mi>O</mi></mrow><mn>3</mn><mrow><mn>2</mn><mo>−</mo></mrow>"
         "</msubsup>", "CO₃²⁻", "C O 3 2 minus"),
        ("<mover><mi>Y</mi><mo>¯</mo></mover><mo>~</mo><mi>N</mi><mo>(</mo><mi>μ</mi><mo>,</mo>"
         "<mi>s</mi><mo>)</mo>", "Ȳ ~ N(µ, s)", "Y bar is distributed as N of mu, s"),
        ("<msub><mi>t</mi><mfrac><mi>p</mi><mn>2</mn></mfrac></msub><mo>(</mo><mfrac><mi>s</mi>"
         "<mi>k</mi></mfrac><mo>)</mo>", "t_(p/2)(s/k)",
         "t sub the quantity p over 2, times s over k"),
        ("<mfrac><mi>a</mi><mi>b</mi></mfrac><mo>×</mo><mi>c</mi>", "a/b × c", "a over b, times c"),
        ("<mfrac><mi>m</mi><mrow><mi>s</mi><msqrt><mi>n</mi></msqrt></mrow></mfrac>", "m/(s√n)",
         "m over the quantity s times the square root of n"),
        ("<mfrac><msup><mn>10</mn><mn>4</mn></msup><mn>7</mn></mfrac>", "10⁴/7",
         "10 to the power of 4, over 7"),
        ("<mn>2</mn><msqrt><mn>3</mn></msqrt><mi>x</mi>", "2√3 x",
         "2 times the square root of 3, times x"),
        ("<mn>2</mn><mo>|</mo><msup><mi>x</mi><mn>3</mn></msup><mo>|</mo><mi>y</mi>", "2|x³|y",
         "2 times the absolute value of x cubed, times y"),
        ("<mtable><mtr><mtd><munder><mtable><mtr><mtd><mn>2.5</mn></mtd></mtr><mtr><mtd><mo>+</mo>"
         "<mn>3.1</mn></mtd></mtr></mtable><mtext>____</mtext></munder></mtd></mtr><mtr><mtd>"
         "<mn>5.6</mn></mtd></mtr></mtable>", "2.5; +3.1; 5.6", "2.5 plus 3.1 equals 5.6"),
        ("<munder><mtable><mtr><mtd><mn>9</mn></mtd></mtr><mtr><mtd><mo>−</mo><mn>4</mn></mtd>"
         "</mtr></mtable><mtext>__</mtext></munder>", "9; −4", "9 minus 4"),
        ("<mi>P</mi><mo>(</mo><mi>χ</mi><mo>></mo><mn>3</mn><mo>)</mo>", "P(χ > 3)",
         "the probability that chi is greater than 3"),
        ("<mi>P</mi><mo>(</mo><mn>1</mn><mo>≤</mo><mi>X</mi><mo>)</mo>", "P(1 ≤ X)",
         "the probability that 1 is at most X"),
        ("<mn>7</mn><mtext>min</mtext><mtext>and</mtext><mn>5</mn><mtext>s</mtext>",
         "7 min and 5 s", "7 min and 5 s"),
        ("<mn>40</mn><mtext>m</mtext><mo>(</mo><mn>2</mn><mspace/><mtext>digits</mtext><mo>)</mo>",
         "40 m(2 digits)", "40 m, 2 digits"),
        ("<mi>−</mi><mn>2</mn><mo>≤</mo><mi>x</mi><mo>&lt;</mo><mn>6</mn>", "−2 ≤ x < 6",
         "x is at least −2 and less than 6"),
        ("<mi>P</mi><mo>(</mo><mn>1</mn><mo>&lt;</mo><mi>X</mi><mo>&lt;</mo><mn>3</mn><mo>)</mo>",
         "P(1 < X < 3)", "the probability that X is greater than 1 and less than 3"),
        ("<mn>0</mn><mo>&lt;</mo><mi>f</mi><mo>(</mo><mi>x</mi><mo>)</mo><mo>&lt;</mo><mn>5</mn>",
         "0 < f(x) < 5", "f of x is greater than 0 and less than 5"),
        ("<mi>a</mi><mo>&lt;</mo><mi>b</mi><mo>&lt;</mo><mi>c</mi><mo>&lt;</mo><mi>d</mi>",
         "a < b < c < d", "a is less than b is less than c is less than d"),
        ("<mi>Q</mi><mo>=</mo><mn>5</mn><mspace/><mtext>kJ</mtext><mo>(</mo><mtext>given</mtext>"
         "<mo>)</mo>", "Q = 5 kJ(given)", "Q equals 5 kJ, given"),
        ("<mtext>heat</mtext><mo>+</mo><msub><mtext>N</mtext><mn>2</mn></msub><mo>(</mo><mi>g</mi>"
         "<mo>)</mo><mo>⟶</mo><mn>2</mn><mtext>N</mtext><mo>(</mo><mi>g</mi><mo>)</mo>",
         "heat + N₂(g) ⟶ 2 N(g)", "heat plus N 2 gas gives 2 N gas"),
        ("<mtext>HgO</mtext><mo>(</mo><mi>s</mi><mo>,</mo><mtext>red</mtext><mo>)</mo><mo>⟶</mo>"
         "<mtext>Hg</mtext><mo>(</mo><mi>g</mi><mo>)</mo>", "HgO (s, red) ⟶ Hg (g)",
         "H G O solid red gives H G gas"),
        ("<mtext>kW</mtext><mo>·</mo><mtext>h</mtext>", "kW⋅h", "kilowatt hour"),
        ("<mo>(</mo><mi>a</mi><mtext>/</mtext><mi>b</mi><mo>)</mo><mtext>sin</mtext><mi>x</mi>",
         "(a/b)sin x", "a over b, times the sine of x"),
        ("<msup><mi>x</mi><mrow><mn>2</mn><mtext>/</mtext><mn>3</mn></mrow></msup>", "x^(2/3)",
         "x to the power of 2/3"),
        ("<msup><mi>x</mi><mrow><mo>(</mo><mi>n</mi><mo>−</mo><mn>1</mn><mo>)</mo><mtext>/</mtext>"
         "<mi>n</mi></mrow></msup>", "x^((n − 1)/n)",
         "x to the power of the quantity n minus 1, over n"),
        ("<mi>p</mi><mo>=</mo><mi>log</mi><mi>x</mi><mo>=</mo><mo>−</mo><mi>log</mi><mi>y</mi>",
         "p = log x = −log y", "p equals the logarithm of x equals minus the logarithm of y"),
        ("<mn>50</mn><mtext>mph</mtext><mo>(</mo><mn>1.5</mn><mtext>hours</mtext><mo>)</mo>",
         "50 mph(1.5 hours)", "50 mph times 1.5 hours"),
        ("<mi>X</mi><mo>∼</mo><mi>N</mi><mo>[</mo><mn>0</mn><mo>,</mo><mn>1</mn><mo>]</mo>",
         "X ∼ N[0, 1]", "X is distributed as N of 0, 1"),
        ("<mi>θ</mi><mo>(</mo><mn>30</mn><mtext>s</mtext><mo>)</mo><mo>−</mo><mi>θ</mi><mo>(</mo>"
         "<mn>0</mn><mtext>s</mtext><mo>)</mo>", "θ(30 s) − θ(0 s)",
         "theta of 30 s minus theta of 0 s"),
        ("<mi>a</mi><mo>=</mo><mi>m</mi><mo>(</mo><mn>3</mn><mtext>s</mtext><mo>)</mo><mo>−</mo>"
         "<mi>n</mi><mo>(</mo><mn>2</mn><mtext>s</mtext><mo>)</mo>", "a = m(3 s) − n(2 s)",
         "a equals m times 3 s minus n times 2 s"),
        ("<mo>(</mo><mi>r</mi><mi>sin</mi><mi>θ</mi><mo>)</mo><mi>i</mi>", "(r sin θ)i",
         "r times the sine of theta, times i"),
        ("<mi>x</mi><mo>=</mo><mi>y</mi><mspace/><mtext>and</mtext><mspace/><mtext>ln</mtext>"
         "<mspace/><mi>P</mi><mo>=</mo><mn>2</mn>", "x = y and ln P = 2",
         "x equals y and the natural logarithm of P equals 2"),
        ("<mn>0.5</mn><mspace/><mfrac><mtext>decays</mtext><mtext>second</mtext></mfrac>",
         "0.5 decays/second", "0.5 decays per second"),
        ("<mtext fontstyle='italic'>mg</mtext>", "mg", "m g"),
        ("<mstyle fontstyle='italic'><mrow><mtext>Av</mtext></mrow></mstyle>", "Av", "A v"),
        ("<mfrac><mrow><mn>80</mn><mspace/><mtext>beats</mtext></mrow><mtext>min</mtext></mfrac>",
         "(80 beats)/min", "80 beats per minute"),
        ("<msup><mi>g</mi><mo>′</mo></msup><mo>(</mo><mi>a</mi><mo>)</mo><mo>=</mo><mi>g</mi>"
         "<mo>(</mo><mi>b</mi><mo>)</mo>", "g′(a) = g(b)", "g prime of a equals g of b"),
        ("<msub><mi>T</mi><mi>∞</mi></msub>", "T_∞", "T sub infinity"),
        ("<mi>t</mi><mo>⟶</mo><mi>∞</mi>", "t ⟶ ∞", "t approaches infinity"),
        ("<msub><mi>W</mi><mrow><mi>t</mi><mo>⟶</mo><mn>0</mn></mrow></msub><mo>−</mo><mi>c</mi>",
         "W_(t ⟶ 0) − c", "W sub the quantity t approaches 0, minus c"),
        ("<mn>4</mn><mo>×</mo><msup><mrow><mo>(</mo><mn>3</mn><mo>)</mo></mrow><mn>2</mn></msup>",
         "4 × (3)²", "4 times 3 squared"),
        ("<mi>C</mi><mo>(</mo><mi>m</mi><mo>,</mo><mi>k</mi><mo>)</mo><mo>=</mo><mfrac>"
         "<mrow><mi>m</mi><mo>!</mo></mrow><mrow><mi>k</mi><mo>!</mo><mo>(</mo><mi>m</mi><mo>−</mo>"
         "<mi>k</mi><mo>)</mo><mo>!</mo></mrow></mfrac>", "C(m, k) = m!/(k!(m − k)!)",
         "C of m, k equals m factorial over the quantity k factorial times the quantity m minus k "
         "all factorial"),
        ("<mo>(</mo><mfrac linethickness='0'><mi>m</mi><mi>k</mi></mfrac><mo>)</mo><msup><mi>p</mi>"
         "<mi>k</mi></msup><mi>q</mi>", "(m k)p^k q",
         "m choose k, times p to the power of k, q"),
        ("<mn>1</mn><mo>,</mo><mo>…</mo><mn>9</mn>", "1, …9", "1, and so on to 9"),
        ("<msub><mtext>gain (fast): ZnO</mtext><mn>2</mn></msub><mo>+</mo><msup><mtext>2e</mtext>"
         "<mo>−</mo></msup><mo>⟶</mo><mtext>Zn</mtext>", "gain (fast): ZnO₂ + 2e⁻ ⟶ Zn",
         "gain fast, Z N O 2 plus 2 e minus gives Z N"),
        ("<mtable><mtr><mtd><mi>p</mi></mtd><mtd/><mtd><mi>q</mi></mtd></mtr><mtr><mtd/><mtd/>"
         "<mtd><mn>−2</mn></mtd></mtr></mtable>", "p q; −2", "p, q, −2"),
        ("<mi>r</mi><mo> </mo><mi>a</mi><mi>n</mi><mi>d</mi><mo> </mo><mi>s</mi>", "r and s",
         "r and s"),
        ("<mo>(</mo><mi>a</mi><mo>−</mo><mi>b</mi><mo>)</mo><mo>−</mo><mo>(</mo><mi>c</mi>"
         "<mo>−</mo><mi>d</mi><mo>)</mo>", "(a − b) − (c − d)",
         "the quantity a minus b, minus the quantity c minus d"),
        ("<mn>1</mn><mo>×</mo><mspace/><mo>(</mo><mn>+2</mn><mo>)</mo>", "1 × (+2)",
         "1 times positive 2"),
        ("<msub><mi>z</mi><mi>p</mi></msub><mo>(</mo><msqrt><mfrac><mi>a</mi><mi>b</mi></mfrac>"
         "</msqrt><mo>)</mo>", "z_p(√(a/b))",
         "z sub p times the square root of the quantity a over b"),
        ("<mo>(</mo><mn>1.5</mn><mo>)</mo><msqrt><mi>a</mi></msqrt>", "(1.5)√a",
         "1.5 times the square root of a"),
        ("<mi>x</mi><mo>=</mo><mi>c</mi><mspace/><mo>(</mo><mn>1</mn><mo>)</mo>", "x = c (1)",
         "x equals c, 1"),
        ("<mtable><mtr><mtd><munder><mtable><mtr><mtd><mi>x</mi><mo>=</mo><mn>1</mn></mtd></mtr>"
         "<mtr><mtd><mi>y</mi><mo>=</mo><mn>2</mn></mtd></mtr></mtable><mo>__</mo></munder></mtd>"
         "</mtr><mtr><mtd><mi>z</mi><mo>=</mo><mn>3</mn></mtd></mtr></mtable>",
         "x = 1; y = 2; z = 3", "x equals 1, y equals 2, z equals 3"),
        ("<mfrac><mfrac><mrow><mn>2</mn><mi>a</mi></mrow><mn>3</mn></mfrac><mfrac><mi>b</mi>"
         "<mn>4</mn></mfrac></mfrac>", "(2a/3)/(b/4)",
         "the quantity 2 a over 3, over the quantity b over 4"),
        ("<mn>2</mn><mi>k</mi><mo>²</mo><mo>–</mo><mn>7</mn>", "2k² − 7", "2 k squared minus 7"),
        ("<mo>(</mo><mi>x</mi><mo>−</mo><mn>2</mn><mo>)</mo><mo>⋅</mo><mi>h</mi>", "(x − 2) ⋅ h",
         "the quantity x minus 2, times h"),
        ("<mfrac><mrow><mi>r</mi><msqrt><mi>n</mi><mo>−</mo><mn>2</mn></msqrt></mrow><mi>s</mi>"
         "</mfrac>", "(r√(n − 2))/s",
         "r times the square root of the quantity n minus 2, over s"),
        ("<mo>[</mo><msub><mtext>HSO</mtext><mn>4</mn></msub><msup><mrow/><mo>−</mo></msup><mo>]</mo>",
         "[HSO₄⁻]", "the concentration of H S O 4 minus"),
        ("<mi>IQR</mi><mo>(</mo><mn>1.5</mn><mo>)</mo>", "IQR(1.5)", "IQR times 1.5"),
        ("<msup><mi>k</mi><mtext>th</mtext></msup>", "kth", "kth"),
        ("<mmultiscripts><mi>Y</mi><mprescripts/><mi>Z</mi><mi>A</mi></mmultiscripts>", "^A_ZY",
         "Y with mass number A and atomic number Z"),
        ("<msup><mrow/><mi>A</mi></msup><mi>Y</mi>", "^AY", "Y with mass number A"),
    ],
)  # fmt: skip
def test_what_signs_mean_where_they_stand(mathml: str, text: str, say: str) -> None:
    formula = read(mathml)
    assert (formula.maths.text, formula.maths.say) == (text, say)


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ("<mi>x</mi><mo>⋈</mo><mi>y</mi>", "x⋈y"),
        ("<mi>x</mi><mo>|</mo>", "x |"),
        ("<mi>光</mi>", "光"),
        ("<mi>x</mi><apply><ci>y</ci></apply>", "xy"),
        ("<mi>x</mi><merror><mtext>no</mtext></merror>", "xno"),
        ('<menclose notation="phasorangle"><mi>x</mi></menclose>', "x"),
        ('<mfrac linethickness="0"><mi>x</mi><mi>y</mi></mfrac>', "x y"),
    ],
)
def test_a_formula_that_nobody_can_say_is_not_said(inside: str, text: str) -> None:
    formula = read(inside)
    assert (formula.maths.text, formula.maths.say) == (text, "")


def test_a_formula_too_crowded_to_be_heard_is_not_said() -> None:
    term = "<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mi>c</mi></mfrac>"
    assert read(f"{term}<mo>+</mo>{term}<mo>=</mo>{term}<mo>−</mo>{term}").maths.say
    crowded = read(f"<mfrac><mrow>{term}<mo>+</mo>{term}</mrow>{term}</mfrac>").maths
    assert crowded.say == "" and crowded.text.count("(a + b)/c") == 3


def test_a_fraction_of_sums_of_fractions_is_not_said() -> None:
    part = "<mfrac><mrow><mi>a</mi><mo>−</mo><mi>b</mi></mrow><mi>c</mi></mfrac>"
    assert read(f"<mfrac>{part}{part}</mfrac>").maths.say == ""


def test_a_measure_in_brackets_is_an_aside() -> None:
    formula = read("<mo>(</mo><mn>6</mn><mspace/><mtext>kN</mtext><mo>)</mo>")
    assert (formula.opening, formula.maths.text, formula.closing) == ("(", "6 kN", ")")


def test_a_formula_of_which_a_number_or_a_sign_would_not_be_heard_is_not_said() -> None:
    words = locale_for("en").formulas.words
    assert complete(Maths("x₁ = −2", "x sub 1 equals −2", ""), words)
    assert complete(Maths("²³⁵₉₂U", "uranium 235", ""), words)
    for said in ("x sub 1 equals 2", "x equals −2", "x sub 1 −2", "x sub 1 equals −20"):
        assert not complete(Maths("x₁ = −2", said, ""), words)


@pytest.mark.parametrize(
    ("latex", "say"),
    [
        (r"\binom{5}{2} = 10", "5 choose 2 equals 10"),
        (r"\sum_{i=1}^{n} i", "the sum from i equals 1 to n of i"),
        (r"\int_0^1 x dx", "the integral from 0 to 1 of x d x"),
        (r"\sin^2\theta", "the sine squared of theta"),
        (r"\lim_{x \to 0} f(x)", "the limit as x approaches 0 of f of x"),
        (r"\log_2 8 = 3", "the logarithm to base 2 of 8 equals 3"),
        (r"|x - 3| < 5", "the absolute value of the quantity x minus 3, is less than 5"),
        (r"2|x|", "2 times the absolute value of x"),
        (r"\sqrt{x + 1} - 2", "the square root of the quantity x plus 1, minus 2"),
        (r"\frac{3}{y} + 2", "3 over y, plus 2"),
        (r"x^n + 1", "x to the power of n, plus 1"),
        (r"\ln x + 2", "the natural logarithm of x, plus 2"),
        (r"|x| + 2", "the absolute value of x, plus 2"),
        (r"(2x)^3", "the quantity 2 x all cubed"),
        (r"(\frac{a}{b})^n", "the quantity a over b all to the power of n"),
        (r"2\pi(3) = 6\pi", "2 pi times 3 equals 6 pi"),
        (r"\approx 5", "about 5"),
        (r"x_{i-1} + x_i", "x sub the quantity i minus 1, plus x sub i"),
        (r"f(x)g(x)", "f of x times g of x"),
        (r"\int_a^b (2xf(x)) dx", "the integral from a to b of 2 x f of x d x"),
        (r"\sqrt{2(3)}", "the square root of the quantity 2 times 3"),
        (r"C(3) = 5", ""),
        (r"\frac{\sin 50°}{10}", "the sine of 50 degrees, over 10"),
        (r"c\frac{\sin x}{10}", "c times the sine of x, over 10"),
        (r"d(P, F)", "d of P, F"),
        (r"a = 5\ b = 6", "a equals 5, b equals 6"),
        (r"a = 5\ \text{or}\ b = 6", "a equals 5 or b equals 6"),
        (r"\Delta G_{298}^{°}", "delta G sub 298 standard"),
        (r"S_{298}^{°}(A)", "S sub 298 standard of A"),
        (r"\rho(x, y, z)", "rho of x, y, z"),
        (r"2 \times 10^5 m", "2 times 10 to the power of 5 m"),
        (r"x^{(1/n) - 1}", "x to the power of the quantity 1 over n, minus 1"),
        (r"m(x^{1/n})^{m-1}", "m times the quantity x to the power of 1 over n all to the power of "
         "the quantity m minus 1"),
        (r"3x(-x^2)^n", "3 x times the quantity minus x squared all to the power of n"),
        (r"a_n 3^n x^n", "a sub n times 3 to the power of n, x to the power of n"),
        (r"\log_4 \frac{1}{x}", "the logarithm to base 4 of 1 over x"),
        (r"T \sim t_{14}", "T is distributed as t sub 14"),
        (r"0.05(1,160)", "0.05 times 1,160"),
        (r"P(x > 1) + P(x = 0)",
         "the probability that x is greater than 1, plus the probability that x equals 0"),
        (r"\frac{a/b}{c/d}", "the quantity a over b, over the quantity c over d"),
        (r"\{1, 2, 3\}", "the set 1, 2, 3"),
        (r"\{x | x > 0\}", "the set of all x such that x is greater than 0"),
        (r"(-\infty, 3]", "the interval from minus infinity to 3 included"),
        (r"P(A|B)", "P of A given B"),
        (r"a \mid b", "a divides b"),
        (r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", "the matrix 1 2, 3 4"),
        (r"a \equiv b \pmod{n}", "a is congruent to b modulo n"),
        (r"f^{-1}(x)", "f inverse of x"),
        (r"\vec{a} \cdot \vec{b}", "vector a dot vector b"),
        (r"x \to \infty", "x approaches infinity"),
        (r"\begin{cases} x & x \ge 0 \\ -x & x < 0 \end{cases}",
         "x if x is at least 0, minus x if x is less than 0"),
        (r"{}^{14}_{6}C", "carbon 14"),
        (r"\ce{2H2 + O2 -> 2H2O}", "2 H 2 plus O 2 gives 2 H 2 O"),
        (r"\foo x", ""),
        (r"P(A \mid B)", "P of A given B"),
        (r"17 \equiv 2 (\mod 5)", "17 is congruent to 2 modulo 5"),
        (r"f: A \to B", "f, A to B"),
        (r"\ce{CuSO4 . 5H2O}", "C U S O 4 dot 5 H 2 O"),
        (r"\ce{Ag+ + Cl- -> AgCl v}", "A G plus plus C L minus gives A G C L solid"),
        (r"\begin{aligned} x + 1 &= 3 \\ x &= 2 \end{aligned}", "x plus 1 equals 3, x equals 2"),
        (r"3\ \mathrm{J\,kg^{-1}\,K^{-1}}", "3 joules per kilogram kelvin"),
        (r"9\ \mathrm{ms^{-1}}", "9 meters per second"),
    ],
)  # fmt: skip
def test_latex_is_said_right(latex: str, say: str) -> None:
    formula = read_latex(latex, "en")
    assert formula is not None and formula.maths.say == say


@pytest.mark.parametrize(
    ("mathml", "closing"),
    [
        ("<mi>x</mi><mtext>.</mtext>", "."),
        ("<mi>x</mi><mo>,</mo><mspace width='1em'/>", ","),
        ("<mi>x</mi><mtext>Ω.</mtext>", "."),
        ("<mi>x</mi>", ""),
        ("<mi>x</mi><mtext>.”</mtext>", ".”"),
        ("<mi>x</mi><mtext>O?</mtext>", "?"),
    ],
)
def test_the_punctuation_of_the_sentence_is_not_the_formulas(mathml: str, closing: str) -> None:
    formula = read(mathml)
    assert formula.closing == closing
    assert not formula.maths.text.endswith((".", ","))


@pytest.mark.parametrize("inside", ["", "<mrow/>", "<mspace width='1em'/>", "<mtext> </mtext>"])
def test_a_formula_that_shows_nothing_is_none(inside: str) -> None:
    assert read_formula(etree.fromstring(f'<math xmlns="{MATHML}">{inside}</math>'), "en") is None


def test_signs_are_said_in_the_language_of_the_book() -> None:
    assert read("<mi>a</mi><mo>=</mo><mi>b</mi>", "es").maths.say == "a es igual a b"
    assert read("<mi>a</mi><mo>=</mo><mi>b</mi>", "es-MX").maths.say == "a es igual a b"


# -- every formula of a book -------------------------------------------------------------------


def test_no_formula_of_a_book_comes_out_empty() -> None:
    assert len(book()) >= 25
    lost = [
        source
        for source, formula in book()
        if formula is None
        or not formula.maths.text.strip()
        or not (formula.maths.say.strip() or "|_" in formula.maths.text)
        or not formula.maths.latex.strip()
    ]
    assert lost == []


def test_no_letter_or_digit_of_a_book_s_formulas_is_lost() -> None:
    def kept(text: str) -> list[str]:
        return sorted(c for c in text if c.isascii() and c.isalnum())

    small = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉ⁿ", "01234567890123456789n") | {ord("½"): "12"}
    wrong = []
    for source, formula in book():
        assert formula is not None
        root = etree.fromstring(source)
        text = (formula.maths.text + formula.closing).translate(small)
        if kept("".join(root.itertext()).translate(small)) != kept(text):
            wrong.append((source, formula.maths.text))
    assert wrong == []


def test_every_formula_of_a_book_can_be_spoken() -> None:
    for source, formula in book():
        assert formula is not None
        assert not formula.maths.say or spoken_tokens(formula.maths.say, "en"), source
        assert "\\" not in formula.maths.say and "{" not in formula.maths.say


def test_every_formula_of_a_book_can_be_typeset() -> None:
    parser = MathTextParser("path")
    for _, formula in book():
        assert formula is not None
        latex = formula.maths.latex
        assert latex.isascii(), latex
        if r"\begin{array}" in latex:  # which mathtext lacks
            assert "<mtable" in convert(latex)
            assert latex.count("{") - latex.count(r"\{") == latex.count("}") - latex.count(r"\}")
        else:
            parser.parse(f"${latex}$")


# -- LaTeX -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        ("F = ma", "F = ma"),
        (r"\frac{1}{2} m v^2", "1/2 mv²"),
        (r"a_c = \frac{v^2}{r}", "a_c = v²/r"),
        (r"\Delta x \approx 3", "Δx ≈ 3"),
        (r"\sqrt{x+1}", "√(x + 1)"),
    ],
)
def test_latex_is_read_too(latex: str, text: str) -> None:
    formula = read_latex(latex, "en")
    assert formula is not None
    assert (formula.maths.text, formula.maths.latex) == (text, latex)


@pytest.mark.parametrize("latex", ["", r"\frac{1", "}", "{" * 500 + "}" * 500, "x" * 5000])
def test_what_is_not_latex_is_none(latex: str) -> None:
    assert read_latex(latex, "en") is None
