"""Erasing a person at the command line, down to the database's own files."""



from .conftest import SERVER, Shell


def test_a_person_is_erased_for_good(process: Shell) -> None:
    process.run("people", "add", "--name", "Xaverine Quillfeather", "--email", "xq@quillfeather.example")
    process.run("risks", "add", "--name", "What Xaverine Quillfeather knows")
    process.run("trail", "seal")
    ref = next(row["ref"] for row in process.told("people", "list")["rows"] if row["name"] == "Xaverine Quillfeather")

    process.run("trail", "erase-person", ref, "--why", "Request 7", "--yes")

    proof = process.told("trail", "verify")
    assert proof["proves"] and proof["erased"] > 0
    assert process.told("risks", "list")["rows"][0]["name"] == f"What former person {ref} knows"
    if not SERVER:
        raw = b"".join(path.read_bytes() for path in process.home.glob("mainstay.sqlite3*")).lower()
        assert b"quillfeather" not in raw


def test_erasing_asks_first_and_refuses_an_owner(process: Shell) -> None:
    answered = process.finished(["trail", "erase-person", "P-1", "--why", "Request 7"])

    assert answered.returncode == 1
    assert "Anna Berg" in process.run("people", "list").stdout
