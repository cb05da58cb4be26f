"""A larger sample keeps its proportions and hangs together."""

import pytest

from mainstay.demo import load
from mainstay.domains.assets.models import Asset, Dependency
from mainstay.domains.controls.models import Control
from mainstay.domains.risk.models import Risk
from mainstay.platform.units.models import Unit


@pytest.mark.django_db
def test_a_thousand_assets_come_with_risks_controls_and_links() -> None:
    told: list[tuple[int, int, str]] = []

    load("1k", progress=lambda done, total, label: told.append((done, total, label)))

    site = Unit.unscoped_for_system.get(ref="X1")
    assert Asset.unscoped_for_system.count() == 1_000
    assert Risk.unscoped_for_system.count() == 200
    assert Control.unscoped_for_system.count() == 98 + 60
    assert not Asset.unscoped_for_system.filter(owner=None).exists()
    assert Dependency.unscoped_for_system.filter(dependent__unit=site, supporting__unit=site).count() > 400
    assert not Dependency.unscoped_for_system.filter(dependent__unit=site).exclude(supporting__unit=site).exists()
    assert Risk.unscoped_for_system.filter(unit=site, current_level__lt=4, inherent_level=4).exists()
    assert told[-1] == (1_000, 1_000, "assets of 1000")
