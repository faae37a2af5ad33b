"""Finds the sentences of a textbook that a lesson can narrate, and those that can begin a scene.

A lesson cannot narrate sentences for a reader of the page: "as Figure 4.5 shows", "in this
section you will learn". A sentence that begins a scene must also be clear without the sentence
before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from vividly.lesson.scripting.sentences import (
    MOST_CHARACTERS,
    MOST_WORDS,
    split_sentence,
)
from vividly.lesson.speech.formulas import NAMED
from vividly.model.lesson import Passage
from vividly.text.sentences import split_sentences
from vividly.text.signs import unnamed_signs
from vividly.text.words import capitalized

FEWEST_WORDS = 5
MOST_LETTERS = 0.14
"""Share of single letters ("v sub 0 plus a t") above which a sentence is a calculation."""
_PICTURES = (
    r"figures?|figs?\.|tables?|diagrams?|graphs?|plots?|charts?|maps?|photo(?:s|graphs?)?|pictures?|images?"
    r"|illustrations?|drawings?|videos?|simulations?|animations?|applets?"
)
_PARTS = r"chapters?|sections?|modules?|units?|lessons?|pages?|books?|texts?|appendix|appendices"
_TASKS = (
    r"examples?|exercises?|problems?|questions?|activit\w+|labs?|experiments?|equations?|eqs?\."
)
ELSEWHERE = re.compile(
    rf"\b(?:{_PICTURES}|{_PARTS}|{_TASKS}) \(?(?:\d|[IVX]+\b|[A-Z]\b(?! equals))"
    rf"|\b(?:this|the|that|these|those|each|our|next|previous|last|following|preceding|above|below"
    rf"|adjacent|accompanying) (?:\w+ )?(?:{_PICTURES}|{_PARTS})\b"
    rf"|\b(?:these|next|previous|last|following|preceding|above|below) (?:\w+ )?(?:{_TASKS})\b"
    rf"|\b(?:{_PICTURES}|{_TASKS}) (?:above|below|show|illustrat|depict)"
    r"|\b(?:shown|illustrated|depicted|pictured|displayed|plotted|listed|sketched|summarized|drawn)"
    r" (?:here|above|below|in|on|at|by)\b|\b(?:in|at|from) (?:figures?|tables?)\b"
    r"|\b(?:mentioned|described|discussed|given|noted|seen|used|stated|presented|defined|introduced)"
    r" (?:here|above|below|before)\b|\b(?:plotted|labell?ed|arrows?|[xy][- ]axis)\b"
    r"|\b(?:the following|as follows|earlier|previously|aforementioned|later (?:in|on)|sig\. fig"
    r"|click|visit|https?|www|scroll|textbook|worksheet|teacher|instructor|classmates?|except where"
    r"|on the (?:left|right)[,.]|(?:left|right) (?:side )?of the equation"
    r"|out of the page|into the page|credit|photo|courtesy|copyright|panel|dashed|dotted|shaded)\b",
    re.I,
)
"""Words that refer to something that a listener does not see."""
_AUTHOR = re.compile(
    r"\bas (?:(?:we|you|was|were|is|are|just|already|previously|may|can|might|will|have) )*"
    r"(?:shown|noticed|observed|heard|see|seen|saw|discussed|mentioned|described|noted|stated"
    r"|explained|illustrated|learned|assume|expect|imagine|guess|know|recall|remember)\b"
    r"|\b(?:we|you)(?:['’]ll| will| shall| have| are going to| already| just| now| can now| next"
    r"| must) (?:\w+ )?"
    r"(?:see|saw|seen|learn\w*|discuss\w*|stud\w+|explor\w+|consider\w*|find|look"
    r"|talk|cover\w*|examin\w+|return|solve|read|encounter\w*|introduce\w*|defined?|need|rearrange|be)\b"
    rf"|\bthis (?:\w+ )?(?:{_TASKS})\b|\bwe know from\b|\bwhichever\b|\byou may (?:use|think)\b"
    r"|\bwe(?: are|['’]re) (?:\w+ )?(?:using|concerned|interested|given|told|asked|looking"
    r"|trying)\b"
    r"|\bwe (?:(?:can|could|now|also|often|further|first|then|must|need|may) )*(?:figure|find|see"
    r"|use|write|solve|calculate|determine|express|define|identify|consider|refer|begin|start|assume"
    r"|treat|discuss|notice|observe|take|look|turn|introduce|derive|work|apply|combine|examine)\b"
    r"|\b(?:our|this|the) (?:study|discussion|treatment|examination) of\b"
    r"|\b(?:worked examples?|(?:we|you)['’]ll|in detail|hopefully|half the battle|calculator"
    r"|coming back to|we can ask|before we study|come a long way"
    r"|let us|let['’]s|we get|we write|we obtain|we wrote|plugging"
    r"|substitut\w+|solving for|rearrang\w+|i|my|me)\b",
    re.I,
)
"""Words with which an author guides the reader through the book."""
_INSTRUCTION = re.compile(
    r"(?:calculate|determine|find|draw|sketch|explain|describe|identify|list|write|solve|use|try"
    r"|consider|suppose|imagine|look|compare|state|show|discuss|estimate|choose|place|repeat|take"
    r"|make|ask|be sure|check|review|see|refer|think|start|begin|add|subtract|multiply|divide|set"
    r"|convert|get|pick|hold|put|observe|give|name|predict|read|go|click|press|select|measure|plot"
    r"|graph|rank|construct|analyze|evaluate|define|enter|assume|apply|ensure|watch|notice how"
    r"|did you|do you|have you|can you|if you(?:'re| are) (?:stuck|unsure)|now|next"
    r"|(?:first|second|third)(?=,)|finally|then|again|table|figure|example|solution|strategy|discussion|tip|where|here)\b",
    re.I,
)
_LEAD_IN = re.compile(
    r"^(?:(?:please )?(?:note|notice|remember|recall|keep in mind|it should be noted|be aware"
    r"|observe|it is important to (?:note|remember)|we (?:see|know|find|note) (?:here )?)"
    r"(?: also)?,? that,? "
    r"|of course, |in general, |generally, |basically, |mathematically, |thus, |therefore, )",
    re.I,
)
_ASIDE = re.compile(r"(?:^|\s+)[(\[][^()\[\]]*[)\]]")
_UNSAYABLE = re.compile(r"[()\[\]\\{}^|<>~@#*_=∑∫√≈≤≥∝→•●]|\.\.\.|…")

# fmt: off
_LEANS = frozenset((
    "this", "these", "those", "that", "such", "they", "it", "he", "she", "his", "her", "its",
    "their", "them", "however", "therefore", "thus", "hence", "also", "instead", "likewise",
    "similarly", "another", "other", "others", "both", "neither", "former", "latter", "same",
    "again", "too", "moreover", "furthermore", "consequently", "otherwise", "meanwhile",
    "nevertheless", "conversely", "additionally", "accordingly", "indeed", "subsequently", "above",
))
# fmt: on
_LEANING = re.compile(
    r"(?:so|but|and|or|yet|nor|because|since|while|then|here|there(?! (?:is|are|was|were)\b)|now"
    r"|for (?:example|instance)|in (?:fact|addition|contrast|turn|short|particular|comparison|each)"
    r"|as a result|on the|by (?:contrast|comparison)|in the (?:first|second|former|latter|case)"
    r"|the (?:first|second|third|last|next|answer|reason|result|results|two|three|only|difference)"
    r"|there (?:is|are) (?:\w+ ){1,3}(?:reasons?|ways?|steps?|exceptions?|examples?)\."
    r"|in (?:summary|conclusion|simpler terms|other words)"
    r"|one (?:of them|example|such|way|is)|some of (?:them|this)|to do (?:so|this|that)|yes|no|he"
    r"|we (?:now|then|also)|not|even|still|just|only|well|to (?:see|understand) (?:why|how)|not so"
    r"|(?:first|second|third|last|finally|lastly)(?=,)|if (?:so|not|interested)\b"
    r"|(?:\w+ ){0,4}(?:do|does|doing|did) so\b|an example|examples|like any"
    r"|as (?:with|in)|unlike|all of|most of|each of|none|each time|an? more \w+ definition)\b",
    re.I,
)
_POINTS_BACK = re.compile(
    r"\bsuch (?!as\b|an?\b|that\b)|\btherefore\b|\b(?:can|may|will|is|are|must) then\b", re.I
)


@dataclass(frozen=True)
class Sayable:
    """A sentence that can be narrated.

    Attributes:
        say: the sentence as narrated.
        shown: a short formula that it states, as written, or None.
        at: its position in the passage; adjacent sentences have consecutive positions.
    """

    say: str
    shown: str | None
    passage: Passage
    at: int

    @property
    def words(self) -> int:
        return len(self.say.split())


def sayables(passage: Passage, *roles: str) -> list[Sayable]:
    """Return the sentences of a passage that can be narrated, of these roles (default: all)."""
    return [
        Sayable(say, sentence.show, passage, at)
        for at, sentence in enumerate(passage.sentences)
        if not roles or sentence.role in roles
        for say in [sayable(sentence.say)]
        if say is not None
    ]


def sayable(sentence: str) -> str | None:
    """Convert a sentence for narration, without asides in brackets; None if it is unsuitable."""
    say = plain(sentence)
    if not say.endswith(".") or not say[:1].isalnum() or sentence[:1].islower():
        return None
    if ELSEWHERE.search(say) or _AUTHOR.search(say) or _INSTRUCTION.match(say) or ":" in say:
        return None
    return within_breath(say) if is_readable(say) else None


def aim(sentence: str) -> str | None:
    """Convert a learning objective for narration; None if it is unsuitable."""
    say = re.sub(r",? (?:and|or)\.$", ".", plain(sentence))
    fine = say.endswith(".") and not ELSEWHERE.search(say) and ":" not in say and is_readable(say)
    return say if fine else None


def plain(sentence: str) -> str:
    """Remove asides in brackets and lead-ins such as "Note that" from a sentence."""
    say = sentence
    while (shorter := _ASIDE.sub("", say)) != say:
        say = shorter
    say = _LEAD_IN.sub("", re.sub(r"\s+([,.;?!])", r"\1", " ".join(say.split())))
    return capitalized(say)


def is_readable(
    say: str, *, most_letters: float = MOST_LETTERS, fewest: int = FEWEST_WORDS
) -> bool:
    """Whether a sentence can be read aloud: it consists of words, not of formulas."""
    words = say.split()
    if len(words) < fewest or _UNSAYABLE.search(say) or unnamed_signs(say, "en", besides=NAMED):
        return False
    return sum(map(is_symbol, pairwise(["", *words]))) <= most_letters * len(words)


def is_symbol(pair: tuple[str, str]) -> bool:
    """Whether the second of two words is a single letter, and not the unit of a number ("5 m")."""
    before, word = pair
    letter = len(word.strip(".,;'’")) == 1 and word[0].isalpha() and word not in "aAI"
    return letter and not before[:1].isdigit()


def within_breath(say: str) -> str | None:
    """Split sentences that are too long to speak; None if one cannot be split."""
    parts: list[str] = []
    for sentence in split_sentences(say):
        waiting = [sentence]
        while waiting:
            part = waiting.pop(0)
            if len(part.split()) <= MOST_WORDS:
                parts.append(part)
                continue
            two = split_sentence(part)
            if two is None:
                return None
            waiting = [*two, *waiting]
    joined = " ".join(parts)
    return joined if len(joined) <= MOST_CHARACTERS else None


def can_begin(say: str) -> bool:
    """Whether a sentence is clear without the one before it."""
    words = [word.strip(",.;'’").lower() for word in say.split()]
    leans = _LEANS & set(words[:4]) or {"this", "these", "those"} & set(words[:8])
    leans = leans or {"her", "him", "his"} & set(words)
    return not (_LEANING.match(say) or leans or _POINTS_BACK.search(say))


def runs(passage: Passage) -> Iterator[list[Sayable]]:
    """Yield runs of adjacent sentences that can be narrated; the first of each can begin."""
    run: list[Sayable] = []
    for sentence in sayables(passage):
        if run and sentence.at != run[-1].at + 1:
            yield run
            run = []
        if run or can_begin(sentence.say):
            run.append(sentence)
    if run:
        yield run
