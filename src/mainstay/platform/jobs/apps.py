from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "mainstay.platform.jobs"
    label = "jobs"
