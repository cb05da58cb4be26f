"""What people write into spreadsheet cells, read as what they mean; an error says how to write it."""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal


class CellError(ValueError):
    """A cell that cannot be read: a stable code for programs, a sentence for whoever corrects the file."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


# --- words ---

# Letters Unicode does not take apart into a base letter and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_INVISIBLE = str.maketrans("", "", "\ufeff\u200b\u200c\u200d\u2060\u00ad")
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """The words alone: no case, accents or punctuation, one space between."""
    text = text.casefold()
    if not text.isascii():
        # Taking letters apart can bring up capitals (bold A), and small letters can come apart again.
        parts = unicodedata.normalize("NFKD", text.translate(_INVISIBLE)).casefold()
        parts = unicodedata.normalize("NFKD", parts).translate(_LETTERS)
        text = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(text))


def _plain(value: object) -> str:
    """The text as seen: every run of white space (no-break spaces too) one space, nothing invisible."""
    return " ".join(str(value).translate(_INVISIBLE).split())


def _shown(value: object) -> str:
    """The value as quoted in a message, cut to a length that still fits a line."""
    text = _plain(value)
    return f"'{text[:39]}…'" if len(text) > 40 else f"'{text}'"


# Nothing is meant: the field stays empty and nobody need look.
EMPTY_WORDS = frozenset({
    "n a", "na", "nil", "null", "blank", "not applicable",
    "k a", "keine angabe", "keine angaben", "leer", "entfallt", "nicht anwendbar", "nicht zutreffend",
    "sans objet", "non applicable", "vide",
})  # fmt: skip
# Something is meant but not known yet: the field stays empty and someone should find out.
UNKNOWN_WORDS = frozenset({
    "unknown", "not known", "unclear", "tbd", "t b d", "tbc", "tba", "to be defined", "to be determined",
    "to be confirmed",
    "unbekannt", "unklar", "nicht bekannt", "noch offen", "zu klaren", "zu definieren",
    "inconnu", "inconnue", "a definir", "a completer", "a determiner",
})  # fmt: skip
# A formula that failed, in English, German and French editions: the value existed and is lost.
SHEET_ERRORS = frozenset({
    "#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!", "#spill!", "#calc!",
    "#nv", "#bezug!", "#wert!", "#zahl!", "#valeur!", "#nom?", "#nombre!", "#nul!",
})  # fmt: skip
_STROKES = re.compile(r"[-\u2010-\u2014\u2212_./]*")
_QUESTION = re.compile(r"[?¿\uff1f]+")


def is_unknown(value: object) -> bool:
    """Whether the cell says that nobody knows: question marks, "tbd", "unbekannt", a failed formula."""
    if not isinstance(value, str):
        return False
    text = _plain(value)
    return bool(_QUESTION.fullmatch(text)) or text.casefold() in SHEET_ERRORS or fold(text) in UNKNOWN_WORDS


def is_blank(value: object) -> bool:
    """Whether the cell holds no value: empty, strokes only ("-", "--", "/"), "n/a" and its like, or unknown.

    `is_unknown` tells the cells apart that someone should still fill in.
    """
    if value is None:
        return True
    if not isinstance(value, str):
        return False
    text = _plain(value)
    return bool(_STROKES.fullmatch(text)) or fold(text) in EMPTY_WORDS or is_unknown(text)


# --- dates ---

# Day 60 of the 1900 system is a 29 February that never was; counting from 30 December puts every later day
# right.
_SERIAL_ZERO = date(1899, 12, 30)
# Outside these days a bare number is more likely a number than a date.
EARLIEST_SERIAL = (date(1950, 1, 1) - _SERIAL_ZERO).days
LATEST_SERIAL = (date(2100, 12, 31) - _SERIAL_ZERO).days
EARLIEST_YEAR = 1900
_TIME = r"(?:[T ,]+[0-9]{1,2}[:.][0-9]{2}(?:[:.][0-9]{2}(?:[.,][0-9]+)?)?(?: ?Z| ?[+-][0-9]{2}:?[0-9]{2})?)?"
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})" + _TIME)
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.]) ?([0-9]{1,2})\2 ?([0-9]{4}|[0-9]{2})" + _TIME)
_COMPACT = re.compile(r"((?:19|20|21)[0-9]{2})([0-9]{2})([0-9]{2})")
_SERIAL = re.compile(r"[0-9]{5}(?:\.[0-9]+)?")


def read_date(value: object, *, day_first: bool = True) -> date | None:
    """The day a cell means, None for a blank one.

    Reads ISO 8601, 31.01.2026, 31/01/2026 (01/31/2026 unless `day_first`), two-digit years the way
    spreadsheets do (29 is 2029, 30 is 1930), and spreadsheet day numbers of the 1900 system between 1950 and
    2100. A time of day is dropped.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if is_blank(value):
        return None
    text = _plain(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and not _COMPACT.fullmatch(text):
        return _serial_date(value)
    if _SERIAL.fullmatch(text):
        return _serial_date(float(text))
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = int(found[1]), int(found[3]), int(found[4])
    elif found := _COMPACT.fullmatch(text):
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    elif found := _YEAR_LAST.fullmatch(text):
        year, day, month = _full_year(found[4]), int(found[1]), int(found[3])
        # Dots are only ever written day first.
        if not day_first and found[2] != ".":
            day, month = month, day
    else:
        raise _no_date(value)
    return _calendar_day(value, year=year, month=month, day=day)


def day_first_of(values: Iterable[object]) -> bool | None:
    """What the slashes of a whole column say: day first, month first, or (None) nothing certain."""
    firsts = seconds = False
    for value in values:
        found = _YEAR_LAST.fullmatch(_plain(value)) if isinstance(value, str) else None
        if found and found[2] != ".":
            firsts = firsts or int(found[1]) > 12
            seconds = seconds or int(found[3]) > 12
    return None if firsts == seconds else firsts


def _full_year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return 2000 + year if year < 30 else 1900 + year


def _calendar_day(value: object, *, year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError as error:
        message = f"{_shown(value)} is not a day of the calendar; write 2026-01-31 or 31.01.2026."
        raise CellError("no_such_day", message) from error
    if found.year < EARLIEST_YEAR:
        raise CellError("date_too_early", f"{_shown(value)} is before {EARLIEST_YEAR}; check the year.")
    return found


def _serial_date(number: float) -> date:
    if not EARLIEST_SERIAL <= number < LATEST_SERIAL + 1:
        raise _no_date(number)
    return _SERIAL_ZERO + timedelta(days=math.floor(number))


def _no_date(value: object) -> CellError:
    return CellError("not_a_date", f"{_shown(value)} is not a date; write 2026-01-31 or 31.01.2026.")


# --- yes and no, levels, choices ---

YES_WORDS = frozenset({"yes", "y", "x", "true", "1", "on", "ja", "j", "wahr", "oui", "o", "vrai", "si"})
NO_WORDS = frozenset({
    "no", "n", "false", "0", "off", "none", "nein", "falsch", "kein", "keine", "non", "faux",
    "aucun", "aucune",
})  # fmt: skip
_YES_MARKS = frozenset("✓✔☑✅√☒")  # a crossed box is a ticked box on paper forms
_NO_MARKS = frozenset("✗✘☐❌")

# The four levels of protection need, likelihood or impact; "normal" is the lowest need of BSI 200-2.
LEVEL_WORDS: Mapping[str, int] = {
    "1": 1, "low": 1, "l": 1, "niedrig": 1, "gering": 1, "tief": 1, "faible": 1, "bas": 1, "basse": 1,
    "2": 2, "medium": 2, "m": 2, "med": 2, "moderate": 2, "normal": 2, "mittel": 2, "moyen": 2, "moyenne": 2,
    "modere": 2, "moderee": 2, "normale": 2,
    "3": 3, "high": 3, "h": 3, "hoch": 3, "eleve": 3, "elevee": 3, "haut": 3, "haute": 3, "fort": 3,
    "forte": 3,
    "4": 4, "very high": 4, "vh": 4, "critical": 4, "sehr hoch": 4, "sh": 4, "kritisch": 4, "tres eleve": 4,
    "tres elevee": 4, "tres haut": 4, "tres haute": 4, "tres fort": 4, "tres forte": 4, "critique": 4,
}  # fmt: skip


def read_bool(value: object) -> bool | None:
    """Yes or no as word or mark; None when blank or unknown, for silence is not a no."""
    if isinstance(value, bool):
        return value
    if is_blank(value):
        return None
    text = _plain(value)
    words = fold(text)
    if words in YES_WORDS or text in _YES_MARKS or value == 1:
        return True
    if words in NO_WORDS or text in _NO_MARKS or value == 0:
        return False
    raise CellError("not_yes_or_no", f"{_shown(value)} is neither yes nor no; write yes or no.")


def read_level(value: object) -> int | None:
    """A level from 1 (low) to 4 (very high), given as word, number or both ("3 - high"); None when blank."""
    if is_blank(value):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    words = fold(str(value)) if not isinstance(value, bool | date | float) else ""
    level = LEVEL_WORDS.get(words)
    if level is None:
        number, _, word = words.partition(" ")
        level = LEVEL_WORDS.get(number) if number.isdigit() else None
        if level != LEVEL_WORDS.get(word):
            level = None
    if level is None:
        message = f"{_shown(value)} is not a level; write low, medium, high or very high, or 1 to 4."
        raise CellError("not_a_level", message)
    return level


def read_choice(
    value: object, choices: Sequence[tuple[str, str]], *, synonyms: Mapping[str, str] | None = None
) -> str | None:
    """The stored value of the choice a cell names by value, label or synonym (text to value); None if blank.

    Choices come before blanks, so that a choice called "Unknown" or "n/a" can be chosen.
    """
    text = _plain(value).casefold() if value is not None else ""
    names = [(name, stored) for stored, label in choices for name in (stored, label)]
    names += (synonyms or {}).items()
    for name, stored in names:
        if text and _plain(name).casefold() == text:
            return stored
    words = fold(text)
    alike = {stored for name, stored in names if words and fold(name) == words}
    if len(alike) == 1:
        return alike.pop()
    if is_blank(value):
        return None
    labels = [label for _, label in choices]
    listed = ", ".join(labels[:8]) + (f" and {len(labels) - 8} more" if len(labels) > 8 else "")
    raise CellError("not_a_choice", f"{_shown(value)} is not one of the choices; write one of: {listed}.")


# --- numbers and text ---

_CURRENCY = re.compile(r"CHF|EUR|USD|GBP|SFr\.?|Fr\.|€|\$|£", re.IGNORECASE)
_NUMBER = re.compile(
    r"(?P<whole>[0-9]{1,3}(?P<group>[ '.,])[0-9]{3}(?:(?P=group)[0-9]{3})*|[0-9]+|(?=[.,][0-9]))"
    r"(?:(?P<mark>[.,])(?P<part>[0-9]+))?"
)
_ROUND_SUM = re.compile(r"[.,][-\u2013\u2014]{1,2}$")  # 500.- and 500,-- are whole francs and euros
_SIGNS = str.maketrans({"\u2212": "-", "\u2019": "'", "\u02bc": "'", "`": "'", "\u00b4": "'"})


def read_decimal(value: object, *, decimal_mark: Literal[".", ","] | None = None) -> Decimal | None:
    """A number written the Swiss (1'000.50), continental (1.000,50) or English (1,000.50) way; None if blank.

    A currency is dropped. "1,000" alone may be one thousand or one: it is refused unless `decimal_mark`
    decides.
    """
    if is_blank(value):
        return None
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return Decimal(repr(value))
    text = _CURRENCY.sub("", _plain(value).translate(_SIGNS)).strip()
    negative = text.startswith("-") or (text.startswith("(") and text.endswith(")"))
    text = _ROUND_SUM.sub("", text.strip("()").lstrip("+-").strip())
    found = _NUMBER.fullmatch(text)
    if not found or (found["group"] and found["group"] == found["mark"]):
        raise CellError("not_a_number", f"{_shown(value)} is not a number; write 1000.50.")
    whole, group, part = found["whole"], found["group"], found["part"]
    if group and group in ".," and whole.count(group) == 1 and part is None:
        if decimal_mark is None and not whole.startswith("0"):
            hint = f"write {whole.replace(group, '')} or {whole.replace(group, '.')}0"
            message = f"{_shown(value)} may be a thousand or a fraction; {hint}."
            raise CellError("ambiguous_number", message)
        if group == decimal_mark or whole.startswith("0"):
            whole, part = whole.split(group)
    digits = re.sub(r"[ '.,]", "", whole) or "0"
    number = Decimal(f"{digits}.{part}" if part else digits)
    return -number if negative else number


def read_integer(value: object) -> int | None:
    """A whole number, None when blank; "1.000" and "1,000" are a thousand here."""
    try:
        # Whichever mark stands there, it is taken for the one between thousands.
        number = read_decimal(value, decimal_mark="." if "," in str(value) else ",")
    except CellError:
        number = Decimal("NaN")
    if number is not None and number != number.to_integral_value():
        raise CellError("not_an_integer", f"{_shown(value)} is not a whole number; write digits only.")
    return None if number is None else int(number)


def read_text(value: object, *, max_length: int | None = None) -> str:
    """The text of a cell, trimmed, with plain line ends; a number or date as people write it.

    Words for nothing ("-", "n/a") are kept, since in a text they may be meant; ask `is_blank` where they are
    not.
    """
    if isinstance(value, datetime):
        text = value.isoformat(sep=" ", timespec="minutes")
    elif isinstance(value, float) and value.is_integer():
        text = str(int(value))
    else:
        text = "" if value is None else str(value)
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.strip("\ufeff\u200b").strip()
    if max_length is not None and len(text) > max_length:
        raise CellError("too_long", f"{_shown(text)} has {len(text)} characters; at most {max_length} fit.")
    return text


# --- references and people ---

_BETWEEN = re.compile(r"[,;|\n\r]|\s+/\s*|/\s+")
_NO_REFERENCES = frozenset({"none", "keine", "kein", "aucun", "aucune"})
_BULLET = re.compile(r"^(?:[•*·\u2013]|-(?=\s))\s*")
_HONORIFICS = frozenset({
    "dr", "prof", "dipl", "mr", "mrs", "ms", "herr", "frau", "mme", "mlle", "phd", "msc", "bsc", "mba",
    "cissp", "cisa", "cism",
})  # fmt: skip
_ASIDE = re.compile(r"<[^>]*>|\([^)]*\)|\[[^\]]*\]")
_ADDRESS = re.compile(r"[^\s<>(),;:@]+@[^\s<>(),;:@]+")


def split_references(text: str) -> tuple[str, ...]:
    """The references a text lists, between commas, semicolons, bars, line breaks or " / ", each once."""
    parts = (part.strip() for part in _BETWEEN.split(text))
    return tuple(dict.fromkeys(_BULLET.sub("", part) or part for part in parts if part))


def read_references(value: object) -> tuple[str, ...]:
    """The references a cell lists; none for a word that means so, which a form would rather ask about."""
    if is_blank(value) or fold(str(value)) in _NO_REFERENCES:
        return ()
    parts = map(_plain, split_references(read_text(value)))
    return tuple(dict.fromkeys(part for part in parts if not is_blank(part)))


def person_keys(value: object) -> tuple[str, ...]:
    """The forms a person's name may be filed under, likeliest first; none for a blank.

    "Novak, Sören", "Sören Novak" and "Dr. Soren NOVAK" share the first key, "Müller" and "Mueller" a later
    one; an e-mail address is a key itself. File people under every key of their name, look a cell up key by
    key and take the first that finds exactly one; "Novak Sören" (last first, no comma) is therefore tried
    last.
    """
    if is_blank(value):
        return ()
    text = str(value)
    addresses = [address.casefold() for address in _ADDRESS.findall(text)]
    name = _ASIDE.sub(" ", _ADDRESS.sub(" ", text)).replace("'", "").replace("\u2019", "")
    if not fold(name) and addresses:
        name = addresses[0].partition("@")[0]
    last, comma, first = name.partition(",")
    written = f"{first} {last}" if comma else name
    spelled_out = unicodedata.normalize("NFC", written).casefold().translate(_UMLAUTS)
    forms = [_name_words(written), _name_words(spelled_out)]
    if not comma and len(forms[0]) > 1:
        forms += [[*words[1:], words[0]] for words in forms]
    return tuple(dict.fromkeys([*addresses, *(" ".join(words) for words in forms if words)]))


def _name_words(name: str) -> list[str]:
    words = fold(name).split()
    return [word for word in words if word not in _HONORIFICS] or words
