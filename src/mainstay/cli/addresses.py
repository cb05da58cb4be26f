"""The address people are told, where the operator has not said another."""

from dataclasses import fields

from mainstay.configuration import Configuration, read_configuration


def listening_url(host: str, port: int) -> str:
    """The configured address; when none is configured, the one that is listened on."""
    configured = read_configuration().url
    default = next(item.default for item in fields(Configuration) if item.name == "url")
    if configured != default:
        return configured
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104 # compared, not bound
    return f"http://{shown}:{port}"
