"""What an operator may set: environment variables `MAINSTAY_*`, or `mainstay.toml` in MAINSTAY_HOME. Checked at start."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path


class ConfigurationError(ValueError):
    """A setting that cannot be used; the message names it and says what it takes."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """One field per setting; the help text of each is the operator's reference."""

    home: Path = field(metadata={"help": "The data directory: database, keys and files."})
    database: str = field(default="", metadata={"help": "postgresql://user@host:port/name; empty for SQLite in the home."})
    url: str = field(default="http://127.0.0.1:8000", metadata={"help": "The address people use; decides secure cookies."})
    hosts: tuple[str, ...] = field(default=("127.0.0.1", "localhost", "[::1]"), metadata={"help": "Host names served."})
    timezone: str = field(default="UTC", metadata={"help": "The organisation's time zone, as Europe/Zurich."})
    language: str = field(default="en", metadata={"help": "The default language."})
    password_length: int = field(default=15, metadata={"help": "Shortest password, 8 or more (NIST SP 800-63B-4)."})
    idle_minutes: int = field(default=30, metadata={"help": "A session ends after so many minutes without a request."})
    session_hours: int = field(default=12, metadata={"help": "A session ends after so many hours in any case."})
    upload_megabytes: int = field(default=50, metadata={"help": "Largest file taken, in MiB."})
    moments_megabytes: int = field(default=2_048, metadata={"help": "Space for rebuilt earlier states, in MiB."})
    smtp: str = field(default="", metadata={"help": "How mail is sent: smtp[s]://user:password@host:port; empty for no mail."})
    sender: str = field(default="", metadata={"help": "The e-mail address that mail comes from."})
    debug: bool = field(default=False, metadata={"help": "Show tracebacks in the browser. Loopback only."})

    @property
    def is_secure(self) -> bool:
        return self.url.startswith("https://")


def read_configuration(environment: Mapping[str, str] = os.environ) -> Configuration:
    """Read and check all settings. Raises ConfigurationError; the environment wins over the file."""
    home = Path(environment.get("MAINSTAY_HOME") or Path.home() / ".mainstay").expanduser().resolve()
    file = home / "mainstay.toml"
    told: dict[str, object] = {}
    if file.is_file():
        try:
            told = tomllib.loads(file.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"{file.name}: {error}") from error
    known = {item.name: item for item in fields(Configuration) if item.name != "home"}
    if strangers := set(told) - set(known):
        raise ConfigurationError(f"{file.name}: unknown setting {', '.join(sorted(strangers))}")
    for name in known:
        if (text := environment.get(f"MAINSTAY_{name.upper()}")) is not None:
            told[name] = text
    configuration = Configuration(home=home, **{name: _typed(name, value) for name, value in told.items()})  # type: ignore[arg-type] # typed by _typed
    _check(configuration)
    return configuration


def _typed(name: str, value: object) -> object:
    match next(item for item in fields(Configuration) if item.name == name).default:
        case bool():
            return value if isinstance(value, bool) else str(value).strip().lower() in ("1", "true", "yes", "on")
        case int():
            try:
                return int(str(value))
            except ValueError as error:
                raise ConfigurationError(f"MAINSTAY_{name.upper()} is a whole number, not “{value}”") from error
        case tuple():
            parts = value if isinstance(value, list) else str(value).split(",")
            return tuple(str(part).strip() for part in parts if str(part).strip())
    return str(value)


def _check(configuration: Configuration) -> None:
    if configuration.password_length < 8:
        raise ConfigurationError("MAINSTAY_PASSWORD_LENGTH is at least 8")
    if configuration.database and not configuration.database.startswith(("postgresql://", "postgres://")):
        raise ConfigurationError("MAINSTAY_DATABASE is empty or starts with postgresql://")
    if configuration.smtp and not re.fullmatch(r"smtps?://\S+", configuration.smtp):
        raise ConfigurationError("MAINSTAY_SMTP is empty or starts with smtp:// or smtps://")
    if configuration.smtp and "@" not in configuration.sender:
        raise ConfigurationError("MAINSTAY_SENDER is an e-mail address when MAINSTAY_SMTP is set")
    if configuration.debug and not any(host in configuration.url for host in ("127.0.0.1", "localhost", "[::1]")):
        raise ConfigurationError("MAINSTAY_DEBUG is for loopback addresses only")
