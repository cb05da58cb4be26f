# ruff: noqa: E402, T201 # Django is set up before models are imported; the test reads what is printed
"""Sixteen writers and a sequencer that is killed again and again, for test_sealing_under_fire.py: prints what came of it."""

import json
import os
import random
import signal
import sys
import time

os.environ["DJANGO_SETTINGS_MODULE"] = "mainstay.settings"

import django

django.setup()

from django.db import connections, transaction

from mainstay.domains.assets.registers import ASSETS
from mainstay.platform.records.actor import acting, system
from mainstay.platform.trail.models import Change, Leaf
from mainstay.platform.trail.sequencer import seal
from mainstay.platform.trail.verification import verify
from mainstay.platform.units.models import Unit
from mainstay.registers import crud

WRITERS, EACH, KILLS = 16, int(sys.argv[1]), int(sys.argv[2])
chance = random.Random(7)  # noqa: S311 # the same dice each time


def child(work: "object", *parts: object) -> int:
    """Run `work` in a process of its own; connections are made anew there."""
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    try:
        work(*parts)  # type: ignore[operator] # a function
    finally:
        connections.close_all()
        os._exit(0)


def write(number: int, organisation: object) -> None:
    dice = random.Random(number)  # noqa: S311 # the same dice each time
    with acting(system("test", organisation=organisation)):  # type: ignore[arg-type] # an id
        for count in range(EACH):
            with transaction.atomic():
                asset = crud.create(ASSETS, {"name": f"{number}-{count}"})
                if dice.random() < 0.3:
                    crud.change(ASSETS, asset, {"description": "again"})
                if dice.random() < 0.1:
                    transaction.set_rollback(True)
            sys.stdout.flush()


def sequence() -> None:
    while True:
        seal()


organisation = Unit.unscoped_for_system.get(parent=None).pk
writers = [child(write, number, organisation) for number in range(WRITERS)]
for _kill in range(KILLS):
    sequencer = child(sequence)
    time.sleep(chance.uniform(0.002, 0.06))
    os.kill(sequencer, signal.SIGKILL)
    os.waitpid(sequencer, 0)
codes = [os.waitpid(pid, 0)[1] for pid in writers]
last = seal()
result = verify()
places = list(Leaf.objects.order_by("index").values_list("index", flat=True))
print(json.dumps({
    "codes": codes, "changes": Change.objects.count(), "leaves": Leaf.objects.count(), "size": last.size if last else 0,
    "contiguous": places == list(range(len(places))), "checkpoints": result.checkpoints,
    "findings": [finding.message for finding in result.findings],
}))
