"""What a target has written: files by name, to read or to save."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path, PurePosixPath

from ..support.errors import EmitError, PluginError
from ..support.files import writable, write_bytes
from ..support.folders import write_folder
from ._target import Target


class Emitted(Mapping[str, bytes]):
    """The files of a network, by name: one, or those of a folder.

    `print` shows the text of one file. `save` writes it, or the folder.

    Raises:
        PluginError: the target writes no file, or outside of its folder, or no bytes.
    """

    def __init__(self, target: Target, files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            if name in ("", ".", "..") or PurePosixPath(name).name != name or "\\" in name:
                raise PluginError(
                    f"target {target.name} writes {name!r}, which is no name of a file",
                    why="all files lie in one folder",
                )
            if not isinstance(content, bytes):
                raise PluginError(f"target {target.name} writes {name!r} not as bytes")
        if not files:
            raise PluginError(f"target {target.name} writes no file")
        self.target = target
        self._files = dict(files)

    def __getitem__(self, name: str) -> bytes:
        return self._files[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    @property
    def _has_main(self) -> bool:
        """Whether the first file is the network, and the others lie beside it."""
        return len(self) == 1 or (self.target.weights_beside and not self.target.folder)

    @property
    def content(self) -> bytes:
        """The content of the one file, or of the one beside which weights lie.

        Raises:
            EmitError: there are several files, and no main one.
        """
        if not self._has_main:
            raise EmitError(
                f"{self.target.name} writes {len(self)} files: {', '.join(self)}",
                fix="save them: --output PATH, or emitted.save(path)",
            )
        return next(iter(self._files.values()))

    @property
    def text(self) -> str:
        """The text of the one file, or of the one beside which weights lie.

        Raises:
            EmitError: there are several files, and no main one, or the one is no text.
        """
        try:
            return self.content.decode()
        except UnicodeDecodeError:
            raise EmitError(f"{', '.join(self)} is no text", fix="emitted.content") from None

    def beside(self, path: str | PathLike[str]) -> list[Path]:
        """The files that `save` writes beside `path`."""
        if self.target.folder:
            return []
        return [Path(path).with_suffix(PurePosixPath(name).suffix) for name in list(self)[1:]]

    def save(self, path: str | PathLike[str], *, force: bool = False) -> None:
        """Write the file to `path`, or the folder.

        A file or folder is written whole or not at all. Of several files that are no folder, the
        first is `path`, and the others lie beside it with its name and their own endings.

        Args:
            path: Where to.
            force: Replace files of the folder that were edited, and keep those of other names.

        Raises:
            EmitError: the target does not write files of that ending.
            FileError: it cannot be written, or something in the folder would be lost.
        """
        path = Path(path)
        if self.target.folder:
            write_folder(path, self._files, self.target.built(self._files), force=force)
            return
        endings = self.target.endings
        if path.suffix and endings and path.suffix.lower() not in endings:
            raise EmitError(
                f"{self.target.name} does not write {path.suffix[:20]!r}",
                where=str(path),
                fix=f"the ending {' or '.join(endings)}",
            )
        places = (path, *self.beside(path))
        contents = self.target.renamed(self._files, path.stem).values()
        for place in places:  # all can be written, or none is
            writable(place)
        main, *others = zip(places, contents, strict=True)
        for place, content in (*others, main):  # it may refer to the others
            write_bytes(place, content)

    def __str__(self) -> str:
        try:
            return self.text
        except EmitError:
            return "\n".join(f"{name}: {len(content):,} bytes" for name, content in self.items())

    def __repr__(self) -> str:
        return f"<Emitted {self.target.name}: {', '.join(self)}>"
