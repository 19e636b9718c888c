"""Images made fit to send: decoded safely, upright, opaque, sRGB, within an endpoint's limits.

A conforming file passes through byte for byte; only what does not conform is encoded again, the
same way every time. Of an animated image the first frame is sent.
"""

from __future__ import annotations

import hashlib
import io
import threading
import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import PIL
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from cache.keys import canonical_json
from data.errors import DataError
from data.image_store import ImageStore, PreparedImage
from data.records import ImageRef
from tasks.image_changes import Sent, changed, encoded
from tasks.prices import ImageLimits
from tasks.prompts.changes import ImageChange, change_key

RULES = 1  # of this file; a change makes new records, never a new look at old ones
ENCODER = f"pillow-{PIL.__version__}/rules-{RULES}"
MAX_SOURCE_PIXELS = 89_478_485  # Pillow's own line between large and suspicious
JPEG_QUALITIES = (92, 85, 75)
READ = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")  # decoders we trust with foreign bytes
MEDIA = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
_open_lock = threading.Lock()  # warnings filters are process-wide


Wanted = tuple[ImageRef, tuple[ImageChange, ...]]
Decoded = tuple[Image.Image, list[str]]  # and notes on what had to change


def prepare(
    path: Path,
    name: str,
    limits: ImageLimits,
    store: ImageStore,
    changes: tuple[ImageChange, ...] = (),
) -> PreparedImage:
    """The image at `path` as it may be sent under `limits`, stored.

    A probe's `changes` are made after it was brought to the size that is sent.

    Raises:
        DataError: the file is missing, empty, truncated, no image, or too large to be safe.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}") from error
    source = hashlib.sha256(content).hexdigest()
    change = change_key(changes)
    rules = canonical_json(limits.model_dump(include=set(_DECISIVE))) + change
    limits_hash = hashlib.sha256(rules.encode()).hexdigest()[:16]
    known = store.recall(source, limits_hash)
    if known is not None:
        return known.model_copy(update={"path": name, "limits": limits.name})
    decoded = _decoded(content)
    (sent, media_type, (width, height)), encoder = _as_sent(content, decoded, limits, changes)
    prepared = PreparedImage(
        source_sha256=source,
        path=name,
        limits=limits.name,
        change=change,
        sha256=store.put(sent, media_type),
        media_type=media_type,
        width=width,
        height=height,
        bytes=len(sent),
        passed_through=sent is content,
        encoder=encoder,
        note="; ".join(decoded[1]) or None,
    )
    store.remember(prepared, limits_hash)
    return prepared


def _as_sent(
    content: bytes, decoded: Decoded, limits: ImageLimits, changes: tuple[ImageChange, ...]
) -> tuple[Sent, str]:
    """The bytes that are sent with their type and size, and what encoded them."""
    image, notes = decoded
    if changes:
        fitted = _fitted(image, limits)
        fitted.format = image.format
        made = changed(fitted, changes, hashlib.sha256(content).hexdigest())
        if made.content is not None and _allowed(made.content, limits):
            return made.content, ENCODER
        if made.image is not fitted:
            return _encoded(made.image, limits), ENCODER
    if not notes and _conforms(image, content, limits):
        return (content, MEDIA[str(image.format)], image.size), "none"
    return _encoded(image, limits), ENCODER


def _allowed(sent: Sent, limits: ImageLimits) -> bool:
    content, media_type, size = sent
    return (
        media_type.removeprefix("image/") in limits.formats
        and max(size) <= limits.max_side
        and size[0] * size[1] <= limits.max_pixels
        and len(content) <= limits.max_bytes
    )


_DECISIVE = ("formats", "max_side", "max_pixels", "max_bytes")


def prepare_all(
    wanted: Iterable[Wanted],
    root: Path,
    limits: ImageLimits,
    store: ImageStore,
    workers: int = 2,
) -> tuple[list[PreparedImage], list[tuple[ImageRef, str]]]:
    """Every image with its changes prepared, in order, and those refused with the reason."""
    unique = list({(image.sha256, changes): (image, changes) for image, changes in wanted}.values())

    def one(asked: Wanted) -> PreparedImage | str:
        image, changes = asked
        path = (root / image.path).resolve()
        if not path.is_relative_to(root.resolve()):
            return "its path leaves the dataset's folder"
        try:
            prepared = prepare(path, image.path, limits, store, changes)
        except DataError as error:
            return str(error)
        if prepared.source_sha256 != image.sha256:
            return "the file has changed since the dataset was loaded"
        return prepared

    with ThreadPoolExecutor(workers) as pool:
        results = list(zip(unique, pool.map(one, unique), strict=True))
    good = [result for _, result in results if isinstance(result, PreparedImage)]
    return good, [(asked[0], result) for asked, result in results if isinstance(result, str)]


def _decoded(content: bytes) -> Decoded:
    """The first frame, upright, 8-bit sRGB without alpha, and notes on what had to change."""
    if not content:
        raise DataError("the file is empty")
    try:
        with _open_lock, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            warnings.simplefilter("ignore", UserWarning)  # broken metadata is not a broken image
            image = Image.open(io.BytesIO(content), formats=READ)
        if image.width * image.height > MAX_SOURCE_PIXELS:
            raise DataError(f"{image.width}x{image.height} pixels are more than is safe to decode")
        notes = _first_frame(image)
        image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DataError("it claims more pixels than is safe to decode") from error
    except UnidentifiedImageError as error:
        raise DataError("the file is not an image") from error
    except (OSError, SyntaxError, ValueError, EOFError, OverflowError) as error:
        reason = " ".join(str(error).split())[:120]
        raise DataError(f"the image is truncated or damaged: {reason}") from error
    return _plain(image, notes)


def _first_frame(image: Image.Image) -> list[str]:
    if getattr(image, "n_frames", 1) > 1:
        image.seek(0)
        return ["animated: first frame"]
    return []


def _plain(image: Image.Image, notes: list[str]) -> Decoded:
    """The image in RGB or L; `format` is kept so that a conforming file can pass through."""
    kind = image.format
    if image.getexif().get(0x0112, 1) != 1:
        image = ImageOps.exif_transpose(image)
        notes.append("turned upright")
    if image.info.get("icc_profile"):
        image = _srgb(image, notes)
    if image.mode in {"I;16", "I;16B", "I;16L", "I"}:
        image = image.convert("I").point(lambda value: value / 257).convert("L")
        notes.append("16 to 8 bit")
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
        notes.append("alpha flattened on white")
    if image.mode not in {"RGB", "L"}:
        notes.append(f"{image.mode} to RGB")
        image = image.convert("RGB")
    image.format = kind
    return image, notes


def _srgb(image: Image.Image, notes: list[str]) -> Image.Image:
    profile = image.info["icc_profile"]
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(opened):
            return image
        mode = image.mode if image.mode in {"RGB", "RGBA"} else "RGB"
        converted = ImageCms.profileToProfile(
            image, opened, ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        notes.append("broken colour profile ignored")
        return image
    notes.append("colours to sRGB")
    assert converted is not None
    return converted


def _conforms(image: Image.Image, content: bytes, limits: ImageLimits) -> bool:
    media_type = MEDIA.get(str(image.format))
    return media_type is not None and _allowed((content, media_type, image.size), limits)


def _encoded(image: Image.Image, limits: ImageLimits) -> tuple[bytes, str, tuple[int, int]]:
    """The image encoded within limits: PNG if the source was lossless and it fits, else JPEG."""
    lossy = image.format == "JPEG"
    image = _fitted(image, limits)
    while True:
        if not lossy and "png" in limits.formats:
            content = encoded(image, "PNG", optimize=False, compress_level=6)
            if len(content) <= limits.max_bytes:
                return content, "image/png", image.size
        for quality in JPEG_QUALITIES:
            content = encoded(image, "JPEG", quality=quality, subsampling=0)
            if len(content) <= limits.max_bytes:
                return content, "image/jpeg", image.size
        if min(image.size) <= 16:
            raise DataError(f"cannot be made to fit {limits.max_bytes} bytes")
        smaller = (max(1, image.width * 3 // 4), max(1, image.height * 3 // 4))
        image = image.resize(smaller, Image.Resampling.LANCZOS)


def _fitted(image: Image.Image, limits: ImageLimits) -> Image.Image:
    side = limits.max_side / max(image.size)
    area = (limits.max_pixels / (image.width * image.height)) ** 0.5
    scale = min(1.0, side, area)
    if scale == 1.0:
        return image
    size = (max(1, int(image.width * scale)), max(1, int(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)
