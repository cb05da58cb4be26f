"""The installation's keys: files in `keys/` of the home, made once, readable by the service alone, never in the database."""

import os
import secrets
from pathlib import Path


def key_bytes(home: Path, name: str) -> bytes:
    """The 32 random bytes of `keys/<name>.key`; made, and forced to disk, when they do not exist yet."""
    folder = home / "keys"
    path = folder / f"{name}.key"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = secrets.token_bytes(32)
    temporary = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    try:
        os.write(descriptor, fresh)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        # A hard link fails where the name exists: of two processes that start together, one key wins.
        os.link(temporary, path)
    except FileExistsError:
        return path.read_bytes()
    finally:
        temporary.unlink()
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
    return fresh


def secret_text(home: Path, name: str) -> str:
    """The same key as 64 hexadecimal digits."""
    return key_bytes(home, name).hex()
