"""Who looks past what the actor may see: each module that uses `unscoped_for_system` is listed, for somebody to have thought."""

from pathlib import Path

PRODUCT = Path(__file__).parents[2] / "src" / "mainstay"
NAME = "unscoped_for_system"
LISTED = frozenset(Path(__file__).with_name("unscoped.txt").read_text("utf-8").split())


def _users() -> set[str]:
    return {
        ".".join(path.relative_to(PRODUCT).with_suffix("").parts).removesuffix(".__init__")
        for path in PRODUCT.rglob("*.py")
        if "migrations" not in path.parts and NAME in path.read_text("utf-8")
    }


def test_only_listed_modules_look_past_what_the_actor_may_see() -> None:
    strangers = sorted(_users() - LISTED)

    assert not strangers, "narrow by `objects` or `visible_to`, or list the module in unscoped.txt and say in review why it may"


def test_the_list_holds_nobody_who_no_longer_does() -> None:
    assert not LISTED - _users()
