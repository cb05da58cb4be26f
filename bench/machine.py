"""What the kernel tells of a process and its descendants: CPU time and memory."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


@dataclass(frozen=True, kw_only=True)
class Stat:
    """The fields of /proc/<pid>/stat that count (proc(5))."""

    parent: int
    cpu_ms: float


def _stat(pid: int) -> Stat | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text("utf-8")
    except OSError:
        return None  # it has ended
    # The name of the program stands in parentheses and may itself hold some.
    fields = text.rpartition(")")[2].split()
    # Its own time and that of children it waited for, such as the process that sets a PDF.
    return Stat(parent=int(fields[1]), cpu_ms=sum(int(fields[at]) for at in (11, 12, 13, 14)) * 1000 / _TICKS)


def tree(root: int) -> dict[int, Stat]:
    """The process and all that descend from it."""
    known = {int(entry.name): found for entry in _PROC.iterdir() if entry.name.isdecimal() and (found := _stat(int(entry.name)))}
    inside = {root} & known.keys()
    fresh = set(inside)
    while fresh:
        fresh = {pid for pid, found in known.items() if found.parent in fresh} - inside
        inside |= fresh
    return {pid: known[pid] for pid in inside}


def cpu_ms(*roots: int) -> float:
    """User and system time so far of all processes of the trees."""
    return sum(found.cpu_ms for root in roots for found in tree(root).values())


def memory_mb(root: int) -> float:
    """Resident memory of the tree: shared pages split among their users where the kernel tells (PSS), else counted in each."""
    return sum(_memory_kb(pid) for pid in tree(root)) / 1024


def _memory_kb(pid: int) -> int:
    for name, label in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            lines = (_PROC / str(pid) / name).read_text("utf-8").splitlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith(label):
                return int(line.split()[1])
    return 0
