"""Personal data by its form, and numbers that only look like it."""

from __future__ import annotations

import pytest

from vividly.lesson.safety.personal import personal_data


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("my mail is sarah.j@gmail.com", "email"),
        ("write to SARAH+school@outlook.co.uk.", "email"),
        ("coolkid99 at gmail dot com", "email"),
        ("pepito arroba hotmail punto com", "email"),
        ("text me 202-555-0173", "phone"),
        ("(415) 555-2671", "phone"),
        ("415.555.2671 is my cell", "phone"),
        ("call me 5550173 ok", "phone"),
        ("+44 20 7946 0958", "phone"),
        ("mi número es 612345678", "phone"),
        ("my ssn 219-09-9999", "identity_number"),
        ("219-09-9999", "identity_number"),
        ("social security number: 219099999", "identity_number"),
        ("mi DNI es 12345678Z", "identity_number"),
        ("mi NIE X1234567L", "identity_number"),
        ("CURP GOMC960912HDFRRL09", "identity_number"),
        ("4539 5787 6362 1486", "card"),
        ("visa 4111111111111111 exp 04/29", "card"),
        ("3782 822463 10005", "card"),
        ("i live at 742 Evergreen Terrace", "home_address"),
        ("1420 Maple Street, Austin TX 78701", "home_address"),
        ("my address is 5b west pine ave", "home_address"),
        ("vivo en la calle Mayor 25, Madrid", "home_address"),
        ("My name is Sarah Miller and I go to Lincoln Elementary", "name_and_place"),
        ("me llamo Ana Ruiz y vivo en Puebla", "name_and_place"),
    ],
)
def test_found(text: str, kind: str) -> None:
    assert personal_data(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "solve 3x + 12 = 48",
        "what is 212-555-1987 minus 3",
        "6.02214076e23 particles",
        "602214076000000000000000",
        "299792458 m/s",
        "c = 299 792 458 m/s",
        "40.7128, -74.0060",
        "1914-1918 and 1939-1945",
        "2024-03-15",
        "ISBN 978-3-16-148410-0",
        "is 4539578763621486 prime",
        "4539 5787 6362 1487",  # the check digit is wrong
        "1234 5678 9012 3456",
        "mean of 212 555 198 760 and 345",
        "1,234,567,890 nanoseconds",
        "3.14159265358979",
        "a cell has 37000000 proteins",
        "atomic masses 12.011 15.999 1.008",
        "10:30:00 to 11:45:00",
        "the DNA is 3200000000 bases long",
        "a force of 12345678 N",
        "mi DNI es 12345678A",  # the letter is wrong
        "000-12-3456",
        "x@y is an operator in matrix maths",
        "info@example.com is an e-mail",
        "who lives at 10 Downing Street",
        "Sherlock lives at 221B Baker Street",
        "the 1929 Wall Street crash",
        "a car drives 50 km on a road",
        "i live in Texas",
        "my name is Emma and I live for maths",
        "My name is Sarah Miller",
        "whatsapp has 2000000000 users",
        "",
    ],
)
def test_not_found(text: str) -> None:
    assert personal_data(text) is None


@pytest.mark.parametrize(
    ("language", "found"), [("es-ES", "phone"), ("en-US", None), ("xx-ZZ", None)]
)
def test_the_region_settles_how_phone_numbers_look(language: str, found: str | None) -> None:
    assert personal_data("91-123-4567 or 912-345-678", language=language) == found
