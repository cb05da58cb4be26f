"""The product's settings on a temporary home per test process, on SQLite in it or on what MAINSTAY_DATABASE names."""

import os
import tempfile

os.environ["MAINSTAY_HOME"] = tempfile.mkdtemp(prefix="mainstay-test-")
# The driver of the browser leaves an event loop in its process, and Django then takes all that follows for asynchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

from mainstay.settings import *  # noqa: F403 # the home must be set first

if not CONFIGURATION.database:  # noqa: F405 # from the settings above
    # pytest-xdist would name a file for each process, in a folder that does not exist, as the engine is not Django's own.
    DATABASES["default"]["TEST"] = {"NAME": ":memory:"}  # noqa: F405
