"""Which three letters are a currency, how many decimals its money has, and what two currencies a symbol names.

Money has two decimals unless listed (ISO 4217 minor units); a coin, which ISO does not know, has eight. Codes withdrawn
since 1999 are kept because old data names them. Metals (XAU, XAG, XPT, XPD) carry ISO codes but no country's money:
brokers quote them as CFDs with a price in the margin, so they make no FX pair here.
"""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator

from simcore.brokers.errors import did_you_mean

METALS: Final = frozenset({"XAU", "XAG", "XPT", "XPD"})

# Source: ISO 4217 list one (active), list three (withdrawn since 1999). CNH is not ISO: offshore yuan, as brokers say.
_CODES: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF CLP CNH
    CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR
    ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT
    MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES
    VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    ANG BGN BYR CYP EEK HRK LTL LVL MTL ROL SIT SKK TRL VEF ZWL
"""
_WITHOUT_DECIMALS: Final = "BIF BYR CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_WITH_THREE: Final = "BHD IQD JOD KWD LYD OMR TND"
CURRENCIES: Final = frozenset(_CODES.split())

# What coins are quoted in besides money; the longer first, so that BTCFDUSD is not BTCFD in USD.
_COINS: Final = ("FDUSD", "USDT", "USDC", "TUSD", "BTC", "ETH", "BNB")
_MAJORS: Final = ("USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD", "NZD")


def money_digits(currency: str) -> int:
    """Decimals of an amount in `currency`. Source: ISO 4217 minor units; eight for coins, as exchanges keep them."""
    if currency in _WITHOUT_DECIMALS.split():
        return 0
    if currency in _WITH_THREE.split():
        return 3
    return 2 if currency in CURRENCIES else 8


def fx_pair(symbol: str) -> tuple[str, str] | None:
    """(base, quote) if the symbol names two currencies, else None; separators and a suffix (EURUSD.m) do not matter."""
    match = re.match(r"([A-Za-z]{3})[/_-]?([A-Za-z]{3})(?![A-Za-z])", symbol)
    if match is None:
        return None
    base, quote = match[1].upper(), match[2].upper()
    known = base in CURRENCIES and quote in CURRENCIES and base != quote
    return (base, quote) if known else None


def names_metal(symbol: str) -> bool:
    """True if one of the two halves of a six-letter symbol is a metal."""
    letters = re.sub(r"[/_-]", "", symbol).upper()
    return letters[:3] in METALS or letters[3:6] in METALS


def coin_pair(symbol: str) -> tuple[str, str] | None:
    """(base, quote) of BTC/USDT, BTC-USD or BTCUSDT; None if the symbol does not say."""
    head, *rest = re.split(r"[/_-]", symbol.upper().partition(":")[0])
    if len(rest) == 1 and head and 2 <= len(rest[0]) <= 5 and rest[0] not in ("PERP", "SWAP"):
        return head, rest[0]
    for quote in () if rest else (*_COINS, *_MAJORS, "TRY", "BRL"):
        if head.endswith(quote) and len(head) > len(quote) + 1:
            return head[: -len(quote)], quote
    return None


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _is_code(value: str) -> str:
    if not re.fullmatch(r"[A-Z0-9]{1,20}", value):
        raise ValueError("must be a code such as USD or BTC")
    return value


def _is_money(value: str) -> str:
    if value not in CURRENCIES and value not in _COINS:
        hint = did_you_mean(value, _MAJORS)  # the near and common, not the near and rare
        hint = hint if hint.startswith("did") else did_you_mean(value, CURRENCIES.union(_COINS))
        raise ValueError(f"is no currency; {hint if hint.startswith('did') else 'use a code such as USD or USDT'}")
    return value


Code = Annotated[str, BeforeValidator(_upper), AfterValidator(_is_code)]  # what is bought, or what it is priced in
Currency = Annotated[str, BeforeValidator(_upper), AfterValidator(_is_money)]  # what an account can hold
