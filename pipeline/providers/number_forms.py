"""Numbers that are written in two ways: one person, whichever of them a message came from.

WhatsApp keeps the form that somebody registered with, SMS has the one of today's plan. Each rule is
exact: both forms stand for the same line, and no other line has either of them.
"""

import re
from typing import NamedTuple


class Rule(NamedTuple):
    """A pattern of today's form and one of the other; each has a template for its counterpart."""

    today: re.Pattern[str]
    to_other: str
    other: re.Pattern[str]
    to_today: str


def _rule(today: str, to_other: str, other: str, to_today: str) -> Rule:
    return Rule(re.compile(today, re.ASCII), to_other, re.compile(other, re.ASCII), to_today)


RULES = (
    # Brazil's mobile numbers got a ninth digit, a 9 in front (Anatel, Resolution 553/2010).
    _rule(r"\+55([1-9]\d)9([6-9]\d{7})", r"+55\1\2", r"\+55([1-9]\d)([6-9]\d{7})", r"+55\g<1>9\2"),
    # Mexico's mobile numbers lost the 1 behind the country code (IFT, 3 August 2019).
    _rule(r"\+52([2-9]\d{9})", r"+521\1", r"\+521([2-9]\d{9})", r"+52\1"),
    # Argentina's mobile numbers have a 9 there when called from abroad (ENACOM); areas begin with
    # 1, 2 or 3.
    _rule(r"\+549([1-3]\d{9})", r"+54\1", r"\+54([1-3]\d{9})", r"+549\1"),
    # Benin put 01 before every number (ARCEP, 30 November 2024).
    _rule(r"\+22901([2-9]\d{7})", r"+229\1", r"\+229([2-9]\d{7})", r"+22901\1"),
    # Côte d'Ivoire put the operator's digits before each mobile number, 07, 05 or 01: the second
    # digit told the operator before (ARTCI, 31 January 2021).
    _rule(r"\+22507([04-9][7-9]\d{6})", r"+225\1", r"\+225([04-9][7-9]\d{6})", r"+22507\1"),
    _rule(r"\+22505([04-9][4-6]\d{6})", r"+225\1", r"\+225([04-9][4-6]\d{6})", r"+22505\1"),
    _rule(r"\+22501([04-9][0-3]\d{6})", r"+225\1", r"\+225([04-9][0-3]\d{6})", r"+22501\1"),
)


def forms(number: str) -> tuple[str, ...]:
    """Every form of a number, today's first."""
    for rule in RULES:
        if found := rule.today.fullmatch(number):
            return number, found.expand(rule.to_other)
        if found := rule.other.fullmatch(number):
            return found.expand(rule.to_today), number
    return (number,)
