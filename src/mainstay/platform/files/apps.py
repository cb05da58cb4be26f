from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "mainstay.platform.files"
    label = "files"
