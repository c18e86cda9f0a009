from tests.web.conftest import _origin, as_, config, people

__all__ = ["_origin", "as_", "config", "people"]
