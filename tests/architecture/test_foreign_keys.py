"""Foreign keys point the way imports do: a table never refers to one of an app above its own (the linter cannot see strings)."""

from configparser import ConfigParser
from pathlib import Path

from django.apps import apps
from django.db import models

ROOT = Path(__file__).parents[2]
ALLOWED = {
    ("records.RefCounter", "units.Unit"): "references are counted per organisation, and what they are is no concern of units",
}
"""References upwards, each with the reason why it stays."""


def _heights() -> dict[str, int]:
    """Module of an app -> how high it stands, read from the contracts that the linter enforces."""
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter")
    heights = {"mainstay.registers": 100, "mainstay.web": 1000, "mainstay.api": 1000, "mainstay.cli": 1000}
    for name, base in (("platform", 0), ("domains", 200)):
        layers = contracts[f"importlinter:contract:{name}"]["layers"].split("\n")
        for height, layer in enumerate(reversed([line for line in layers if line.strip()])):
            for app in layer.split("|"):
                heights[f"mainstay.{name}.{app.strip()}"] = base + height
    return heights


def _references() -> list[tuple[type[models.Model], type[models.Model]]]:
    return [
        (model, field.related_model)
        for model in apps.get_models(include_auto_created=True) if model.__module__.startswith("mainstay.")
        for field in model._meta.local_fields if field.related_model is not None
    ]


def test_every_app_with_tables_has_its_layer() -> None:
    heights = _heights()

    missing = {model._meta.app_config.name for model, _target in _references()} - set(heights)

    assert not missing


def test_no_table_refers_to_one_of_a_higher_or_equal_app() -> None:
    heights = _heights()

    wrong = sorted(
        {
            (model._meta.label, target._meta.label)
            for model, target in _references()
            if model._meta.app_label != target._meta.app_label
            and heights[target._meta.app_config.name] >= heights[model._meta.app_config.name]
        }
        - set(ALLOWED)
    )

    assert not wrong


def test_the_exceptions_are_still_there() -> None:
    present = {(model._meta.label, target._meta.label) for model, target in _references()}

    assert set(ALLOWED) <= present
