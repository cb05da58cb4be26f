"""The home a command works on: found by the configuration, with the product loaded for it."""

import os

import django

from mainstay.configuration import ConfigurationError, read_configuration


def load() -> None:
    """Set Django up for the configured home."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mainstay.settings")
    django.setup()


def require_home() -> None:
    """Refuse a home without keys: settings would make new ones, and nothing stored under the old could be read."""
    home = read_configuration().home
    if not (home / "keys").is_dir():
        raise ConfigurationError(f"There is no installation in {home}. Begin with `mainstay init`, or set MAINSTAY_HOME.")
