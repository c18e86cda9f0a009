from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "console"

    def ready(self) -> None:
        from console.sign_in import hooks  # it reads models, which are there only now

        hooks.connect()
