# ruff: noqa: E402, T201 # Django is set up before models are imported; the test reads what is printed
"""A worker process for test_jobs.py: prepares its own tables, works, can be killed half way, tells what happened."""

import os
import sys
import threading
from datetime import timedelta

os.environ["DJANGO_SETTINGS_MODULE"] = os.environ["MAINSTAY_TESTED_SETTINGS"]

import django

django.setup()

from django.db import connection
from django.utils import timezone

from mainstay.platform.identity.models import Person, User
from mainstay.platform.jobs.models import Job
from mainstay.platform.jobs.progress import Progress
from mainstay.platform.jobs.registry import job
from mainstay.platform.jobs.schedule import recurring
from mainstay.platform.jobs.services import enqueue, run_one
from mainstay.platform.jobs.worker import run_forever
from mainstay.platform.records.actor import acting, system
from mainstay.platform.trail.models import Change, Checkpoint, Key, Leaf, Tile
from mainstay.platform.units.models import Unit

STOP = threading.Event()
GOES_ON = len(sys.argv) > 3


def mark(word: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO mark (word) VALUES (%s)", [word])


def work(progress: Progress) -> None:
    mark("started")
    progress.step(1, 2)
    print("halfway", flush=True)
    if not GOES_ON:
        sys.stdin.read()  # until killed
    mark("finished")


job("kill-plain", title="Plain")(work)
job("kill-atomic", title="Atomic", atomic=True)(lambda progress: work(progress))


@job("stop", title="Stop")
def stop(progress: Progress) -> None:
    mark("stopping")
    STOP.set()


def prepare(kind: str) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("CREATE SCHEMA kill_test")
        cursor.execute("CREATE TABLE mark (word text)")
    with connection.schema_editor() as editor:
        for model in (Unit, Person, User, Job, Change, Leaf, Tile, Checkpoint, Key):
            editor.create_model(model)
    with acting(system("test")):
        enqueue(kind)


def outcome() -> str:
    ended = Job.objects.exclude(kind__in=recurring()).get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT word FROM mark ORDER BY word DESC")
        words = [word for (word,) in cursor.fetchall()]
    return " ".join([ended.state, str(ended.attempts), *words])


match sys.argv[1:]:
    case ["prepare", kind]:
        prepare(kind)
    case ["work", *later]:
        moment = timezone.now() + timedelta(seconds=int(later[0]) if later else 0)
        print("ran" if run_one("worker", now=moment) else "nothing")
    case ["forever"]:
        run_forever(STOP, poll=0.01)
    case ["outcome"]:
        print(outcome())
    case ["remove"] if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA kill_test CASCADE")
