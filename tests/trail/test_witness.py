"""This installation as a witness for the logs of others: it signs only what goes on from what it saw."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from shutil import rmtree

import pytest
from django.test import Client

from mainstay.kit.cosignature import COSIGNATURE, cosigned
from mainstay.kit.signed_note import NoteError, read_key
from mainstay.offline import mainstay_verify, mainstay_witnessed
from mainstay.platform.records.actor import Actor, acting
from mainstay.platform.records.errors import Conflict, Invalid, NotAllowed, NotFound
from mainstay.platform.trail import signer
from mainstay.platform.trail.anchors import witnessing
from mainstay.platform.trail.anchors.posting import Answer, post
from mainstay.platform.trail.models import Change, WitnessedLog

from .elsewhere import OtherLog
from .sealed import sealed

ADDRESS = "/witness/add-checkpoint"


@pytest.fixture
def log(kept: Actor) -> Iterator[OtherLog]:
    """A log that this installation is a witness for."""
    sealed()
    log = OtherLog()
    witnessing.add(log.key)
    yield log


def submit(body: bytes) -> Answer:
    response = Client(enforce_csrf_checks=True).post(ADDRESS, body, content_type="text/plain")
    return Answer(status=response.status_code, kind=response["Content-Type"].partition(";")[0], body=response.content)


def is_cosigned(answer: Answer, log: OtherLog, size: int, story: str = "so") -> bool:
    text = log.checkpoint(size, story).text
    return answer.status == 200 and bool(cosigned(answer.body.decode(), text, witnessing.verifier_key()))


def test_a_log_that_grows_is_cosigned_each_time(log: OtherLog) -> None:
    sizes = [0, 1, 2, 3, 7, 8, 8, 200, 257]

    answers = [submit(log.submission(old, size)) for old, size in zip([0, *sizes], sizes, strict=False)]

    assert all(is_cosigned(answer, log, size) for answer, size in zip(answers, sizes, strict=True))
    assert witnessing.seen_of(log.origin).size == 257


def test_the_verifier_of_bundles_takes_the_cosignature(log: OtherLog) -> None:
    answer = submit(log.submission(0, 5))

    key = mainstay_witnessed.read_witness(str(witnessing.verifier_key()))
    note = log.submission(0, 5).partition(b"\n\n")[2] + answer.body
    assert mainstay_verify.read_note(note, key) == (log.checkpoint(5).text, True)


def test_a_witness_says_what_it_saw_last_to_whom_claims_otherwise(log: OtherLog) -> None:
    submit(log.submission(0, 5))

    for body in (log.submission(0, 9), log.submission(0, 5), log.submission(4, 9), log.submission(6, 9)):
        assert submit(body) == Answer(status=409, kind="text/x.tlog.size", body=b"5\n")


def test_another_story_is_never_cosigned(log: OtherLog) -> None:
    submit(log.submission(0, 5))

    forged = [
        submit(log.submission(5, 9, "otherwise")), submit(log.submission(5, 9, proof=[])),
        submit(log.submission(5, 9, proof=[b"\0" * 32])),
    ]
    same_size = submit(log.submission(5, 5, "otherwise"))

    assert [answer.status for answer in forged] == [422, 422, 422]
    assert same_size.status == 409
    assert witnessing.seen_of(log.origin).root == log.checkpoint(5).root
    assert is_cosigned(submit(log.submission(5, 9)), log, 9)


def test_a_smaller_tree_is_never_cosigned_after_a_larger(log: OtherLog) -> None:
    submit(log.submission(0, 9))

    answers = [submit(log.submission(old, 5)) for old in (0, 5)]

    assert [answer.body for answer in answers] == [b"9\n", b"9\n"]
    assert submit(log.submission(9, 5)).status == 400


def test_there_is_no_proof_from_nothing(log: OtherLog) -> None:
    assert submit(log.submission(0, 5, proof=[b"\0" * 32])).status == 422


def test_a_log_nobody_added_is_not_known(log: OtherLog) -> None:
    assert submit(OtherLog("other.example/1").submission(0, 5)).status == 404


def test_who_has_not_the_key_of_the_log_gets_nothing(log: OtherLog) -> None:
    assert submit(OtherLog(seed=b"\x02" * 32).submission(0, 5)).status == 403
    assert witnessing.seen_of(log.origin).size == 0


@pytest.mark.parametrize("body", [
    b"", b"\xff\xfe", b"old 0", b"old 00\n\nlog.example/1\n", b"old -1\n\nlog.example/1\n", b"new 0\n\nlog.example/1\n",
    b"old 1\nAAA\n\nlog.example/1\n", b"old 1\n" + b"AAAA\n" * 64 + b"\nlog.example/1\n",
])
def test_what_is_no_submission_is_told_so(log: OtherLog, body: bytes) -> None:
    assert submit(body).status == 400


def test_a_submission_has_an_end(log: OtherLog) -> None:
    assert submit(b"old 0\n\n" + b"x" * witnessing.LONGEST).status == 413
    assert Client().get(ADDRESS).status_code == 405


def test_of_many_at_once_one_is_cosigned(log: OtherLog, live_server: object) -> None:
    submit(log.submission(0, 5))

    def ask(size: int) -> int:
        return post(f"{live_server}{ADDRESS}", log.submission(5, size), {"Content-Type": "text/plain"}).status

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(ask, range(6, 14)))

    assert answers == [200, *[409] * 7]


def test_removing_a_log_does_not_forget_what_was_seen(log: OtherLog) -> None:
    submit(log.submission(0, 9))

    witnessing.remove(log.origin)
    without = submit(log.submission(9, 10))
    witnessing.add(log.key)

    assert without.status == 404
    assert submit(log.submission(0, 3, "otherwise")).body == b"9\n"


def test_time_is_never_signed_backwards(log: OtherLog) -> None:
    submit(log.submission(0, 5))
    (state,) = (signer.folder() / "witnessed").glob("*.json")
    told = json.loads(state.read_text("utf-8"))
    later = told["at"] + 1_000
    state.write_text(json.dumps(told | {"at": later}), "utf-8")

    answer = submit(log.submission(5, 6))

    assert cosigned(answer.body.decode(), log.checkpoint(6).text, witnessing.verifier_key())[1] == later


def test_which_logs_are_witnessed_is_on_the_trail(log: OtherLog) -> None:
    witnessing.remove(log.origin)

    changes = Change.objects.filter(table=WitnessedLog._meta.db_table).order_by("seq")
    assert [change.op for change in changes] == ["I", "D"]
    assert log.key in (changes[0].row or "")


def test_only_the_operator_says_whose_witness_one_is(log: OtherLog, person_with: object) -> None:
    with acting(person_with("administrator")):  # type: ignore[operator] # the fixture makes people
        with pytest.raises(NotAllowed):
            witnessing.add(OtherLog("other.example/1").key)
        with pytest.raises(NotAllowed):
            witnessing.remove(log.origin)


def test_a_log_has_one_key(log: OtherLog) -> None:
    with pytest.raises(Conflict):
        witnessing.add(OtherLog(seed=b"\x02" * 32).key)
    with pytest.raises(Invalid):
        witnessing.add(str(witnessing.verifier_key()))
    with pytest.raises(NotFound):
        witnessing.remove("other.example/1")


def test_the_key_of_a_witness_is_its_own_and_stays(log: OtherLog) -> None:
    key = witnessing.verifier_key()
    state = signer.read()

    assert state is not None and key.name == f"{state.instance}.witness.mainstay"
    assert key.public.public_bytes_raw() != signer.verifier_key(state).public.public_bytes_raw()
    assert read_key(str(key), kind=COSIGNATURE) == key
    with pytest.raises(NoteError):
        read_key(str(key))


@pytest.mark.parametrize("change", [
    lambda line: line.replace("—", "-"), lambda line: line[:-1], lambda line: line.replace(".witness.", ".other."),
    lambda line: line[:-12] + ("B" if line[-12] == "A" else "A") + line[-11:],
    lambda line: line[:-5] + "=\n", lambda line: "\n" + line,
])
def test_a_cosignature_that_was_touched_is_none(log: OtherLog, change: object) -> None:
    line = submit(log.submission(0, 5)).body.decode()

    with pytest.raises(NoteError):
        cosigned(change(line), log.checkpoint(5).text, witnessing.verifier_key())  # type: ignore[operator] # one of those above
    with pytest.raises(NoteError):
        cosigned(line, log.checkpoint(6).text, witnessing.verifier_key())


def test_an_installation_without_a_name_is_no_witness_yet(log: OtherLog) -> None:
    rmtree(signer.folder())

    response = Client().post(ADDRESS, log.submission(0, 5), content_type="text/plain")

    assert response.status_code == 503
