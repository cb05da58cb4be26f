"""The addresses that are no register's, as OpenAPI describes them."""

from typing import Any

Schema = dict[str, Any]

REFUSED = ("400", "401", "403", "404", "405", "409", "413", "415", "422", "429")


def _query(name: str, about: str, *, is_needed: bool = False, **schema: Any) -> Schema:
    return {
        "name": name,
        "in": "query",
        "required": is_needed,
        "description": about,
        "schema": {"type": "string"} | schema,
    }


def _items(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["items"],
        "properties": {"items": {"type": "array", "items": {"type": "object", "properties": properties}}},
    }


def _operation(
    name: str,
    summary: str,
    told: Schema,
    *,
    about: str = "",
    status: str = "200",
    parameters: tuple[Schema, ...] = (),
    body: Schema | None = None,
    needs_body: bool = True,
    media_type: str = "application/json",
) -> Schema:
    operation: Schema = {
        "operationId": name,
        "tags": ["other"],
        "summary": summary,
        "description": about or summary,
        "parameters": list(parameters),
        "responses": {status: {"description": summary, "content": {"application/json": {"schema": told}}}}
        | {code: {"$ref": f"#/components/responses/{code}"} for code in REFUSED},
    }
    if body is not None:
        operation["requestBody"] = {"required": needs_body, "content": {media_type: {"schema": body}}}
    return operation


_TEXT: Schema = {"type": "string"}
_ID: Schema = {"type": "string", "format": "uuid"}
_ANY: Schema = {"type": "object"}
_UNIT = _query("unit", "Where it belongs, by id or reference; the organisation if left out.")
_KEY: Schema = {"$ref": "#/components/parameters/IdempotencyKey"}

OTHER_PATHS: dict[str, Schema] = {
    "/api/v1/me": {"get": _operation("me", "Who the caller is, and what it may do where", _ANY)},
    "/api/v1/search": {
        "get": _operation(
            "search",
            "Find records of all kinds",
            _items(register=_TEXT, id=_ID, ref=_TEXT, name=_TEXT, snippet=_TEXT, rank={"type": "number"}),
            about="All words must occur; the last one may be the beginning of a word.",
            parameters=(
                _query("q", "The words.", is_needed=True),
                _query("limit", "At most so many.", type="integer", minimum=1, maximum=100),
                _query("register", "Only in this register; may be given more than once."),
            ),
        )
    },
    "/api/v1/soa": {
        "get": _operation(
            "soa",
            "The statement of applicability as it stands",
            _items(ref=_TEXT, title=_TEXT, decision=_TEXT, justification=_TEXT, implementation=_TEXT),
            about="One row per requirement: whether it applies and why, and the controls that implement it (27001 6.1.3 d).",
            parameters=(
                _query("management_system", "By id or reference.", is_needed=True),
                _query("framework", "By id or reference.", is_needed=True),
            ),
        )
    },
    "/api/v1/readiness": {
        "get": _operation(
            "readiness",
            "How far clauses 4 to 10 are met",
            _items(clause=_TEXT, name=_TEXT, status=_TEXT, missing=_TEXT, because={"type": "array", "items": _ANY}),
            about="Derived from the records alone: each verdict names what it rests on and what is missing.",
            parameters=(_query("on", "As of this day; today if left out.", format="date"),),
        )
    },
    "/api/v1/reports/{name}.{format}": {
        "get": _operation(
            "report",
            "A report as a document",
            {},
            about="SoA, risk assessment, risk treatment plan and readiness. Each download is on the trail.",
            parameters=(
                {
                    "name": "name",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "enum": ["soa", "risk-assessment", "risk-treatment-plan", "readiness"]},
                },
                {
                    "name": "format",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "enum": ["pdf", "docx", "xlsx", "html", "json"]},
                },
                _query("version", "An SoA version, by reference."),
                _query("assessment", "An approved risk assessment, by reference."),
                _query("on", "As of this day (readiness).", format="date"),
            ),
        )
    },
    "/api/v1/jobs/{key}": {
        "get": _operation(
            "job",
            "How far a job is",
            {
                "type": "object",
                "properties": {
                    "id": _ID,
                    "state": _TEXT,
                    "done": {"type": "integer"},
                    "total": {"type": "integer"},
                    "message": _TEXT,
                    "result": {},
                    "error": _TEXT,
                },
            },
            parameters=({"name": "key", "in": "path", "required": True, "schema": _ID},),
        )
    },
    "/api/v1/frameworks/import": {
        "post": _operation(
            "frameworks_import",
            "Bring in a framework",
            {"$ref": "#/components/schemas/Framework"},
            status="201",
            about="An OSCAL catalogue in JSON (at most 50 MiB) as the body; or no body, and one that comes with the product.",
            parameters=(_query("bundled", "The id of a framework that comes with the product."), _UNIT),
            body=_ANY,
            needs_body=False,
        )
    },
    "/api/v1/imports/{slug}": {
        "post": _operation(
            "imports",
            "Bring a file into a register",
            {"type": "object", "properties": {"job": _ID, "profile": _TEXT}},
            status="202",
            about="The body is the file, as text/csv or .xlsx. With dry_run=true the answer (200) tells what would become of "
            "each row; without, a job carries it out, and all rows or none are stored.",
            parameters=(
                {"name": "slug", "in": "path", "required": True, "schema": _TEXT, "description": "The register."},
                _query("dry_run", "Only say what would happen.", type="boolean"),
                _query("accept_partial", "Store the good rows though others are refused.", type="boolean"),
                _query("profile", "Where each column goes, as a dry run told it; proposed from the headings if left out."),
                _query("name", "What the file is called."),
                _UNIT,
                _query("create_people", "Owners nobody knows become people.", type="boolean"),
                _query("create_units", "Departments nobody knows become units.", type="boolean"),
                _query("drop_unresolved", "Leave references out that lead nowhere.", type="boolean"),
                _query("clear_blanks", "Empty cells empty the fields of records that exist.", type="boolean"),
            ),
            body={"type": "string", "format": "binary"},
            media_type="text/csv",
        )
    },
    "/api/v1/risk-criteria/adopt": {
        "post": _operation(
            "risk_criteria_adopt",
            "Adopt a ready-made method",
            {"$ref": "#/components/schemas/RiskCriteria"},
            status="201",
            about="Makes a draft of risk criteria, to be approved before risks are rated by it (27001 6.1.2 a).",
            parameters=(_KEY, _UNIT),
            body={"type": "object", "required": ["template"], "additionalProperties": False, "properties": {"template": _TEXT}},
        )
    },
}
