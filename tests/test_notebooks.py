"""The notebooks run, and what they show is what their cells give today."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from checkout import ROOT

FOLDER = ROOT / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def _shown(notebook: Any) -> list[Any]:
    """What each cell gave; of a picture what it says, whatever laid it out."""
    return [
        _plain(output)
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]


def _plain(output: Any) -> Any:
    data = output.get("data", {})
    if "image/svg+xml" in data:
        svg = ElementTree.fromstring(data["image/svg+xml"])
        return [element.text for element in svg.iter() if element.text]
    return data.get("text/html") or output.get("text") or data["text/plain"]


@pytest.mark.filterwarnings("default")  # of the kernel, not of ours
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_cells_give_what_the_notebook_shows(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("nbclient")
    if not shutil.which("dot"):
        pytest.skip("needs Graphviz")
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    spec = importlib.util.spec_from_file_location("run_notebooks", FOLDER / "run.py")
    assert spec
    assert spec.loader
    run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run)
    assert _shown(run.executed(path, tmp_path)) == _shown(run.kept(path))
