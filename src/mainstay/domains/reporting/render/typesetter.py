"""The child process in which Typst runs; `typesetting` starts it by path and speaks JSON with it.

Typst remembers all it ever laid out for the life of its process, and its Python binding has no way to
forget (180 MB for each register of 1,200 rows). A server cannot afford that; a child's memory ends with it.
"""

import base64
import json
import sys
from pathlib import Path
from typing import Any

import typst


def typeset(request: dict[str, Any]) -> list[bytes]:
    """The pages of a PNG, or the one file of a PDF; raises typst.TypstError for the last attempt only."""
    *first, last = request["attempts"]
    for attempt in first:
        try:
            return _compile(request, attempt)
        except typst.TypstError:
            continue
    return _compile(request, last)


def _compile(request: dict[str, Any], attempt: dict[str, Any]) -> list[bytes]:
    template = Path(request["template"])
    made: bytes | list[bytes] = typst.compile(
        template,
        root=template.parent,
        font_paths=typst.Fonts(include_system_fonts=attempt["system_fonts"]),
        format=request["format"],
        ppi=request["dots_per_inch"],
        sys_inputs=request["inputs"],
        pdf_standards=attempt["standard"],
        timestamp=request["timestamp"],
    )
    return made if isinstance(made, list) else [made]


def main() -> int:
    """Answer the request on standard input; what went wrong is said on standard error."""
    try:
        files = typeset(json.load(sys.stdin.buffer))
    except typst.TypstError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    json.dump([base64.b64encode(file).decode() for file in files], sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
