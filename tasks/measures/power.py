"""How many images a difference needs, and how small a difference a run can see."""

from __future__ import annotations

import math

from scipy.stats import norm


def deviation_per_image(low: float, high: float, level: float, images: int) -> float:
    """The standard deviation that one image contributes, from an interval over `images`.

    Half the interval over its normal quantile is the standard error; it shrinks with the square
    root of the number of images.
    """
    return float((high - low) / (2 * norm.ppf((1 + level) / 2)) * math.sqrt(images))


def of_difference(deviation: float, correlation: float) -> float:
    """The deviation of a difference of two figures that are correlated over images."""
    return deviation * math.sqrt(2 * (1 - correlation))


def images_needed(deviation: float, difference: float, level: float, power: float) -> int:
    """Images for a two-sided test at 1 - `level` to find `difference` with probability `power`.

    n = (z_(1-a/2) + z_power)^2 sd^2 / d^2, sd that of the difference per image.
    """
    return math.ceil(((_quantiles(level, power) * deviation) / difference) ** 2)


def smallest_difference(deviation: float, images: int, level: float, power: float) -> float:
    """The difference that so many images find with probability `power`."""
    return _quantiles(level, power) * deviation / math.sqrt(images)


def _quantiles(level: float, power: float) -> float:
    return float(norm.ppf((1 + level) / 2) + norm.ppf(power))
