"""The table of file types that may be uploaded (types.toml)."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, kw_only=True, slots=True)
class FileType:
    """A type of file: how names end, what a header calls it, which structure its bytes must have."""

    extensions: tuple[str, ...]
    media_type: str
    structure: str
    inline: bool = False
    part: str = ""
    """The member that a package of this type must contain."""


@cache
def file_types() -> tuple[FileType, ...]:
    table = tomllib.loads(files(__package__).joinpath("types.toml").read_text("utf-8"))
    return tuple(FileType(**{**entry, "extensions": tuple(entry["extensions"])}) for entry in table["type"])


def type_of_extension(extension: str) -> FileType | None:
    return next((kind for kind in file_types() if extension in kind.extensions), None)


def type_of_media(media_type: str) -> FileType | None:
    return next((kind for kind in file_types() if kind.media_type == media_type), None)
