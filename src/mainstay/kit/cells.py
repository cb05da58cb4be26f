"""Text on its way into spreadsheets: what one would run as a formula leaves as plain text (CWE-1236)."""

import re

# What makes a spreadsheet calculate rather than show. Line ends and NUL count because some readers drop them
# and look at what follows; the fullwidth forms of = + - @ because East Asian editions take them for these.
# Blanks and quotes in front do not protect: importers trim them.
_FORMULA = re.compile(r"[\s\ufeff\u200b'\"]*[=+\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20]")
_MARK = "'"


def neutralise(text: str) -> str:
    """The text with a leading apostrophe where a spreadsheet would take it for a formula."""
    return _MARK + text if _FORMULA.match(text) else text


def restore(text: str) -> str:
    """The text as it was before `neutralise`, so that an export can be imported again without loss."""
    # The apostrophe is itself among the skipped characters, so a text that already began with one before a
    # formula was given a second; taking one away is therefore exact for every text.
    return text[1:] if text.startswith(_MARK) and _FORMULA.match(text, 1) else text
