"""The file of rows that were refused: as they came, with the reasons in front, to be mended and imported again."""

import csv
import io
from collections.abc import Iterable, Iterator

from mainstay.kit.cells import neutralise, restore
from mainstay.registers.imports.sheet import Cell, Sheet
from mainstay.registers.imports.values import read_text

REASON_HEADING = "Why it was refused"


def rejects_file(sheet: Sheet, rows: Iterable[tuple[tuple[Cell, ...], str]]) -> Iterator[bytes]:
    """CSV in UTF-8 with the header and the delimiter of the file that was read; formulas are made plain text."""
    is_text = sheet.encoding is not None
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=sheet.delimiter or ",", quoting=csv.QUOTE_ALL)
    buffer.write("\ufeff")
    writer.writerow([REASON_HEADING, *map(neutralise, sheet.header)])
    for cells, reason in rows:
        writer.writerow([neutralise(reason), *(_safe(cell, is_text=is_text) for cell in cells)])
        if buffer.tell() > 65_536:
            yield _taken(buffer)
    yield _taken(buffer)


def _safe(cell: Cell, *, is_text: bool) -> str:
    text = read_text(cell)
    # A mark that a text file came with is not marked again: reading takes one away, not two.
    return neutralise(restore(text) if is_text else text)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
