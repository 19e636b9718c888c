"""A contact sheet of graded pictures, to be looked at: `python -m tests.graded_sheet SHEET.png`."""

import io
import sys
from pathlib import Path

from PIL import Image

from data.make.canvas import HEIGHT, WIDTH
from data.make.graded import DIMENSIONS, graded_picture

NUMBERS = 3


def sheet(seed: int = 0) -> Image.Image:
    """The first pictures of each dimension, a row each, in their own size."""
    page = Image.new("RGB", (NUMBERS * WIDTH, len(DIMENSIONS) * HEIGHT), "#888888")
    for row, dimension in enumerate(DIMENSIONS):
        for number in range(NUMBERS):
            picture = Image.open(io.BytesIO(graded_picture(dimension, number, seed).png))
            page.paste(picture.crop((0, 0, WIDTH - 4, HEIGHT - 4)), (number * WIDTH, row * HEIGHT))
    return page


if __name__ == "__main__":
    sheet().save(Path(sys.argv[1]))
