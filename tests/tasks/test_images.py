import hashlib
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from data.errors import DataError
from data.image_store import ImageStore, PreparedImage
from data.records import ImageRef
from tasks.images import ENCODER, prepare, prepare_all
from tasks.prices import ImageLimits, load_price_list

ROOT = Path(__file__).parents[2]
LIMITS = ImageLimits(
    name="test",
    formats=("png", "jpeg"),
    max_side=400,
    max_pixels=100_000,
    max_bytes=50_000,
    note="",
    source=(),
)


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "store")


def sent(store: ImageStore, prepared: PreparedImage) -> Image.Image:
    return Image.open(io.BytesIO(store.read(prepared.sha256, prepared.media_type)))


def saved(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


def test_a_conforming_file_is_sent_byte_for_byte(tmp_path: Path, store: ImageStore) -> None:
    path = saved(tmp_path / "a.png", Image.new("RGB", (30, 20), "red"))
    prepared = prepare(path, "a.png", LIMITS, store)
    assert prepared.passed_through
    assert prepared.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert store.path(prepared.sha256, prepared.media_type).read_bytes() == path.read_bytes()
    assert prepared.encoder == "none"


def test_the_exif_orientation_is_applied(tmp_path: Path, store: ImageStore) -> None:
    image = Image.new("RGB", (30, 20), "white")
    image.putpixel((0, 0), (0, 0, 0))
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path / "a.png", image, exif=exif)
    prepared = prepare(path, "a.png", LIMITS, store)
    assert (prepared.width, prepared.height) == (20, 30)
    assert sent(store, prepared).getpixel((19, 0)) == (0, 0, 0)
    assert sent(store, prepared).getexif().get(0x0112) is None


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_alpha_is_flattened_on_white(tmp_path: Path, store: ImageStore, mode: str) -> None:
    clear = Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    path = saved(tmp_path / "a.png", clear if mode == "RGBA" else clear.convert(mode))
    prepared = prepare(path, "a.png", LIMITS, store)
    picture = sent(store, prepared)
    assert picture.mode == "RGB"
    assert picture.getpixel((5, 5)) == (255, 255, 255)


def test_sixteen_bits_become_eight_without_clipping(tmp_path: Path, store: ImageStore) -> None:
    image = Image.new("I;16", (2, 1))
    image.putpixel((0, 0), 65535)
    image.putpixel((1, 0), 32768)
    prepared = prepare(saved(tmp_path / "a.png", image), "a.png", LIMITS, store)
    picture = sent(store, prepared).convert("L")
    assert picture.getpixel((0, 0)) == 255
    assert picture.getpixel((1, 0)) in {127, 128}


def test_cmyk_becomes_rgb(tmp_path: Path, store: ImageStore) -> None:
    path = saved(tmp_path / "a.jpg", Image.new("CMYK", (10, 10), (0, 255, 255, 0)))
    picture = sent(store, prepare(path, "a.jpg", LIMITS, store))
    assert picture.mode == "RGB"
    red, green, _ = picture.getpixel((5, 5))  # type: ignore[misc]
    assert red > 200 > 100 > green


def test_other_colour_spaces_become_srgb_and_a_broken_profile_is_noted(
    tmp_path: Path, store: ImageStore
) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.new("RGB", (9, 9), "teal")
    for name, profile, note in (
        ("a.png", srgb, None),
        ("b.png", b"no profile", "broken colour profile ignored"),
        ("c.png", lab, "broken colour profile ignored"),
    ):
        path = saved(tmp_path / name, image, icc_profile=profile)
        assert prepare(path, name, LIMITS, store).note == note


def test_of_an_animation_the_first_frame_is_sent(tmp_path: Path, store: ImageStore) -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    path = saved(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    prepared = prepare(path, "a.gif", LIMITS, store)
    assert "animated: first frame" in (prepared.note or "")
    assert sent(store, prepared).getpixel((4, 4)) == (255, 0, 0)


def test_sides_pixels_and_bytes_are_fitted(tmp_path: Path, store: ImageStore) -> None:
    noise = Image.effect_noise((1200, 300), 90).convert("RGB")
    prepared = prepare(saved(tmp_path / "a.png", noise), "a.png", LIMITS, store)
    assert max(prepared.width, prepared.height) <= LIMITS.max_side
    assert prepared.width * prepared.height <= LIMITS.max_pixels
    assert prepared.bytes <= LIMITS.max_bytes
    assert abs(prepared.width / prepared.height - 4) < 0.1
    assert prepared.encoder == ENCODER


def test_encoding_is_the_same_every_time(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", Image.effect_noise((900, 900), 50))
    hashes = {prepare(path, "a.png", LIMITS, ImageStore(tmp_path / name)).sha256 for name in "xyz"}
    assert len(hashes) == 1


def test_what_was_sent_before_is_sent_again_whatever_the_encoder(
    tmp_path: Path, store: ImageStore
) -> None:
    path = saved(tmp_path / "a.png", Image.effect_noise((900, 900), 50))
    first = prepare(path, "a.png", LIMITS, store)
    old = first.model_copy(update={"encoder": "pillow-1/rules-0"})
    (record,) = (store.root / "map").rglob("*.json")
    record.write_text(old.model_dump_json())
    assert prepare(path, "a.png", LIMITS, store).encoder == "pillow-1/rules-0"
    store.path(first.sha256, first.media_type).unlink()
    assert prepare(path, "a.png", LIMITS, store).encoder == ENCODER


def chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def bomb(side: int) -> bytes:
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    tail = chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + tail


def truncated() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((200, 200), 50).save(buffer, "PNG")
    return buffer.getvalue()[:-5000]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"<html>not found</html>", "not an image"),
        (truncated(), "truncated or damaged"),
        (bomb(50_000), "more pixels than is safe"),
        (bomb(12_000), "more pixels|than are safe|more than is safe"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "not an image|damaged"),
    ],
)
def test_what_cannot_be_decoded_safely_is_refused(
    tmp_path: Path, store: ImageStore, content: bytes, words: str
) -> None:
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        prepare(tmp_path / "x.png", "x.png", LIMITS, store)
    assert "\n" not in str(caught.value)


def test_refused_images_are_named_and_hostile_paths_are_not_read(
    tmp_path: Path, store: ImageStore
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    good = saved(root / "good.png", Image.new("L", (5, 5)))
    saved(tmp_path / "secret.png", Image.new("L", (5, 5)))
    references = [
        ImageRef(path="good.png", sha256=hashlib.sha256(good.read_bytes()).hexdigest()),
        ImageRef(path="../secret.png", sha256="1" * 64),
        ImageRef(path="gone.png", sha256="2" * 64),
    ]
    prepared, refused = prepare_all([(image, ()) for image in references], root, LIMITS, store)
    assert [image.path for image in prepared] == ["good.png"]
    reasons = {image.path: reason for image, reason in refused}
    assert "leaves the dataset" in reasons["../secret.png"]
    assert "cannot be read" in reasons["gone.png"]


def test_a_file_that_changed_since_loading_is_refused(tmp_path: Path, store: ImageStore) -> None:
    saved(tmp_path / "a.png", Image.new("L", (5, 5)))
    _, refused = prepare_all(
        [(ImageRef(path="a.png", sha256="0" * 64), ())], tmp_path, LIMITS, store
    )
    assert "changed since" in refused[0][1]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["RGB", "L", "RGBA", "P", "1", "CMYK"]),
    st.integers(1, 700),
    st.integers(1, 700),
    st.sampled_from(["png", "jpeg"]),
)
def test_what_has_been_prepared_passes_through(
    tmp_path: Path, store: ImageStore, mode: str, width: int, height: int, kind: str
) -> None:
    if (kind == "jpeg" and mode in {"RGBA", "P"}) or (kind == "png" and mode == "CMYK"):
        return
    path = tmp_path / f"{mode}-{width}-{height}.{kind}"
    Image.effect_noise((width, height), 60).convert(mode).save(path)
    first = prepare(path, path.name, LIMITS, store)
    again = prepare(store.path(first.sha256, first.media_type), "again", LIMITS, store)
    assert again.passed_through
    assert again.sha256 == first.sha256


@pytest.mark.data
def test_real_pictures_fit_every_provider(shared_data: Path, store: ImageStore) -> None:
    prices = load_price_list(ROOT / "deployments/configs/providers.yaml")
    pictures = sorted(
        p for p in (shared_data / "images_cc0").iterdir() if p.suffix in {".png", ".jpg"}
    )
    assert len(pictures) == 11
    for limits in prices.limits.values():
        for path in pictures:
            prepared = prepare(path, path.name, limits, store)
            assert prepared.bytes <= limits.max_bytes
            sent(store, prepared).load()
