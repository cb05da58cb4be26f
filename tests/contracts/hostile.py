"""Texts that have broken programs. None of them is a number, a date, a choice or a reference."""

MANY = "x" * 30_000
HOSTILE = (
    "\x00", "name\x00.txt", "\x1b[31mred", "\x07", "\ud800", "\udfff\ud800", "\ufeff", "\ufffe", "\u202eevil", "‮txt.exe‬",
    "שלום עולם", "مرحبا", "I\u0307stanbul", "ﬃ", "e\u0301" * 40, "👩‍👩‍👧‍👦", "𝕳𝖊𝖑𝖑𝖔", "\u200b\u200b", "\u2028", "a\u0000b",
    "{{7*7}}", "{% debug %}", "${7*7}", "<%= 7*7 %>", "#{7*7}", "%s%s%n", "{0}", "%(name)s",
    "<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "</textarea></title><svg onload=alert(1)>",
    "javascript:alert(1)", "=1+1", "@SUM(A1)", "' OR 1=1 --", '"; DROP TABLE assets_asset; --', "../../etc/passwd",
    "NaN", "1e999999", MANY,
)
SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7|add:60481722}}"
TRACES = ("<script>alert(1)", "<img src=x", "60481729")
"""What a page holds when `SCRIPT` was not escaped, or was evaluated."""
