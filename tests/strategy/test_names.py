"""Names as numbers: one key for a symbol everywhere, and tags that come back as they were given."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simcore.brokers.rules import symbol_key
from simcore.strategy.names import Tag, key_of, tag_key, tag_name


@given(st.text())
def test_a_symbol_has_one_key_in_rules_and_strategies(text: str) -> None:
    assert key_of(text) == symbol_key(text)
    assert -(2**63) <= key_of(text) < 2**63


def test_a_tag_equals_what_it_was_given_as() -> None:
    key = tag_key("breakout")
    assert (tag_name(key), tag_key(7), tag_name(7)) == ("breakout", 7, 7)
    assert Tag(key) == "breakout"
    assert Tag(key) != "breakdown"
    assert Tag(7) == 7
    assert repr(Tag(key)) == "'breakout'"
    assert {Tag(key): 1}[key] == 1
