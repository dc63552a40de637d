"""The site's one number formatter: no locale, no exponent where a person reads, the same text on every machine."""

from __future__ import annotations

import math

__all__ = ["brief", "fixed", "plain", "significant", "tick_label"]

_SMALLEST_DECIMAL = -5  # below 0.00001 a decimal fraction is harder to read than a power of ten
_LARGEST_WHOLE = 1e7  # from here on a power of ten is easier to read than a row of digits
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def fixed(value: float, digits: int) -> str:
    """A number with a fixed count of decimals, thousands separated by commas; never a negative zero.

    >>> fixed(1234.5678, 2), fixed(-0.0004, 3), fixed(math.inf, 1)
    ('1,234.57', '0.000', '∞')
    """
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text


def significant(value: float, digits: int = 3) -> str:
    """A number with a count of significant digits; whole digits are never cut away.

    >>> significant(0.012345), significant(12.345), significant(12345.6), significant(0.0)
    ('0.0123', '12.3', '12,346', '0')
    >>> significant(1.234e-7)
    '1.23×10⁻⁷'
    """
    if value == 0 or math.isinf(value):
        return fixed(value, 0)
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if power < _SMALLEST_DECIMAL:
        return _power_of_ten(mantissa, power)
    return fixed(value, max(0, digits - 1 - power))


def plain(value: float) -> str:
    """A number that somebody wrote down (a bound, a parameter): its own digits, six at most, no trailing zeros.

    >>> plain(125.0), plain(0.05), plain(math.inf), plain(1e6)
    ('125', '0.05', '∞', '1,000,000')
    """
    text = significant(value, 6)
    return text.rstrip("0").rstrip(".") if "." in text and "×" not in text else text


def brief(value: float) -> str:
    """A number of any size in a picture or its table: as ``plain``, very large and very small ones as powers of ten.

    >>> brief(112.35), brief(-250000.0), brief(3.2e12), brief(2e-9)
    ('112.35', '-250,000', '3.2×10¹²', '2×10⁻⁹')
    """
    if value == 0 or 10.0**_SMALLEST_DECIMAL <= abs(value) < _LARGEST_WHOLE or math.isinf(value):
        return plain(value)
    mantissa, exponent = f"{value:.2e}".split("e")
    return _power_of_ten(mantissa.rstrip("0").rstrip("."), int(exponent))


def tick_label(number: int, step: float) -> str:
    """The label of a tick, ``number`` steps from zero, with as many decimals as its step has.

    >>> tick_label(3, 0.2), tick_label(5, 20.0), tick_label(-2, 5e9), tick_label(3, 1e-9)
    ('0.6', '100', '-1×10¹⁰', '3×10⁻⁹')
    """
    if not 10.0**_SMALLEST_DECIMAL <= step < _LARGEST_WHOLE / 10:
        return brief(number * step)
    return fixed(number * step, max(0, -math.floor(math.log10(step) + 1e-9)))


def _power_of_ten(mantissa: str, power: int) -> str:
    return f"{mantissa}×10{str(power).translate(_SUPERSCRIPT)}"
