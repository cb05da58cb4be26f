"""Jobs: they commit with their cause, run with their initiator's rights, and survive the death of a worker."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from mainstay.platform.access.models import Grant, Role
from mainstay.platform.identity.models import Person, User
from mainstay.platform.jobs import progress as progress_module
from mainstay.platform.jobs.models import Job, Standing
from mainstay.platform.jobs.progress import Progress, is_beating
from mainstay.platform.jobs.registry import job as registered_job
from mainstay.platform.jobs.services import LEASE, cancel, claim, enqueue, extend_lease, run, run_one
from mainstay.platform.jobs.worker import lease_kept
from mainstay.platform.records.actor import Actor, acting, current_actor, system
from mainstay.platform.records.errors import Invalid, NotAllowed, RuleViolation
from mainstay.platform.units.models import Unit
from mainstay.platform.units.services import found_organisation

pytestmark = pytest.mark.django_db

seen: list[Any] = []


@registered_job("test-note", title="Note", max_attempts=3)
def note(progress: Progress, *, word: str) -> dict[str, str]:
    seen.append(word)
    progress.step(1, 2, "half way")
    return {"word": word}


@registered_job("test-found", title="Found", max_attempts=2)
def found(progress: Progress, *, name: str) -> str:
    return str(found_organisation(name).pk)


@registered_job("test-break", title="Break", max_attempts=2)
def break_down(progress: Progress) -> None:
    found_organisation("half done")
    raise ZeroDivisionError("secret detail")


@registered_job("test-undo", title="Undo", max_attempts=1, atomic=True)
def break_down_whole(progress: Progress) -> None:
    break_down(progress)


@registered_job("test-refuse", title="Refuse", max_attempts=5)
def refuse(progress: Progress) -> None:
    raise RuleViolation("The plan is approved already.")


@registered_job("test-who", title="Who")
def who(progress: Progress) -> list[object]:
    actor = current_actor()
    return [actor.channel, actor.is_system, actor.may("risk.view"), actor.may("risk.change")]


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.CONFIGURATION = replace(settings.CONFIGURATION, home=tmp_path)
    seen.clear()
    return tmp_path


@pytest.fixture(autouse=True)
def as_system() -> Iterator[Actor]:
    with acting(system("test")) as actor:
        yield actor


@pytest.fixture
def user() -> User:
    unit = found_organisation("Alpha")
    person = Person.objects.create(
        organisation=unit, unit=unit, ref="P-1", name="Ada", email="ada@example.org"
    )
    role = Role.objects.create(slug="test-risk", name="Risk", patterns=["risk.*"])
    user = User.objects.create(person=person, email="ada@example.org")
    Grant.objects.create(organisation=unit, unit=unit, user=user, role=role)
    return user


def ended(job: Job) -> Job:
    job.refresh_from_db()
    return job


def test_a_job_is_run_once_and_keeps_its_result() -> None:
    job = enqueue("test-note", word="hello")

    assert run_one("w") is True
    assert run_one("w") is False

    assert seen == ["hello"]
    assert (ended(job).state, job.result, job.attempts) == ("done", {"word": "hello"}, 1)
    assert job.progress() == Standing(done=1, total=2, message="half way")


def test_a_job_of_a_cause_that_rolled_back_does_not_exist() -> None:
    with pytest.raises(RuleViolation), transaction.atomic():
        enqueue("test-note", word="never")
        raise RuleViolation("no")

    assert run_one("w") is False


def test_unknown_kinds_and_wrong_arguments_are_refused_when_asked_for() -> None:
    with pytest.raises(Invalid):
        enqueue("test-unknown")
    with pytest.raises(TypeError):
        enqueue("test-note", words="x")
    with pytest.raises(TypeError):
        enqueue("test-note", word=uuid4())
    with pytest.raises(ValueError, match="JSON"):
        enqueue("test-note", word=float("nan"))

    assert not Job.objects.exists()


def test_jobs_wait_for_their_time_and_run_in_its_order() -> None:
    now = timezone.now()
    enqueue("test-note", run_after=now + timedelta(hours=2), word="late")
    enqueue("test-note", run_after=now + timedelta(hours=1), word="early")

    assert run_one("w") is False
    while run_one("w", now=now + timedelta(hours=3)):
        pass

    assert seen == ["early", "late"]


def test_a_job_runs_with_the_rights_its_initiator_has_then(user: User) -> None:
    with acting(Actor(label="Ada", channel="web", user_id=user.id)):
        first, second = enqueue("test-who"), enqueue("test-who")

    run_one("w")
    Grant.objects.all().delete()
    run_one("w")

    assert ended(first).result == ["job", False, True, True]
    assert ended(second).result == ["job", False, False, False]


def test_a_job_asked_for_by_a_token_stays_within_its_scopes(user: User) -> None:
    with acting(Actor(label="Ada", channel="api", user_id=user.id, scopes=("*.view",))):
        job = enqueue("test-who")

    run_one("w")

    assert ended(job).result == ["job", False, True, False]


def test_a_job_of_a_closed_login_ends_without_running(user: User) -> None:
    with acting(Actor(label="Ada", channel="web", user_id=user.id)):
        job = enqueue("test-note", word="never")
    User.objects.update(is_active=False)

    run_one("w")

    assert (ended(job).state, seen) == ("failed", [])


def test_the_system_acts_in_jobs_that_the_system_asked_for() -> None:
    job = enqueue("test-who")

    run_one("w")

    assert ended(job).result == ["job", True, True, True]


def test_nobody_in_particular_cannot_ask_for_a_job() -> None:
    with acting(Actor(label="?", channel="web")), pytest.raises(NotAllowed):
        enqueue("test-who")


def test_a_refusal_is_final_and_its_sentence_is_kept() -> None:
    job = enqueue("test-refuse")

    run_one("w")

    assert (ended(job).state, job.attempts, job.error) == ("failed", 1, "The plan is approved already.")


def test_a_breakdown_is_tried_again_later_and_then_told_without_detail(
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = enqueue("test-break")
    before = timezone.now()

    with caplog.at_level(logging.CRITICAL, logger="mainstay"):
        run_one("w")
        waiting = ended(job).run_after - before
        assert (job.state, run_one("w")) == ("queued", False)
        run_one("w", now=before + timedelta(hours=1))

    assert timedelta(seconds=2) < waiting < timedelta(seconds=30)
    assert (ended(job).state, job.attempts) == ("failed", 2)
    assert str(job.id) in job.error and "secret" not in job.error


def test_a_breakdown_is_logged_with_its_trace(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("mainstay.platform.jobs.services")
    logger.addHandler(caplog.handler)
    enqueue("test-break")

    run_one("w")
    logger.removeHandler(caplog.handler)

    assert "ZeroDivisionError" in caplog.text


def test_an_atomic_job_that_breaks_down_leaves_nothing() -> None:
    job = enqueue("test-undo")

    run_one("w")

    assert ended(job).state == "failed"
    assert not Unit.objects.filter(name="half done").exists()


def test_a_waiting_job_is_cancelled_at_once() -> None:
    job = enqueue("test-note", word="never")

    cancel(job)

    assert (job.state, run_one("w"), seen) == ("cancelled", False, [])
    with pytest.raises(RuleViolation):
        cancel(job)


def test_a_running_job_hears_of_its_cancelling_at_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "SECONDS_BETWEEN_WRITES", 0.0)
    steps = []

    def work(progress: Progress) -> None:
        for number in range(10):
            steps.append(number)
            if number == 3:
                cancel(Job.objects.get())
            progress.step(number, 10)

    registered_job("test-long", title="Long")(work)
    job = enqueue("test-long")
    run_one("w")

    assert (ended(job).state, steps) == ("cancelled", [0, 1, 2, 3])
    assert not job.cancel_path.exists()


def test_a_stranger_cannot_cancel_a_job_but_its_initiator_can(user: User) -> None:
    with acting(Actor(label="Ada", channel="web", user_id=user.id)):
        job = enqueue("test-who")

    with acting(Actor(label="Eve", channel="web", user_id=uuid4())), pytest.raises(NotAllowed):
        cancel(job)
    with acting(Actor(label="Ada", channel="web", user_id=user.id)):
        cancel(job)

    assert job.state == "cancelled"


def test_progress_of_a_running_job_is_read_while_its_transaction_is_open() -> None:
    enqueue("test-note", word="x")
    job = claim("w")
    assert job is not None

    with transaction.atomic():
        progress = Progress(job)
        progress.step(5, 10, "reading")
        standing = Job.objects.get(pk=job.pk).progress()

    assert standing == Standing(done=5, total=10, message="reading")


def test_progress_is_not_written_at_every_step(home: Path) -> None:
    enqueue("test-note", word="x")
    job = claim("w")
    assert job is not None
    progress = Progress(job)

    for number in range(1000):
        progress.step(number, 1000)

    assert job.progress().done == 0
    assert progress.standing.done == 999


def test_a_taken_job_is_not_taken_again_within_its_lease() -> None:
    enqueue("test-note", word="x")
    now = timezone.now()
    job = claim("first", now=now)
    assert job is not None

    assert claim("second", now=now + LEASE - timedelta(seconds=1)) is None
    taken = claim("second", now=now + LEASE + timedelta(seconds=1))

    assert taken is not None and taken.pk == job.pk and taken.attempts == 2
    assert extend_lease(job) is False


def test_a_worker_that_shows_itself_keeps_its_job_though_its_lease_could_not_be_written() -> None:
    enqueue("test-note", word="x")
    job = claim("first")
    assert job is not None
    Progress(job)
    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    assert claim("second") is None
    assert claim("second", now=timezone.now() + 2 * LEASE) is not None


def test_a_worker_that_lost_its_job_does_not_overwrite_the_outcome(caplog: pytest.LogCaptureFixture) -> None:
    enqueue("test-note", word="x")
    job = claim("slow")
    assert job is not None
    assert run_one("quick", now=timezone.now() + 2 * LEASE)
    Job.objects.update(result="of the quick one")

    with caplog.at_level(logging.CRITICAL, logger="mainstay"):
        run(job)

    assert ended(job).result == "of the quick one"


def test_a_job_that_kills_every_worker_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    job, now = enqueue("test-note", word="x"), timezone.now()

    with caplog.at_level(logging.CRITICAL, logger="mainstay"):
        taken = [claim("w", now=now + number * 2 * LEASE) for number in range(4)]

    assert [attempt is not None for attempt in taken] == [True, True, True, False]
    assert ended(job).state == "failed" and str(job.id) in job.error


def test_the_lease_is_extended_from_beside_the_work() -> None:
    enqueue("test-note", word="x")
    job = claim("w")
    assert job is not None
    Progress(job)
    os.utime(job.progress_path, (0, 0))
    beaten = threading.Event()

    with lease_kept(job, every=0.01):
        while not beaten.wait(0.01):
            if is_beating(job, now=timezone.now().timestamp(), within=60):
                beaten.set()

    assert beaten.is_set()


SCRIPT = Path(__file__).with_name("job_worker.py")


class Workers:
    """Worker processes over a database of their own: a file, or a schema of the PostgreSQL database."""

    def __init__(self, home: Path) -> None:
        self.environment = dict(
            os.environ,
            MAINSTAY_HOME=str(home),
            MAINSTAY_TESTED_SETTINGS="mainstay.settings",
            PYTHONPATH=os.pathsep.join(path for path in sys.path if path),
        )
        if connection.vendor == "postgresql":
            settings = connection.settings_dict
            self.environment["MAINSTAY_DATABASE"] = (
                f"postgresql://{settings['USER']}:{settings['PASSWORD']}@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"
            )
            self.environment["PGOPTIONS"] = "-c search_path=kill_test"

    def start(self, what: str, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, str(SCRIPT), what, *arguments],
            env=self.environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def ask(self, what: str, *arguments: str) -> str:
        with self.start(what, *arguments) as process:
            output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        return output.strip()


@pytest.mark.parametrize(
    ("kind", "marks"), [("kill-plain", "started started finished"), ("kill-atomic", "started finished")]
)
def test_a_job_whose_worker_is_killed_in_the_middle_is_done_exactly_once_more(
    kind: str, marks: str, home: Path
) -> None:
    workers = Workers(home)
    workers.ask("prepare", kind)
    try:
        with workers.start("work") as victim:
            assert victim.stdout is not None
            assert victim.stdout.readline() == "halfway\n"
            victim.send_signal(signal.SIGKILL)
        assert victim.returncode == -signal.SIGKILL

        within_lease = workers.ask("work", "10", "go on")
        after_lease = workers.ask("work", "60", "go on")
        once_more = workers.ask("work", "600", "go on")

        assert (within_lease, after_lease, once_more) == ("nothing", "halfway\nran", "nothing")
        assert workers.ask("outcome") == f"done 2 {marks}"
    finally:
        workers.ask("remove")


def test_a_worker_runs_what_comes_and_stops_when_told(home: Path) -> None:
    workers = Workers(home)
    workers.ask("prepare", "stop")
    try:
        workers.ask("forever")

        assert workers.ask("outcome") == "done 1 stopping"
    finally:
        workers.ask("remove")
