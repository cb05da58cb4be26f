"""What `serve` wants to know before it serves."""

from django.conf import settings

from mainstay.cli.founding import first_way_in
from mainstay.cli.health import basic_problems
from mainstay.cli.static_files import build_static
from mainstay.platform.files.store import clear_unfinished


def look() -> dict[str, object]:
    """Problems; and when there are none, the folder of static files and the first sign-in link, if still needed."""
    problems = basic_problems()
    if problems:
        return {"problems": problems}
    build_static()
    clear_unfinished()
    return {"problems": [], "static": str(settings.STATIC_ROOT), "link": first_way_in()}
