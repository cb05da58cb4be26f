from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "mainstay.platform.records"
    label = "records"
