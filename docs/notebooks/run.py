"""Runs the notebooks of this folder and keeps what each cell gives."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent


def kept(path: Path) -> nbformat.NotebookNode:
    """The notebook with what its cells gave when it was last written."""
    return nbformat.read(path, as_version=4)


def executed(path: Path, folder: Path) -> nbformat.NotebookNode:
    """The notebook with what its cells give now, without times and numbers of the runs.

    Args:
        path: The notebook.
        folder: Where its cells run, and leave their files.

    Raises:
        CellExecutionError: a cell raises an error.
    """
    notebook = kept(path)
    os.environ["COLUMNS"] = "80"
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}})
    client.execute()
    for cell in notebook.cells:
        cell.metadata.clear()
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"]}
    return notebook


def write(path: Path, folder: Path) -> None:
    """Run a notebook and write it back with its outputs."""
    nbformat.write(executed(path, folder), path)
