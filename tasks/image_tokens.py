"""Image tokens by the providers' published rules; a quote needs them before any call is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple


class TokenRange(NamedTuple):
    """Tokens of one image: the rule's figure, and what it can cost at most."""

    expected: int
    ceiling: int


Params = Mapping[str, float | str | None]


def image_tokens(rule: str, params: Params, width: int, height: int) -> TokenRange | None:
    """Tokens of an image under a named rule; `None` where a figure of the rule is unknown.

    Sources of the rules and of their figures stand in `deployments/configs/providers.yaml`.
    """
    match rule:
        case "flat":  # the user's own figure
            tokens = int(params["tokens"] or 0)
            return TokenRange(tokens, tokens)
        case "openai_tile":
            return _openai_tile(params, width, height)
        case "openai_patch":
            return _openai_patch(params, width, height)
        case "openai_patch_v2":
            return _openai_patch({"cap": 2500, "max_side": 2048, **params}, width, height)
        case "anthropic_patch28":
            return _anthropic(params, width, height)
        case "gemini_tile":
            return _gemini_tile(params, width, height)
        case "gemini3_media_resolution":
            return _gemini3(params)
    raise ValueError(f"image rule {rule!r} is not known")


def _openai_tile(params: Params, width: int, height: int) -> TokenRange | None:
    base, tile = params.get("base"), params.get("tile")
    if base is None or tile is None:
        return None
    fit = min(1.0, 2048 / max(width, height))
    wide, high = width * fit, height * fit
    shrink = min(1.0, 768 / min(wide, high))
    tiles = _cells(wide * shrink, 512) * _cells(high * shrink, 512)
    tokens = int(base) + tiles * int(tile)
    return TokenRange(tokens, tokens)


def _openai_patch(params: Params, width: int, height: int) -> TokenRange | None:
    if params.get("multiplier") is None:
        return None
    cap = int(params["cap"] or 0)
    most = max(float(params["multiplier"] or 0), float(params.get("multiplier_documented") or 0))
    side = params.get("max_side")
    fit = min(1.0, float(side) / max(width, height)) if side else 1.0
    wide, high = width * fit, height * fit
    patches = _cells(wide, 32) * _cells(high, 32)
    shrunk = patches > cap or fit < 1.0
    if patches > cap:
        ratio = math.sqrt(cap * 32**2 / (wide * high))
        ratio *= min(
            math.floor(wide * ratio / 32) / (wide * ratio / 32),
            math.floor(high * ratio / 32) / (high * ratio / 32),
        )
        patches = _cells(wide * ratio, 32) * _cells(high * ratio, 32)
    expected = math.ceil(patches * float(params["multiplier"] or 0))
    # a shrunk image has been billed at the full cap once: quote the bound
    return TokenRange(expected, math.ceil((cap if shrunk else patches) * most))


def _anthropic(params: Params, width: int, height: int) -> TokenRange | None:
    edge, most = params.get("max_edge"), params.get("max_tokens")
    if edge is None or most is None:
        return None
    fit = min(1.0, float(edge) / max(width, height))
    tokens = _cells(width * fit, 28) * _cells(height * fit, 28)
    if fit < 1.0 or tokens > float(most):  # the server's exact rounding is not published
        return TokenRange(min(tokens, int(most)), int(most))
    return TokenRange(tokens, tokens)


def _gemini_tile(params: Params, width: int, height: int) -> TokenRange | None:
    per_tile, side = int(params["tokens_per_tile"] or 0), float(params["tile_side"] or 1)
    small = float(params["small_side"] or 0)
    if width <= small and height <= small:
        return TokenRange(per_tile, per_tile)
    tokens = _cells(width, side) * _cells(height, side) * per_tile
    unit = max(1, math.floor(min(width, height) / 1.5))  # an unverified finer rule: ceiling only
    finer = _cells(width, min(unit, side)) * _cells(height, min(unit, side)) * per_tile
    return TokenRange(tokens, max(tokens, finer))


def _gemini3(params: Params) -> TokenRange | None:
    by_resolution = {"medium": 560, "high": 1120}
    tokens = by_resolution.get(str(params.get("default")))
    return None if tokens is None else TokenRange(tokens, tokens)


def _cells(length: float, side: float) -> int:
    return max(1, math.ceil(round(length / side, 9)))
