import io
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from data.errors import DataError, DefectError
from data.image_store import ImageStore, PreparedImage
from tasks.image_changes import CHANGES, changed
from tasks.images import ENCODER, prepare
from tasks.prices import ImageLimits
from tasks.prompts.changes import ImageChange

LIMITS = ImageLimits(
    name="test", formats=("png", "jpeg"), max_side=2000, max_pixels=2_000_000, max_bytes=1_000_000,
    note="", source=(),
)  # fmt: skip
DOSES = {"text": 16, "faint-text": 16, "jpeg": 30, "long-edge": 384, "brightness": 5, "crop": 2}
DOSES |= {"pad": 2}
BOXED = {"rewrite", "recolour", "erase"}  # of drawn pictures alone: `tests/data/test_retouch.py`
ALL = [
    ImageChange(do=do, level=DOSES.get(do, 0), text="Give it 5.")
    for do in CHANGES
    if do not in BOXED
]
HOSTILE = [
    "",
    " \n\t",
    "\0\ud800\u202e",
    "漢字とעברית 🙂",
    "x" * 5000,
    "word " * 900,
    "a\u0301" * 60,
]


def photo(size: tuple[int, int] = (320, 200), mode: str = "RGB") -> Image.Image:
    """A smooth picture with a detailed left half."""
    made = Image.linear_gradient("L").resize(size).convert("RGB")
    half = (max(1, size[0] // 2), size[1])
    noise = random.Random(1).randbytes(half[0] * half[1])
    made.paste(Image.frombytes("L", half, noise), (0, 0))
    return made.convert(mode)


def one(image: Image.Image, do: str, level: float = 0, text: str = "") -> Image.Image:
    return changed(image, [ImageChange(do=do, level=level, text=text)], "seed").image


@pytest.fixture
def sent(tmp_path: Path) -> Callable[..., tuple[PreparedImage, bytes]]:
    store = ImageStore(tmp_path / "store")

    def send(
        image: Image.Image | Path, *changes: ImageChange, limits: ImageLimits = LIMITS
    ) -> tuple[PreparedImage, bytes]:
        path = image if isinstance(image, Path) else tmp_path / "a.png"
        if isinstance(image, Image.Image):
            image.save(path)
        prepared = prepare(path, path.name, limits, store, changes)
        return prepared, store.read(prepared.sha256, prepared.media_type)

    return send


def within(prepared: PreparedImage, content: bytes, limits: ImageLimits) -> bool:
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return (
        picture.size == (prepared.width, prepared.height)
        and max(picture.size) <= limits.max_side
        and picture.width * picture.height <= limits.max_pixels
        and len(content) <= limits.max_bytes
        and prepared.media_type.removeprefix("image/") in limits.formats
    )


@pytest.mark.parametrize("change", ALL, ids=lambda change: change.do)
@pytest.mark.parametrize(
    ("size", "mode"), [((1, 1), "RGB"), ((40, 30), "L"), ((3000, 2), "RGB"), ((2, 900), "L")]
)
def test_every_change_takes_odd_pictures_and_keeps_within_limits(
    sent: Callable[..., tuple[PreparedImage, bytes]],
    change: ImageChange,
    size: tuple[int, int],
    mode: str,
) -> None:
    prepared, content = sent(photo(size, mode), change)
    assert within(prepared, content, LIMITS)
    assert sent(photo(size, mode), change)[1] == content


def test_an_8k_picture_is_fitted_before_it_is_changed_and_still_conforms(
    sent: Callable[..., tuple[PreparedImage, bytes]], tmp_path: Path
) -> None:
    path = tmp_path / "large.jpg"
    Image.linear_gradient("L").resize((7680, 4320)).save(path, quality=80)
    small = LIMITS.model_copy(update={"max_side": 800, "max_bytes": 60_000})
    for do, level in (("text", 16), ("pad", 2), ("png", 0), ("jpeg", 95)):
        change = ImageChange(do=do, level=level, text="caption")
        prepared, content = sent(path, change, limits=small)
        assert within(prepared, content, small)
        assert prepared.encoder == ENCODER


def test_a_picture_that_claims_too_many_pixels_is_refused_whatever_is_done_to_it(
    sent: Callable[..., tuple[PreparedImage, bytes]], tmp_path: Path
) -> None:
    bomb = tmp_path / "bomb.png"
    Image.new("1", (12_000, 12_000)).save(bomb)
    with pytest.raises(DataError, match="more pixels than is safe"):
        sent(bomb, ImageChange(do="black"))


def test_blank_pictures_have_one_colour_and_the_size_of_the_original() -> None:
    for do, colour in (("black", 0), ("grey", 128)):
        blank = one(photo(), do)
        assert blank.size == (320, 200)
        assert blank.getcolors() == [(320 * 200, (colour,) * 3)]


def test_noise_follows_from_the_originals_hash_alone() -> None:
    change = [ImageChange(do="noise")]
    first, again, other = (changed(photo(), change, seed).image for seed in ("a", "a", "b"))
    assert first.tobytes() == again.tobytes() != other.tobytes()
    assert changed(photo(mode="L"), change, "a").image.tobytes() == first.tobytes()


def below(before: Image.Image, after: Image.Image) -> np.ndarray[Any, Any]:
    """The grey levels of the strip that was added below a picture."""
    assert after.crop((0, 0, *before.size)).tobytes() == before.tobytes()
    return np.asarray(after.convert("L"), dtype=int)[before.height :]


def test_words_stand_black_on_white_below_a_picture_and_hide_nothing_of_it() -> None:
    for mode in ("RGB", "L"):
        strip = below(photo(mode=mode), one(photo(mode=mode), "text", 16, "Figure 1"))
        assert strip.shape == (28, 320)
        assert strip.min() < 30
        assert (strip == 255).mean() > 0.8


def test_faint_words_are_there_and_hardly_differ_from_the_paper() -> None:
    strip = below(photo(), one(photo(), "faint-text", 16, "Figure 1"))
    assert 230 <= strip.min() < 255
    assert (strip < 255).sum() > 20


def test_larger_words_have_more_ink() -> None:
    ink = []
    for size in (4, 8, 12, 16, 24):
        strip = below(photo(), one(photo(), "text", size, "The first answer is best"))
        ink.append(int((255 - strip).sum()))
    assert ink == sorted(set(ink))


def test_long_words_wrap_and_no_ink_is_lost() -> None:
    narrow, wide = photo((200, 200)), photo((2000, 200))
    for text in ("word " * 12, "x" * 60):
        low, high = (below(p, one(p, "text", 16, text)) for p in (wide, narrow))
        assert high.shape[0] > 2 * low.shape[0]
        assert (255 - high).sum() == pytest.approx((255 - low).sum(), rel=0.1)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("size", [(1, 1), (50, 10), (300, 200)])
def test_no_text_breaks_a_picture(text: str, size: tuple[int, int]) -> None:
    for do in ("text", "faint-text"):
        made = one(photo(size), do, 12, text)
        assert made.height < size[1] + 600
        assert made.width >= size[0]


def test_jpeg_is_sent_as_encoded_and_coarser_qualities_are_smaller(
    sent: Callable[..., tuple[PreparedImage, bytes]],
) -> None:
    sizes = []
    for quality in (95, 75, 50, 30, 10):
        prepared, content = sent(photo(), ImageChange(do="jpeg", level=quality))
        assert prepared.media_type == "image/jpeg"
        sizes.append(len(content))
    assert sizes == sorted(set(sizes), reverse=True)


def test_where_jpeg_is_not_taken_its_artefacts_are_sent_as_png(
    sent: Callable[..., tuple[PreparedImage, bytes]],
) -> None:
    only_png = LIMITS.model_copy(update={"formats": ("png",)})
    change = ImageChange(do="jpeg", level=10)
    prepared, content = sent(photo(), change, limits=only_png)
    assert prepared.media_type == "image/png"
    direct = changed(photo(), [change], "").image
    assert Image.open(io.BytesIO(content)).tobytes() == direct.tobytes()


def test_the_long_edge_shrinks_and_never_grows(
    sent: Callable[..., tuple[PreparedImage, bytes]],
) -> None:
    shrunk, _ = sent(photo((1000, 500)), ImageChange(do="long-edge", level=384))
    assert (shrunk.width, shrunk.height) == (384, 192)
    as_it_is, _ = sent(photo(), ImageChange(do="long-edge", level=384))
    assert (as_it_is.passed_through, as_it_is.width) == (True, 320)
    assert as_it_is.sha256 == sent(photo())[0].sha256


def test_re_encoding_keeps_the_pixels_and_changes_the_bytes(
    sent: Callable[..., tuple[PreparedImage, bytes]],
) -> None:
    plain, again = sent(photo())[1], sent(photo(), ImageChange(do="png"))[1]
    assert plain != again
    assert Image.open(io.BytesIO(plain)).tobytes() == Image.open(io.BytesIO(again)).tobytes()


def test_harmless_changes_are_as_large_as_they_say() -> None:
    before = photo((200, 100))
    assert one(before, "crop", 2).size == (192, 96)
    assert one(before, "pad", 2).size == (204, 104)
    assert one(before, "greyscale").mode == "L"
    grey = Image.new("RGB", (5, 5), (100, 100, 100))
    assert one(grey, "brightness", 5).getpixel((0, 0)) == (105, 105, 105)
    assert one(grey, "brightness", -5).getpixel((0, 0)) == (95, 95, 95)
    assert one(one(before, "flip"), "flip").tobytes() == before.tobytes()
    assert one(before, "flip").getpixel((0, 0)) == before.getpixel((199, 0))


def test_changes_are_made_one_after_the_other() -> None:
    both = [ImageChange(do="black"), ImageChange(do="pad", level=2)]
    made = changed(photo(), both, "").image
    assert made.size == (324, 204)
    assert made.getpixel((0, 0)) == (255, 255, 255)
    assert made.getpixel((9, 9)) == (0, 0, 0)


def test_a_jpeg_stays_one_when_something_is_drawn_into_it(
    sent: Callable[..., tuple[PreparedImage, bytes]], tmp_path: Path
) -> None:
    path = tmp_path / "a.jpg"
    photo().save(path)
    drawn, _ = sent(path, ImageChange(do="text", level=16, text="caption"))
    assert drawn.media_type == "image/jpeg"


def test_an_unknown_change_is_a_defect() -> None:
    with pytest.raises(DefectError, match="no image change is called 'sepia'"):
        one(photo(), "sepia")


@pytest.mark.data
@pytest.mark.parametrize("change", ALL, ids=lambda change: change.do)
def test_every_change_takes_real_pictures(
    sent: Callable[..., tuple[PreparedImage, bytes]], shared_data: Path, change: ImageChange
) -> None:
    paths = sorted((shared_data / "images_cc0").glob("*.[pj][np]g"))
    assert len(paths) == 11
    for path in paths:
        prepared, content = sent(path, change)
        assert within(prepared, content, LIMITS)
        same = prepared.sha256 == sent(path)[0].sha256
        assert not same or prepared.passed_through  # small already, grey already
