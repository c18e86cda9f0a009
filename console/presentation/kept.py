"""Markup that many pages share, kept while what it shows is the same object.

The layers below the accounts are merged once and shared by every account (`queries.effective`), so the same rows are
asked for again and again. An entry holds on to the objects that it was made from: their identity names them for as
long as it is kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """The `most` entries used last. Threads may make an entry twice; they never see a wrong one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._entries: OrderedDict[Hashable, tuple[tuple[object, ...], T]] = OrderedDict()
        self._lock = Lock()

    def get(self, owners: tuple[object, ...], key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives for these very `owners` and this `key`."""
        name = (*map(id, owners), key)
        with self._lock:
            found = self._entries.get(name)
            if found is not None:
                self._entries.move_to_end(name)
                return found[1]
        made = make()
        with self._lock:
            self._entries[name] = owners, made
            while len(self._entries) > self._most:
                self._entries.popitem(last=False)
        return made
