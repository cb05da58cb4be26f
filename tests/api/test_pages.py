"""Going through a list page by page: every record once, in order, whatever one sorts by."""

from datetime import date
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstay.domains.assets.models import Asset
from mainstay.domains.assets.registers import ASSETS
from mainstay.kit.uuid7 import uuid7
from mainstay.platform.records.actor import acting, system
from mainstay.platform.units.models import Unit
from mainstay.registers import lists

rows = st.fixed_dictionaries({
    "name": st.sampled_from(["Server", "server", "Zürich", "a", "'", "%", "_"]),
    "location": st.sampled_from(["", "Cellar", "cellar", "Ö"]),
    "review_on": st.sampled_from([None, date(2026, 1, 31), date(2026, 2, 1), date(1, 1, 1)]),
    "acquired_on": st.none(),
    "confidentiality": st.sampled_from([None, 1, 2, 4]),
    "kind": st.sampled_from(["hardware", "software"]),
    "has_owner": st.booleans(),
})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    given=st.lists(rows, max_size=12), sort=st.sampled_from(lists.sortable(ASSETS)), is_reversed=st.booleans(),
    limit=st.integers(1, 5),
)
def test_pages_hold_every_record_exactly_once_in_one_order(
    api: Any, administrator: Any, organisation: Unit, given: list[dict[str, Any]], sort: str, is_reversed: bool, limit: int
) -> None:
    path = f"assets?sort={'-' if is_reversed else ''}{sort}"
    with transaction.atomic():
        with acting(system("test", organisation=organisation.pk)):
            Asset.objects.bulk_create(
                Asset(
                    id=uuid7(), organisation=organisation, unit=organisation, ref=f"A-{number}",
                    owner_id=administrator.person_id if row["has_owner"] else None,
                    **{name: value for name, value in row.items() if name != "has_owner"},
                )
                for number, row in enumerate(given)
            )
        whole = [item["id"] for item in api.get(f"{path}&limit=500").json()["items"]]

        forward, cursor = [], ""
        for _page in range(len(given) + 1):
            page = api.get(f"{path}&limit={limit}&cursor={cursor}").json()
            forward += [item["id"] for item in page["items"]]
            back, cursor = page["previous"], page["next"] or ""
            if not cursor:
                break

        assert forward == whole and len(set(whole)) == len(given)
        if back:
            before = [item["id"] for item in api.get(f"{path}&limit=500&cursor={back}").json()["items"]]
            assert before == whole[: len(whole) - len(page["items"])]
        transaction.set_rollback(True)
