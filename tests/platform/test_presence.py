"""Whether anything refers to a record, told for many kinds at once."""

from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS
from mainstay.domains.controls.models import Control
from mainstay.domains.risk.models import Risk
from mainstay.domains.risk.registers import RISKS
from mainstay.domains.work.models import Action
from mainstay.platform.records.actor import Actor
from mainstay.platform.records.presence import referring, refers
from mainstay.registers import crud


def test_each_path_is_told_in_its_place_and_all_in_one_query(as_system: Actor, django_assert_num_queries: object) -> None:
    asset = crud.create(ASSETS, {"name": "Server"})
    other = crud.create(ASSETS, {"name": "Ward system", "depends_on": [asset.ref]})
    crud.create(RISKS, {"name": "Fire", "assets": [other.ref]})
    paths = [(Asset, "supported_by__supporting"), (Risk, "asset_links__asset"), (Control, "asset_links__asset"), (Asset, "unit")]

    with django_assert_num_queries(2):  # type: ignore[operator] # pytest-django gives it no importable type
        of_asset, of_other = referring(paths, asset.pk), referring(paths, other.pk)

    assert of_asset == [True, False, False, False]
    assert of_other == [False, True, False, False]


def test_a_single_path_may_end_at_a_plain_column(as_system: Actor) -> None:
    asset = crud.create(ASSETS, {"name": "Server"})

    assert not refers(Action, "subject_id", asset.pk)
    assert refers(Asset, "unit", asset.unit_id)


def test_of_no_paths_nothing_is_asked(as_system: Actor, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert referring([], as_system.organisation_id) == []  # type: ignore[arg-type] # the system of an organisation
