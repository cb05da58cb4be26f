"""The WSGI application that `mainstay serve` runs."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mainstay.settings")

application = get_wsgi_application()
