"""A photo takes little more memory than Pillow's picture of it and its bytes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PIL import Image

WIDTH, HEIGHT = 4000, 3000
CODE = """
import resource, sys
from pathlib import Path
import PIL.Image, PIL.ImageOps, PIL.JpegImagePlugin
from henet_arch.runtime.image_files import read_picture
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert read_picture(Path(sys.argv[1])).pixels.shape == (3000, 4000, 3)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


def test_a_photo_is_held_few_times_at_once(tmp_path: Path) -> None:
    """Pillow has 4 bytes for a pixel, and joins its rows to the 3 of an array."""
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (WIDTH, HEIGHT), (90, 120, 30)).save(path)
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(path)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 4 * 3 * WIDTH * HEIGHT
