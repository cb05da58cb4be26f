"""Exporting the trail at the command line: who may, what they see, and that the export itself is on the trail."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from mainstay.domains.risk.registers import RISKS
from mainstay.offline import mainstay_verify, mainstay_witnessed
from mainstay.platform.identity.models import AccessEvent, Person, User
from mainstay.platform.records.actor import Actor, acting, system
from mainstay.platform.records.errors import NotAllowed, NotFound, RuleViolation
from mainstay.platform.trail.erasure import erase_person
from mainstay.platform.trail.models import Change, Leaf
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import found_organisation
from mainstay.registers import crud

from .commands import Run
from .exported import work
from .sealed import sealed


@pytest.fixture
def hired(run: Run, person_with: Callable[..., Actor]) -> Callable[..., Actor]:
    """People whose logins are committed."""

    def make(*arguments: Any, **rest: Any) -> Actor:
        with transaction.atomic():
            return person_with(*arguments, **rest)

    return make


@pytest.fixture
def filled(run: Run, as_system: Actor, hired: Callable[..., Actor]) -> Run:
    hired("employee")
    work(12)
    return run


def disclosed(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The contents by table, read as an auditor reads them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for _place, leaf, content in mainstay_verify.Bundle(folder, [], []).entries():
        if content is not None:
            found.setdefault(leaf["table"], []).append(content)
    return found


def login(actor: Actor) -> str:
    return User.objects.get(pk=actor.user_id).email


def test_an_operator_exports_everything_but_credentials(filled: Run, tmp_path: Path) -> None:
    done = filled("export", tmp_path / "bundle", "--json")

    told = json.loads(done.stdout)
    tables = set(disclosed(tmp_path / "bundle"))
    assert done.exit_code == 0
    assert told["holds"] is True
    assert {"risk_risk", "assets_asset", "access_grant", "records_refcounter", "identity_accessevent"} <= tables
    assert "identity_user" not in tables
    assert Change.objects.filter(table="identity_user").exists()


def test_the_export_is_on_the_trail_that_it_exports(filled: Run, tmp_path: Path) -> None:
    filled("export", tmp_path / "bundle")

    event = AccessEvent.objects.get(kind=AccessEvent.Kind.EXPORTED)
    (content,) = disclosed(tmp_path / "bundle")["identity_accessevent"]
    assert json.loads(content["row"])["id"] == event.pk.hex
    assert event.detail == "trail bundle"


def test_an_auditor_sees_what_their_role_lets_them_view(filled: Run, hired: Callable[..., Actor], tmp_path: Path) -> None:
    auditor = hired("internal_auditor")

    done = filled("export", tmp_path / "bundle", "--as", login(auditor))

    tables = set(disclosed(tmp_path / "bundle"))
    assert done.exit_code == 0
    assert {"risk_risk", "assets_asset"} <= tables
    assert not tables & {"identity_user", "identity_accessevent", "records_refcounter"}


@pytest.mark.parametrize("role", ["employee", "contributor", "auditor_readonly"])
def test_who_may_not_export_gets_nothing(filled: Run, hired: Callable[..., Actor], tmp_path: Path, role: str) -> None:
    nobody = hired(role)
    seq = Leaf.objects.order_by("seq").values_list("seq", flat=True)[0]

    with pytest.raises(NotAllowed):
        filled("export", tmp_path / "bundle", "--as", login(nobody))
    with pytest.raises(NotAllowed):
        filled("receipt", seq, "--as", login(nobody))

    assert not (tmp_path / "bundle").exists()


def test_who_may_export_at_a_site_may_not_export_the_whole(
    filled: Run, hired: Callable[..., Actor], site: Unit, tmp_path: Path
) -> None:
    local = hired("internal_auditor", at=site)

    with pytest.raises(NotAllowed):
        filled("export", tmp_path / "bundle", "--as", login(local))


def test_the_records_of_another_organisation_stay_undisclosed(
    filled: Run, hired: Callable[..., Actor], tmp_path: Path
) -> None:
    with acting(system("test")):
        other = found_organisation("Other Hospital")
    with acting(system("test", organisation=other.pk)):
        work(4)
    auditor = hired("internal_auditor")

    filled("export", tmp_path / "theirs", "--as", login(auditor))
    filled("export", tmp_path / "operator", "--org", "Other Hospital")

    theirs, operators = disclosed(tmp_path / "theirs"), disclosed(tmp_path / "operator")
    assert len(theirs["risk_risk"]) == 6
    assert len(operators["risk_risk"]) == 2
    assert "identity_accessevent" not in operators


def test_contents_before_a_day_can_be_left_out(filled: Run, tmp_path: Path) -> None:
    filled("export", tmp_path / "bundle", "--since-date", "2999-01-01")

    assert disclosed(tmp_path / "bundle") == {}
    assert (tmp_path / "bundle" / "private.jsonl").read_bytes() == b""


def test_a_bundle_can_be_a_zip_file(filled: Run, tmp_path: Path) -> None:
    done = filled("export", tmp_path / "bundle", "--zip")

    with zipfile.ZipFile(tmp_path / "bundle.zip") as archive:
        archive.extractall(tmp_path / "read")
    assert done.exit_code == 0
    assert not (tmp_path / "bundle").exists()
    assert disclosed(tmp_path / "read")
    assert filled("export", tmp_path / "bundle", "--zip").exit_code == 2


def test_nothing_is_written_over(filled: Run, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", "utf-8")

    with pytest.raises(RuleViolation, match="not empty"):
        filled("export", tmp_path)


def test_a_receipt_is_written_for_a_sealed_change(filled: Run, tmp_path: Path) -> None:
    filled("export", tmp_path / "bundle")
    seq = Change.objects.filter(table="risk_risk").order_by("seq")[2].seq

    (tmp_path / "receipt").write_text(filled("receipt", seq).stdout, "utf-8")

    key = (tmp_path / "bundle" / "vkey").read_text("utf-8").strip()
    assert mainstay_witnessed.main(["proof", str(tmp_path / "receipt"), "--key", key]) == 0
    with pytest.raises(NotFound):
        filled("receipt", 10**9)


def test_an_erased_person_is_in_no_export_and_the_log_holds(
    filled: Run, hired: Callable[..., Actor], as_system: Actor, tmp_path: Path
) -> None:
    person = Person.objects.get(pk=hired("employee", name="Zelda Quist").person_id)
    crud.create(RISKS, {"name": "Fire, as Zelda Quist said"})
    sealed()
    erase_person(person, why="request 7 of 2026")

    done = filled("export", tmp_path / "bundle")

    assert done.exit_code == 0, done.stdout
    assert "erased by entry" in done.stdout
    assert not [path for path in (tmp_path / "bundle").rglob("*") if path.is_file() and b"Zelda" in path.read_bytes()]
