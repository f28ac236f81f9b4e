"""Reading decimal numbers by the block, each to the nearest float64, as ``float`` would read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from adapters.history.columns import Bools, Bytes, Ints, byte_windows

Floats = NDArray[np.float64]

_MAX_BYTES: Final = 24
_MAX_DIGITS: Final = 18
_MAX_DECIMALS: Final = 22
_EXACT: Final = 2**53
_POWERS: Final = np.array([float(10**power) for power in range(_MAX_DECIMALS + 1)])
_SPLITTER: Final = 2.0**27 + 1
_TIE_MARGIN: Final = 2.0**-30
_ZERO, _NINE = 48, 9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Digits:
    """Numbers as ``mantissa / 10**decimals``; ``plain`` where that is what the field says. All of shape (n,)."""

    mantissa: Ints
    decimals: NDArray[np.int8]
    negative: Bools
    plain: Bools


def read_numbers(block: Bytes, start: Ints, stop: Ints) -> tuple[Floats, Bools]:
    """Read the fields from ``start`` to ``stop`` (shape (n,)) as numbers.

    Returns:
        The values, and where they are certain to be what ``float`` gives; the others (exponents, more than 18
        digits, a tie too close to call, anything that is no number) need a careful look.
    """
    found = _read_digits(block, start, stop)
    divisor = _POWERS[found.decimals]
    # Both are exact in float64 below 2**53 and 10**22, so the one rounding of the division is the right one
    # (Clinger, How to read floating point numbers accurately, 1990).
    values = found.mantissa / divisor
    plain = found.plain
    large = np.flatnonzero(plain & (found.mantissa > _EXACT))
    if large.size:
        values[large], certain = _divide_large(found.mantissa[large], divisor[large])
        plain[large[~certain]] = False
    return np.where(found.negative & (values != 0), -values, values), plain


def _read_digits(block: Bytes, start: Ints, stop: Ints) -> _Digits:
    size = stop - start
    width = int(min(size.max(initial=1), _MAX_BYTES))
    text = np.ascontiguousarray(byte_windows(block, start, width).T)
    mantissa = np.zeros(size.size, dtype=np.int64)
    digits, significant, decimals, points = (np.zeros(size.size, dtype=np.int8) for _ in range(4))
    negative = (text[0] == ord("-")) & (size > 0)
    strange = size > width
    for place in range(width):
        inside = size > place
        digit = text[place] - _ZERO
        is_digit = (digit <= _NINE) & inside
        is_point = (text[place] == ord(".")) & inside
        strange |= inside & ~(is_digit | is_point | (negative if place == 0 else False))
        mantissa = np.where(is_digit & (significant < _MAX_DIGITS), mantissa * 10 + digit, mantissa)
        significant += is_digit & (mantissa > 0)
        decimals += is_digit & (points > 0)
        digits += is_digit
        points += is_point
    # The 19th digit would count as significant without having entered the mantissa.
    plain = ~strange & (digits > 0) & (points <= 1) & (significant <= _MAX_DIGITS) & (decimals <= _MAX_DECIMALS)
    decimals[~plain] = 0
    return _Digits(mantissa=mantissa, decimals=decimals, negative=negative, plain=plain)


def _divide_large(mantissa: Ints, divisor: Floats) -> tuple[Floats, Bools]:
    """``mantissa / divisor`` for integers from 2**53 to 10**18, rounded once.

    The quotient of the rounded mantissa is off by a few units in the last place; its exact remainder (Dekker's
    product, A floating-point technique for extending the available precision, 1971) gives the correction to well below
    2**-30 of such a unit. Where the true quotient may lie within that of half way between two numbers, the second
    result is False.
    """
    high = mantissa.astype(np.float64)
    low = (mantissa - high.astype(np.int64)).astype(np.float64)
    quotient = high / divisor
    product, error = _exact_product(quotient, divisor)
    correction = ((high - product) - error + low) / divisor
    rounded = quotient + correction
    left_over = correction - (rounded - quotient)
    half = np.spacing(rounded) / 2
    return rounded, np.abs(np.abs(left_over) - half) > _TIE_MARGIN * half


def _exact_product(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Product and its rounding error; their sum is exact."""
    product = left * right
    left_high, left_low = _halves(left)
    right_high, right_low = _halves(right)
    error = ((left_high * right_high - product) + left_high * right_low + left_low * right_high) + left_low * right_low
    return product, error


def _halves(number: Floats) -> tuple[Floats, Floats]:
    scaled = _SPLITTER * number
    high = scaled - (scaled - number)
    return high, number - high
