"""Static files: copied to one folder, from which the server sends them without Python."""

import hashlib
import shutil
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders

from mainstay import __version__


def build_static() -> bool:
    """Bring STATIC_ROOT up to date; False when it was. What changed is told by path, size and time of change."""
    sources = _sources()
    stamp = _stamp(sources)
    root: Path = settings.STATIC_ROOT
    mark = root.with_name(f"{root.name}.stamp")
    if root.is_dir() and mark.is_file() and mark.read_text("utf-8") == stamp:
        return False
    mark.unlink(missing_ok=True)
    fresh = root.with_name(f"{root.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, source in sources.items():
        target = fresh / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    shutil.rmtree(root, ignore_errors=True)
    fresh.rename(root)
    mark.write_text(stamp, "utf-8")
    return True


def _sources() -> dict[str, Path]:
    """Every static file by the name it is served under; of equal names, the first finder's wins."""
    found: dict[str, Path] = {}
    for finder in get_finders():
        for name, storage in finder.list(["*.map"]):
            found.setdefault(name, Path(storage.path(name)))
    return found


def _stamp(sources: dict[str, Path]) -> str:
    digest = hashlib.sha256(__version__.encode())
    for name, path in sorted(sources.items()):
        facts = path.stat()
        digest.update(f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
