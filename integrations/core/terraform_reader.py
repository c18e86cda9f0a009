"""One evaluated resource as a document."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from integrations.core.directives import check_patch
from integrations.core.documents import (
    JSON,
    Document,
    Environments,
    Expression,
    IntegrationDocument,
    Layer,
    MappingDocument,
    MappingKey,
    Mode,
    OverrideDocument,
    Part,
    PartOverride,
    Source,
)
from integrations.core.hcl import Block
from integrations.core.hcl_builtins import text_of
from integrations.core.hcl_checks import hint, keys_or_none
from integrations.core.hcl_scope import Scope
from integrations.core.layout import bad_slug, is_slug
from integrations.core.problems import Code, Problem
from integrations.core.terraform_types import (
    MAPPING_BLOCK,
    META,
    META_BLOCKS,
    PARTS,
    TYPES,
    ResourceType,
    type_name,
)
from integrations.core.terraform_values import Values
from integrations.core.text import child, problem, short


@dataclass(slots=True)
class Read:
    """The attributes of one block, checked; `lines` by pointer from the block. `texts`: the sources of expressions."""

    block: Block
    values: dict[str, JSON] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    mappings: list[Read] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class ResourceReader:
    """Reads the instance of a resource whose scope is `scope`; problems are gathered in `problems`."""

    scope: Scope
    environments: Environments
    problems: list[Problem] = field(default_factory=list)

    def read(self, kind: str, value: dict[str, JSON], block: Block) -> Document | None:
        """The document; None when what is needed to name it is missing."""
        before = len(self.problems)
        found = self._attributes(value, block, TYPES[kind])
        if not self._is_named(found, TYPES[kind]):
            if len(self.problems) == before:
                self._report(Code.UNRESOLVED_VALUE, "This resource could not be read.", block.line, block)
            return None
        match kind:
            case "unified_api_integration":
                return self._integration(found)
            case "unified_api_mapping":
                return self._mapping(found)
            case "unified_api_environment_override":
                return self._override(found, Layer.ENVIRONMENT)
        return self._override(found, Layer.ACCOUNT)

    def _report(self, code: Code, message: str, line: int, block: Block) -> None:
        self.problems.append(problem(code, message, block.file, line))

    # attributes

    def _attributes(self, value: dict[str, JSON], block: Block, kind: ResourceType) -> Read:
        found = Read(block=block)
        values = Values(scope=self.scope, file=block.file, problems=self.problems)
        for name in block.attributes:
            item = self._attribute(name, value.get(name), found, kind, values)
            if item is not None:  # null means: not set
                found.values[name] = item
        self._blocks(value, found, kind, values)
        for name in kind.required:
            if name not in block.attributes:
                self._report(Code.MISSING_ATTRIBUTE, f"The attribute `{name}` is missing.", block.line, block)
            elif name not in found.values and f"/{name}" in found.lines and value.get(name) is None:
                message = f"`{name}` needs a value, and it is null."
                self._report(Code.MISSING_ATTRIBUTE, message, block.attributes[name].line, block)
        return found

    def _attribute(self, name: str, value: JSON, found: Read, kind: ResourceType, values: Values) -> JSON:
        """The value of one attribute, None where it is null, of no use here, or wrong."""
        attribute = found.block.attributes[name]
        if name in META:
            if name in {"count", "for_each"}:
                values.read(value, attribute, {}, "")
            return None
        if name not in kind.attributes:
            message = f"There is no attribute `{name}` here.{hint(name, list(kind.attributes))}"
            self._report(Code.UNKNOWN_ATTRIBUTE, message, attribute.line, found.block)
            return None
        count = len(self.problems)
        item = values.read(value, attribute, found.lines, f"/{name}")
        if item is None or len(self.problems) > count:
            return None
        if name in kind.slugs or name in PARTS:
            item = text_of(item) or item  # Terraform turns a number into the string that is asked for
        if not isinstance(item, kind.attributes[name]):
            message = f"`{name}` must be {type_name(kind.attributes[name])}."
            self._report(Code.WRONG_TYPE, message, attribute.line, found.block)
            return None
        return item

    def _is_named(self, found: Read, kind: ResourceType) -> bool:
        """Whether all that names the document is there, and is a slug."""
        is_good = True
        for name in kind.slugs:
            value = found.values.get(name)
            if not isinstance(value, str):
                is_good = False
            elif not is_slug(value):
                is_good = False
                self._report(Code.BAD_SLUG, bad_slug(value), found.lines[f"/{name}"], found.block)
        return is_good

    # nested blocks

    def _blocks(self, value: dict[str, JSON], found: Read, kind: ResourceType, values: Values) -> None:
        """Blocks of the resource itself: each kind once, as an object; `mapping` any number of times."""
        for name, written in _by_type(found.block).items():
            if name in META_BLOCKS:
                continue
            if name not in kind.blocks:
                message = f"There is no block `{name}` here.{hint(name, sorted(kind.blocks))}"
                self._report(Code.UNKNOWN_ATTRIBUTE, message, written[0].line, found.block)
                continue
            items = _as_list(value.get(name))
            self._check_count(name, written, items, found.block, values)
            if name == "mapping":
                for item in items:
                    inner = _block_of(item, written)
                    found.mappings.append(self._attributes(item, inner, MAPPING_BLOCK))
                continue
            if name in found.block.attributes or len(items) > 1:
                at = _block_of(items[-1], written).line if items else written[-1].line
                self._report(Code.DUPLICATE, f"`{name}` may stand here once.", at, found.block)
            if items:
                inner = _block_of(items[0], written)
                found.values[name] = self._object(items[0], inner, f"/{name}", found.lines, values)

    def _check_count(
        self, name: str, written: list[Block], items: list[dict[str, JSON]], block: Block, values: Values
    ) -> None:
        plain = sum(one.type != "dynamic" for one in written)
        loops = [one for one in written if one.type == "dynamic"]
        if not loops:
            wanted: int | None = plain
        else:
            sizes = [keys_or_none(loop, values.scope) if "for_each" in loop.attributes else None for loop in loops]
            wanted = None if None in sizes else plain + sum(len(size) for size in sizes if size is not None)
        if wanted is None and len(items) > plain:
            return
        if wanted is None or wanted != len(items):
            said = "an unknown number of" if wanted is None else str(wanted)
            message = f"The text asks for {said} `{name}` blocks, and the evaluation gave {len(items)}."
            self._report(Code.UNRESOLVED_VALUE, message, (loops or written)[0].line, block)

    def _object(
        self, value: dict[str, JSON], block: Block, pointer: str, lines: dict[str, int], values: Values
    ) -> dict[str, JSON]:
        """A nested block as an object, its own blocks inside; lists where a kind of block stands more than once."""
        lines[pointer] = block.line
        result: dict[str, JSON] = {}
        for name, attribute in block.attributes.items():
            if name == "id":
                message = "The evaluator puts a value of its own in the place of `id`: use another name."
                self._report(Code.HCL_REFUSED, message, attribute.line, block)
                continue
            item = values.read(value.get(name), attribute, lines, child(pointer, name))
            if item is not None:
                result[name] = item
        for name, written in _by_type(block).items():
            items = _as_list(value.get(name))
            self._check_count(name, written, items, block, values)
            here = child(pointer, name)
            if len(items) == 1:
                result[name] = self._object(items[0], _block_of(items[0], written), here, lines, values)
            elif items:
                lines[here] = written[0].line
                result[name] = [
                    self._object(item, _block_of(item, written), f"{here}/{index}", lines, values)
                    for index, item in enumerate(items)
                ]
        return result

    # documents

    def _integration(self, found: Read) -> Document:
        config = {name: value for name, value in found.values.items() if name != "name"}
        lines = {pointer: line for pointer, line in found.lines.items() if pointer[1:].split("/")[0] in config}
        self.problems += check_patch(config, lines, found.block.file, directives=False)
        return IntegrationDocument(
            slug=found.values["name"],
            config=config,
            lines=lines,
            source=_source(found.block),
            environments=self.environments,
        )

    def _mapping(self, found: Read) -> Document:
        parts = self._parts(found)
        if not parts and not any(name in found.block.attributes for name in PARTS):
            message = f"A mapping needs one of {', '.join(PARTS)}."
            self._report(Code.MISSING_ATTRIBUTE, message, found.block.line, found.block)
        return MappingDocument(
            integration=found.values["integration"],
            key=_key(found),
            parts=parts,
            source=_source(found.block),
            environments=self.environments,
        )

    def _override(self, found: Read, layer: Layer) -> Document:
        config, lines = self._config(found)
        mappings: dict[str, dict[Part, PartOverride]] = {}
        for one in found.mappings:
            if not self._is_named(one, MAPPING_BLOCK):
                continue
            name = str(_key(one))
            if name in mappings:
                message = f"The mapping {name} stands twice in this resource."
                self._report(Code.DUPLICATE, message, one.block.line, one.block)
            mappings[name] = self._part_overrides(one)
        return OverrideDocument(
            layer=layer,
            integration=found.values["integration"],
            account=found.values.get("account"),
            config=config,
            lines=lines,
            mappings=mappings,
            source=_source(found.block),
            environments=self.environments,
        )

    def _config(self, found: Read) -> tuple[dict[str, JSON], dict[str, int]]:
        config = found.values.get("config", {})
        start = len("/config")
        lines = {pointer[start:]: line for pointer, line in found.lines.items() if pointer.startswith("/config")}
        if isinstance(config, str):
            config = self._decoded(config, found)
        if not isinstance(config, dict):
            message = "`config` must be an object, or `jsonencode({…})`."
            self._report(Code.WRONG_TYPE, message, found.lines["/config"], found.block)
            config = {}
        self.problems += check_patch(config, lines, found.block.file)
        return config, lines

    def _decoded(self, text: str, found: Read) -> JSON:
        """JSON that was written as text: all of it has the line of its attribute."""
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return None

    def _parts(self, found: Read) -> dict[Part, Expression]:
        return {
            part: self._expression(found.values[name], name, found)
            for name, part in PARTS.items()
            if name in found.values
        }

    def _part_overrides(self, found: Read) -> dict[Part, PartOverride]:
        replaced = self._replaced(found)
        expressions = self._parts(found)
        attributes = {part: name for name, part in PARTS.items()}
        result = {}
        for part in Part:
            if part not in expressions and part not in replaced:
                continue
            line = found.lines.get(f"/{attributes[part]}") if part in expressions else replaced[part]
            result[part] = PartOverride(
                expression=expressions.get(part),
                mode=Mode.REPLACE if part in replaced else Mode.MERGE,
                source=Source(file=found.block.file, line=line or found.block.line),
            )
        return result

    def _replaced(self, found: Read) -> dict[Part, int]:
        """The parts named in `replace`, with their lines."""
        result: dict[Part, int] = {}
        known = [part.value for part in Part]
        for index, name in enumerate(found.values.get("replace", [])):
            line = found.lines.get(f"/replace/{index}", found.block.line)
            if name not in known:
                message = f"There is no part `{short(str(name))}`; the parts are {', '.join(known)}."
                self._report(Code.UNKNOWN_PART, message + hint(str(name), known), line, found.block)
                continue
            result[Part(name)] = line
        return result

    def _expression(self, text: str, name: str, found: Read) -> Expression:
        values = Values(scope=self.scope, file=found.block.file, problems=self.problems)
        source = values.text_source(text, found.block.attributes[name])
        return Expression(text=text, source=source)


def _by_type(block: Block) -> dict[str, list[Block]]:
    """The nested blocks by the type that they are or generate, in the text's order."""
    found: dict[str, list[Block]] = {}
    for inner in block.blocks:
        name = inner.labels[0] if inner.type == "dynamic" and inner.labels else inner.type
        found.setdefault(name, []).append(inner)
    return found


def _as_list(value: JSON) -> list[dict[str, JSON]]:
    """The evaluator gives one block as an object and several as a list."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict) and "__tfmeta" in item]


def _block_of(value: dict[str, JSON], written: list[Block]) -> Block:
    """The block in the text that gave the evaluated one: by its line, else the one that generates blocks."""
    line = value["__tfmeta"].get("line_start")
    for block in written:
        if block.type != "dynamic" and block.line == line:
            return block
    for block in written:
        if block.type == "dynamic" and block.nested("content"):
            return block.nested("content")[0]
    return written[0]


def _key(found: Read) -> MappingKey:
    return MappingKey(
        model=found.values["unified_model"], resource=found.values["resource"], method=found.values["method"]
    )


def _source(block: Block) -> Source:
    return Source(file=block.file, line=block.line)
