"""Django's PostgreSQL with `carry`: named by `ENGINE` in the settings, as Django names its own."""
