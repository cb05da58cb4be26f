"""What the database knows of its own tables, so that it chooses the right index as the organisation grows."""

from django.db import connection


def refresh_statistics() -> None:
    """Let SQLite count what its indexes hold (about 0.4 s at 100,000 records). PostgreSQL does so by itself.

    All of it, not a sample: a sample takes the rows of an organisation for few, and starts from them.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit = 0")
            cursor.execute("ANALYZE")
