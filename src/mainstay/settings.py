"""Django settings, all from `Configuration`. There is no second place to configure anything."""

from typing import Any
from urllib.parse import unquote, urlsplit

from mainstay.configuration import Configuration, read_configuration
from mainstay.keys import secret_text

CONFIGURATION: Configuration = read_configuration()

SECRET_KEY = secret_text(CONFIGURATION.home, "session")
DEBUG = CONFIGURATION.debug
ALLOWED_HOSTS = list(CONFIGURATION.hosts)

INSTALLED_APPS = [
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "django.contrib.messages",
    "mainstay.platform.records",
    "mainstay.platform.units",
    "mainstay.platform.identity",
    "mainstay.platform.access",
    "mainstay.platform.trail",
    "mainstay.platform.files",
    "mainstay.platform.jobs",
    "mainstay.platform.search",
    "mainstay.registers",
    "mainstay.domains.library",
    "mainstay.domains.work",
    "mainstay.domains.evidence",
    "mainstay.domains.context",
    "mainstay.domains.assets",
    "mainstay.domains.controls",
    "mainstay.domains.monitoring",
    "mainstay.domains.risk",
    "mainstay.domains.documents",
    "mainstay.domains.awareness",
    "mainstay.domains.suppliers",
    "mainstay.domains.incidents",
    "mainstay.domains.assurance",
    "mainstay.domains.reporting",
    "mainstay.domains.administration",
    "mainstay.web",
    "mainstay.api",
    "mainstay.cli",
]

SQLITE_PRAGMAS = (
    # WAL with synchronous=FULL lost no acknowledged commit in power-cut tests; NORMAL did.
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
    "PRAGMA cache_size=-32768; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456"
)


def _database(configuration: Configuration) -> dict[str, Any]:
    if not configuration.database:
        return {
            "ENGINE": "mainstay.platform.trail.backends.sqlite3",
            "NAME": str(configuration.home / "mainstay.sqlite3"),
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": SQLITE_PRAGMAS, "timeout": 30},
            "CONN_MAX_AGE": None,
        }
    address = urlsplit(configuration.database)
    return {
        "ENGINE": "mainstay.platform.trail.backends.postgresql",
        "NAME": unquote(address.path.lstrip("/")),
        "USER": unquote(address.username or ""),
        "PASSWORD": unquote(address.password or ""),
        "HOST": address.hostname or "",
        "PORT": str(address.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database(CONFIGURATION)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "mainstay.web.middleware.SecurityHeaders",
    "mainstay.web.static_files.StaticFiles",
    # Adds a random number of bytes, and form tokens are masked anew each time, so that lengths tell nothing (BREACH).
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "mainstay.web.middleware.OnlySealed",
    "mainstay.web.middleware.Acting",
    "mainstay.web.moment.AsKnown",
    "mainstay.web.middleware.DomainErrors",
]

ROOT_URLCONF = "mainstay.web.urls"
WSGI_APPLICATION = "mainstay.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "mainstay.web.shell.shell",
            ],
        },
    }
]

AUTH_USER_MODEL = "identity.User"
PASSWORD_HASHERS = ["mainstay.platform.identity.passwords.Argon2id"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": CONFIGURATION.password_length},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "mainstay.platform.identity.passwords.ContextWordsValidator"},
]

SESSION_ENGINE = "django.contrib.sessions.backends.db"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = CONFIGURATION.session_hours * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIGURATION.is_secure
SESSION_COOKIE_NAME = "__Host-mainstay" if CONFIGURATION.is_secure else "mainstay"
CSRF_COOKIE_NAME = "__Host-csrf" if CONFIGURATION.is_secure else "mainstay_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [CONFIGURATION.url]
CSRF_FAILURE_VIEW = "mainstay.web.errors.csrf_failure"

LANGUAGE_CODE = CONFIGURATION.language
LANGUAGES = [("en", "English")]
TIME_ZONE = CONFIGURATION.timezone
USE_TZ = True
USE_THOUSAND_SEPARATOR = False
DATE_FORMAT = "j M Y"

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "mainstay.web.static_files.HashedNames"},
}

MAX_UPLOAD_BYTES = CONFIGURATION.upload_megabytes * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"mainstay": {"level": "INFO"}, "django.request": {"level": "ERROR"}},
}
