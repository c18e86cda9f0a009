from tests.web.conftest import _origin, config, people

__all__ = ["_origin", "config", "people"]
