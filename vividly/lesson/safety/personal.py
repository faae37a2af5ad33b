"""Finds personal data by its format: addresses, phone numbers, card numbers.

School questions are full of numbers, so a number alone is never enough: it must have the format of
such a number or a valid check digit, or stand beside words that say what it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

import phonenumbers
from phonenumbers import Leniency, PhoneNumberMatcher
from stdnum import luhn
from stdnum.es import dni, nie

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@((?:[\w-]{1,63}\.){1,4}[a-z]{2,24})(?![\w-])", re.I)
_NOBODYS = re.compile(
    r"(?:.*\.)?(?:example|test|invalid|localhost)(?:\.(?:com|org|net|edu))?", re.I
)
"""Domains reserved for examples (RFC 2606)."""
_EMAIL_IN_WORDS = re.compile(
    r"[\w.+-]{1,64}\s{0,3}(?:\(at\)|\[at\]|\sat\s|\sarroba\s)\s*"
    r"(?:gmail|googlemail|hotmail|outlook|yahoo|icloud|proton(?:mail)?|live|aol|gmx)"
    r"\s*(?:\.|\(dot\)|\[dot\]|\sdot\s|\spunto\s)\s*[a-z]{2,3}\b",
    re.I,
)
_SUMS = re.compile(
    r"[=×÷^*√]|\b(?:times|minus|plus|divided|divide|divisible|multiply|multiplied|subtract|add|sum|mean|"
    r"median|average|calculate|evaluate|simplify|solve|round|convert|prime|factor|digits?|isbn|"
    r"por|entre|menos|suma|resta|calcula|divide|primo)\b",
    re.I,
)
"""Signs and words that make a row of numbers a calculation."""
_NUMBER = re.compile(r"(?<![\w.,])\+?\(?\d(?:[\d().\s-]{0,20})\d(?![\w])(?!\.\d)")
_LIKE_A_PHONE = re.compile(r"\(\d{2,4}\)\s?\d|\d{2,4}[-.]\d{3,4}[-.]\d{3,4}")
_PHONE_SAID = re.compile(
    r"(?:\b(?:my|his|her|their|our|your)|'s)\s+(?:\w+\s+){0,2}?"
    r"(?:phone|cell|cellphone|mobile|telephone|number|digits)\b"
    r"|\b(?:phone|cell|mobile|telephone|contact)\s*(?:number|no\b|#|:)"
    r"|\b(?:call|text|dial|whatsapp|sms|msg|message|reach|ring)\s+(?:me|him|her|us|them)\b"
    r"|\b(?:mi|su|tu)\s+(?:n[uú]mero|tel[eé]fono|celular|m[oó]vil|cel|whatsapp)\b"
    r"|\bn[uú]mero\s+de\s+(?:tel[eé]fono|celular|m[oó]vil)\b|\b(?:ll[aá]ma|escr[ií]be)me\b",
    re.I,
)
_SSN = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_SSN_SAID = re.compile(
    r"\b(?:ssn|social\s+security)\b[^?!]{0,30}?(?<!\d)\d{3}[ -]?\d{2}[ -]?\d{4}(?!\d)", re.I
)
_CARD = re.compile(r"(?<![\d.,-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\d-])(?![.,]\d)")
_CARD_GROUPS = re.compile(r"\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}([ -])\d{6}\2\d{5}")
_CARD_SAID = re.compile(
    r"\b(?:card|visa|mastercard|amex|discover|cvv|cvc|credit|debit|tarjeta)\b", re.I
)
_STREET = (
    r"(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|terrace|place|pl|"
    r"way|circle|cir|trail|parkway|pkwy|highway|hwy|square|close|crescent)\b"
)
_HOUSE = r"\d{1,5}[a-z]?\s+(?:[\w'.-]+\s+){1,4}?" + _STREET
_LIVES_AT = re.compile(
    r"\b(?:live|lives|living|reside|resides|address\s+is|address:|house\s+is|home\s+is|"
    r"stays?|staying|come\s+over|come)\s+(?:(?:at|in|on|to|over|currently|now)\s+){0,2}" + _HOUSE,
    re.I,
)
_WITH_ZIP = re.compile(
    r"\b" + _HOUSE + r"[.,]?\s+[^?!]{0,40}?\b[A-Z]{2}\s+\d{5}(?:-\d{4})?\b", re.I
)
_FAMOUS = re.compile(
    r"\b(?:10\s+downing|221b\s+baker|1600\s+pennsylvania|4\s+privet|32\s+windsor)\s", re.I
)
_LIVES_AT_ES = re.compile(
    r"\b(?:vivo|vive|viven|vivimos|direcci[oó]n\s+es|mi\s+casa\s+est[aá]|domicilio\s+es)\s+"
    r"[^?!.]{0,20}?\b(?:calle|avenida|avda|av|carrera|paseo|plaza|colonia|camino|ronda)\b\.?\s"
    r"[^?!]{0,40}?\b\d{1,5}\b",
    re.I,
)
_NAME_AND_PLACE = re.compile(
    r"\b(?:my\s+name\s+is|me\s+llamo|mi\s+nombre\s+es)\s+[^\W\d_]{1,30}\s+"
    r"(?!and\b|i\b|im\b|i'm\b|y\b|tengo\b)[^\W\d_]{1,30}\b[^?!]{0,40}?\b"
    r"(?:i\s+go\s+to|i\s+attend|i\s+live|voy\s+al?\s+(?:la\s+escuela|colegio)|vivo\s+en|estudio\s+en)\b",
    re.I,
)
_DNI = re.compile(r"\b(?:dni|nif|nie)\b[^?!]{0,20}?\b([xyz]?\d{7,8})[ -]?([a-z])\b", re.I)
_CURP = re.compile(r"\b[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d\b", re.I)
_NEAR = 40
"""Most characters between a number and the words that say what it is."""
_REGIONS = {"en": "US", "es": "ES"}


def personal_data(text: str, *, language: str = "en") -> str | None:
    """The kind of personal data in a text (`email`, `phone`, ...), or None.

    Args:
        language: a BCP 47 tag; its region decides the format of phone numbers.
    """
    text = unicodedata.normalize("NFKC", text)
    if _email(text):
        return "email"
    if _NAME_AND_PLACE.search(text):
        return "name_and_place"
    if not any(c.isdigit() for c in text):
        return None
    finders: dict[str, Callable[[], bool]] = {
        "card": lambda: _card(text),
        "identity_number": lambda: _identity_number(text),
        "phone": lambda: _phone(text, language),
        "home_address": lambda: _home_address(text),
    }
    return next((kind for kind, found in finders.items() if found()), None)


def _email(text: str) -> bool:
    if _EMAIL_IN_WORDS.search(text):
        return True
    return "@" in text and any(not _NOBODYS.fullmatch(match[1]) for match in _EMAIL.finditer(text))


def _card(text: str) -> bool:
    said = _CARD_SAID.search(text)
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if (
            13 <= len(digits) <= 19
            and (said or _CARD_GROUPS.fullmatch(match[0]))
            and luhn.is_valid(digits)
        ):
            return True
    return False


def _identity_number(text: str) -> bool:
    if _SSN_SAID.search(text) or (_SSN.search(text) and not _SUMS.search(text)):
        return True
    if _CURP.search(text):
        return True
    return any(_is_dni(match[1], match[2]) for match in _DNI.finditer(text))


def _is_dni(number: str, letter: str) -> bool:
    """A Spanish identity number: eight digits for citizens, X, Y or Z and seven for others."""
    written = number.upper() + letter.upper()
    return bool(dni.is_valid(written.zfill(9)) or nie.is_valid(written))


def _phone(text: str, language: str) -> bool:
    numbers = [m for m in _NUMBER.finditer(text) if 7 <= sum(map(str.isdigit, m[0])) <= 15]
    if not numbers:
        return False
    if any(_is_said(match, text) for match in numbers):
        return True
    if _SUMS.search(text):
        return False
    return any(
        _LIKE_A_PHONE.search(found) or found.startswith("+")
        for match in numbers
        for found in _valid_phones(match[0], language)
    )


def _is_said(number: re.Match[str], text: str) -> bool:
    """Whether the words beside a number call it a phone number."""
    return bool(
        _PHONE_SAID.search(text, max(0, number.start() - _NEAR), number.start())
        or _PHONE_SAID.search(text, number.end(), number.end() + _NEAR)
    )


def _valid_phones(text: str, language: str) -> Iterator[str]:
    base, *rest = language.replace("_", "-").split("-")
    own = next((part.upper() for part in rest if len(part) == 2), _REGIONS.get(base.lower(), "US"))
    for region in dict.fromkeys((own, "US")):
        if region in phonenumbers.SUPPORTED_REGIONS:
            for match in PhoneNumberMatcher(text, region, leniency=Leniency.VALID):
                yield match.raw_string


def _home_address(text: str) -> bool:
    if _LIVES_AT_ES.search(text):
        return True
    found = _LIVES_AT.search(text) or _WITH_ZIP.search(text)
    return bool(found) and not _FAMOUS.search(text)
