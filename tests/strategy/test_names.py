"""Names as numbers: keys that stay what they are, and tags that come back as they were given."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simcore.market.keys import key_of
from simcore.strategy.names import Tag, tag_key, tag_name


def test_a_key_is_the_same_on_every_machine() -> None:
    # saved accounts and journals hold them: blake2b-64 of the UTF-8 text, little-endian, signed
    assert key_of("EURUSD") == -7_575_081_100_569_058_982
    assert key_of("Ä") == -3_835_132_901_762_835_492
    assert key_of("EURUSD") != key_of("EURUSD.m")


@given(st.text())
def test_a_key_fits_the_accounts_records(text: str) -> None:
    assert -(2**63) <= key_of(text) < 2**63


def test_a_tag_equals_what_it_was_given_as() -> None:
    key = tag_key("breakout")
    assert (tag_name(key), tag_key(7), tag_name(7)) == ("breakout", 7, 7)
    assert Tag(key) == "breakout"
    assert Tag(key) != "breakdown"
    assert Tag(7) == 7
    assert repr(Tag(key)) == "'breakout'"
    assert {Tag(key): 1}[key] == 1
