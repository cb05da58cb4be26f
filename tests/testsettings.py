"""The product's settings on a temporary home per test process, on SQLite in it or on what MAINSTAY_DATABASE names."""

import os
import tempfile

os.environ["MAINSTAY_HOME"] = tempfile.mkdtemp(prefix="mainstay-test-")

from mainstay.settings import *  # noqa: E402, F403 # the home must be set first
