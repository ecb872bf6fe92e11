"""The tutorial, step by step as its reader does it: every command in one folder, in order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from checkout import ROOT

PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
IMAGE = 45
"""The digit of scikit-learn that the tutorial saves as a file."""


def _steps() -> Iterator[tuple[str, str]]:
    """The language and the text of each block that is run; packages are installed already."""
    for language, text in re.findall(r"(?s)```(console|sh|python)\n(.*?)```", PAGE):
        if not text.startswith("pip install"):
            yield language, text


def _script(text: str) -> str:
    """The commands of a console block, without what they print."""
    return "\n".join(re.findall(r"(?m)^\$ (.*)", text))


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What each block prints, by its text."""
    folder = tmp_path_factory.mktemp("tutorial")
    programs = str(Path(sys.executable).parent)
    path = os.pathsep.join([programs, os.environ["PATH"]])
    outputs = {}
    for language, text in _steps():
        if language == "python":
            (folder / "digit.py").write_text(text)
            continue
        # One command shows a mistake on purpose.
        script = _script(text) if language == "console" else f"set -e\n{text}"
        process = subprocess.run(
            ["bash", "-uc", script],
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert language == "console" or process.returncode == 0, text + process.stderr
        outputs[text] = process.stdout
    return outputs


def _output(printed: Mapping[str, str], command: str) -> str:
    return next(output for text, output in printed.items() if command in text)


@pytest.mark.slow
def test_the_trained_network_knows_the_digits(printed: Mapping[str, str]) -> None:
    accuracy = re.search(r"test accuracy +([\d.]+)%", _output(printed, "henet-arch train"))
    assert accuracy
    assert float(accuracy[1]) > 97


@pytest.mark.slow
def test_python_and_c_say_what_the_page_says(printed: Mapping[str, str]) -> None:
    row = re.search(r"(?m)^ digit\.pgm +(\d) ", PAGE)
    answer = re.search(r"(?m)^digit\.pgm\t(\d)\t", PAGE)
    assert row
    assert answer
    assert re.search(rf"digit\.pgm +{row[1]} ", _output(printed, "henet-arch evaluate"))
    assert _output(printed, "make -C").splitlines()[-1].startswith(f"digit.pgm\t{answer[1]}\t")


@pytest.mark.slow
def test_the_emitted_c_is_the_network(printed: Mapping[str, str]) -> None:
    assert "is the network that was" in _output(printed, "--target c")


def test_the_image_is_one_that_the_training_does_not_see() -> None:
    pytest.importorskip("sklearn")
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    places = range(len(digits.target))
    _, held_out = train_test_split(places, test_size=0.2, random_state=0, stratify=digits.target)
    assert f"images[{IMAGE}]" in PAGE
    assert IMAGE in held_out
    assert digits.target[IMAGE] == 3
