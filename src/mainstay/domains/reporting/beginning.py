"""Whether the actor may do what a button of the journey leads to: asked of what will be asked there."""

from urllib.parse import urlsplit

from mainstay.domains.context.models import ManagementSystem
from mainstay.domains.controls.models import Applicability
from mainstay.domains.risk.models import RiskCriteria
from mainstay.platform.records.actor import current_actor
from mainstay.registers import crud, registry
from mainstay.registers.declaration import Register
from mainstay.registers.pages.detail import is_frozen
from mainstay.registers.verbs import possible_verbs, verbs_of


def may_begin(address: str) -> bool:
    """Whether the form, verb or list at the address does for the actor what its button says."""
    actor = current_actor()
    match urlsplit(address).path.strip("/").split("/"):
        case ["risk-criteria"]:
            return actor.may(f"{RiskCriteria.permission_noun()}.add", unit=actor.organisation_id)
        case ["soa"]:
            return actor.may(verbs_of(Applicability)["decide"].permission)
        case ["soa", "start"]:
            return actor.may(verbs_of(ManagementSystem)["start_soa"].permission)
        case [slug]:
            # Several records, to be changed together.
            return actor.may(registry.get(slug).permission("change"))
        case [slug, "new"]:
            return actor.may(registry.get(slug).permission("add"))
        case [slug, key]:
            return actor.may(registry.get(slug).permission("view"))
        case [slug, key, *_do, step]:
            return _may_do(registry.get(slug), key, step)
    return False


def _may_do(register: Register, key: str, step: str) -> bool:
    record = crud.find(register, key)
    if step == "edit":
        return current_actor().may(register.permission("change"), unit=record.place) and not is_frozen(register, record)
    return any(verb.name == step for verb in possible_verbs(record))
