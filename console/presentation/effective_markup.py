"""The tables of the effective page as markup, in pieces that pages of different accounts share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from urllib.parse import urlencode

from django.template import engines
from django.template.backends.jinja2 import Jinja2
from markupsafe import Markup

from console.context import Page
from console.presentation.addresses import source_addresses
from console.presentation.chains import ChainView
from console.presentation.kept import Kept
from console.presentation.rows import LeafRow, MappingSection, Wanted
from integrations.models import Proposal

# A piece has some kilobytes: tens of megabytes in a process that shows every integration of a large repository.
_pieces: Kept[Markup] = Kept(4_096)


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """How one request wants its tables. Not slotted: what it derives is kept."""

    page: Page
    wanted: Wanted
    is_folded: bool
    integration: str
    environment: str
    chain: ChainView | None
    chain_page: str
    proposed: Mapping[str, Proposal] = field(default_factory=dict)  # by the path of what it would change

    def group(self, name: str, rows: tuple[LeafRow, ...]) -> Markup:
        """The leaves below one top-level key of the config."""
        draw = partial(self._render, "leaf_group", name=name, rows=rows, files={row.file: None for row in rows})
        if any(row.path == self._opened or row.path in self.proposed for row in rows):
            return draw()
        return _pieces.get(rows, ("group", name, self._prefix, self._carried), draw)

    def mapping(self, section: MappingSection) -> Markup:
        """One mapping with its parts."""
        key = section.key
        narrowed = f"?{urlencode({**self._query, 'mapping': key})}"
        draw = partial(
            self._render,
            "mapping",
            **section._asdict(),
            files=section.files,
            narrowed=narrowed,
            opened_mapping=self._opened.partition(":")[0],
        )
        is_proposed = any(path.startswith(f"{key}:") for path in self.proposed)
        if is_proposed or self.wanted.is_narrowing or self.wanted.mapping or self._opened.startswith(f"{key}:"):
            return draw()
        place = (self.integration, self.environment)
        return _pieces.get(section.parts, (key, self.is_folded, place, self._prefix, self._carried), draw)

    def _render(self, template: str, *, files: Iterable[str], **values: object) -> Markup:
        engine = engines["jinja2"]
        assert isinstance(engine, Jinja2)
        # nosemgrep: raw-markup -- what an autoescaping template rendered
        return Markup(  # noqa: S704 - what an autoescaping template rendered
            engine.env.get_template(f"effective/{template}.html").render(
                **values,
                page=self.page,
                links=source_addresses(files, self.page.carried),
                prefix=self._prefix,
                wanted=self.wanted,
                is_folded=self.is_folded,
                integration=self.integration,
                environment=self.environment,
                opened=self._opened,
                chain=self.chain,
                chain_page=self.chain_page,
                proposed=self.proposed,
            )
        )

    @cached_property
    def _opened(self) -> str:
        return self.chain.path if self.chain else ""

    @cached_property
    def _query(self) -> dict[str, str]:
        """The page's own parameters but `path`, which each row adds."""
        return self.page.parameters(without=("path", "after"))

    @cached_property
    def _prefix(self) -> str:
        """An address relative to the page, so that it is the same for every account."""
        query = urlencode(self._query)
        return f"?{query}&path=" if query else "?path="

    @cached_property
    def _carried(self) -> tuple[tuple[str, str], ...]:
        return tuple(self.page.carried.items())
