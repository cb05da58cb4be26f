"""A document with every kind of block and value, for the renderers to agree on."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from mainstay.domains.reporting.render.document import (
    Block,
    Column,
    ControlBlock,
    Document,
    Facts,
    Figure,
    Note,
    Paragraph,
    Section,
    Table,
)
from mainstay.domains.reporting.render.figures import Bar, bars
from mainstay.domains.reporting.render.values import Cell, Level, Status

HIGH = Level(number=4, label="High", colour="#e09a3c")
PARTLY = Status(code="partly", label="Partly met")

MakeDocument = Callable[..., Document]


def _document(*blocks: Block, title: str = "Statement of Applicability", language: str = "en") -> Document:
    control = ControlBlock(
        reference="SOA-7",
        version="3.1",
        status="Approved",
        owner="Ines Duarte",
        approved_by="Marek Novák",
        approved_on=date(2026, 3, 31),
        prepared_by="Ines Duarte",
        prepared_at=datetime(2026, 3, 30, 14, 5, tzinfo=UTC),
        valid_from=date(2026, 4, 1),
        next_review=date(2027, 3, 31),
        checksum="sha256:9f3c1b7ae04d5528c1ff0b6f7a1f2f7c9d1b3f60c2c0c44d3a3b1a2b93f1a7de",
        trail="48212 changes sealed",
    )
    section = Section(heading="Findings", blocks=blocks)
    return Document(title=title, classification="Confidential", control=control, sections=(section,), language=language)


@pytest.fixture(scope="session")
def make_document() -> MakeDocument:
    """Builds a document around the given blocks."""
    return _document


@pytest.fixture(scope="session")
def statement() -> Document:
    """Every kind of block, and a table long enough for several pages."""
    columns = (
        Column(key="ref", label="Control"),
        Column(key="why", label="Reason", width=3),
        Column(key="status", label="State", kind="status"),
        Column(key="level", label="Residual risk", kind="level"),
        Column(key="count", label="Assets", kind="integer"),
        Column(key="loss", label="Loss (EUR)", kind="money"),
        Column(key="due", label="Review", kind="date"),
    )
    rows: tuple[dict[str, Cell], ...] = tuple(
        {
            "ref": f"C-{at}",
            "why": f"Reason number {at} & <why>",
            "status": PARTLY,
            "level": HIGH,
            "count": 1_000 + at,
            "loss": Decimal(f"{at}234.50"),
            "due": date(2026, 1, 1 + at % 28),
        }
        for at in range(93)
    )
    twin = Table(
        columns=(Column(key="area", label="Area"), Column(key="open", label="Open", kind="integer")),
        rows=({"area": "Payroll", "open": 14},),
    )
    picture = bars([Bar(label="Payroll", value=14)], title="Payroll waits longest", description="Open actions")
    return _document(
        Paragraph(text="First paragraph.\n\nSecond paragraph."),
        Note(text="Four risks are too high.", tone="caution"),
        Facts(pairs=(("Highest", HIGH), ("Overall", PARTLY), ("Yearly loss", Decimal("1234567.5")))),
        Figure(svg=picture, title="Payroll waits longest", description="Open actions", table=twin),
        Table(columns=columns, rows=rows, caption="Controls considered"),
    )
