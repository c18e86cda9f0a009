"""Edits of HCL: the platform layer, environment overrides, and account overrides that are written in HCL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from integrations.core.directives import check_patch
from integrations.core.documents import (
    JSON,
    Expression,
    IntegrationDocument,
    Layer,
    MappingDocument,
    Mode,
    OverrideDocument,
    Part,
    Source,
)
from integrations.core.edits import hcl_render, hcl_scalars
from integrations.core.edits.expressions import edited, refuse_if_shared
from integrations.core.edits.ground import Draft
from integrations.core.edits.hcl_layout import HclEntry, HclPage, Holder, outline, outline_of, read_hcl_page
from integrations.core.edits.hcl_splice import ENCODED, Address, find, literal_at, remove_value, set_value
from integrations.core.edits.patches import edited_list, like, plain, with_value, without
from integrations.core.edits.values import (
    CannotEdit,
    ConfigEdit,
    EditList,
    Keys,
    MappingEdit,
    Refusal,
    RemoveConfig,
    RemoveField,
    RemoveMapping,
    Scope,
    SetConfig,
    SetMapping,
)
from integrations.core.edits.yaml_splice import is_same
from integrations.core.hcl import Block, read_hcl
from integrations.core.pointer import ABSENT, Absent
from integrations.core.terraform_types import INTEGRATION, PARTS

_INTEGRATION = "unified_api_integration"
_ENVIRONMENT_OVERRIDE = "unified_api_environment_override"
_ATTRIBUTES = {part: name for name, part in PARTS.items()}
_Layered: TypeAlias = IntegrationDocument | MappingDocument | OverrideDocument
_IDENTITY = frozenset({"integration", "account"})  # what an override has that says nothing


def override_file(scope: Scope) -> str:
    """Where a new environment override is written."""
    return f"environments/{scope.environment}/{scope.integration}.tf"


# config


def plan_config(edit: ConfigEdit, draft: Draft, override: OverrideDocument | None) -> None:
    """`override`: the account's, when the layer is account."""
    document = override or _document(edit.scope, draft)
    is_platform = edit.scope.layer is Layer.PLATFORM
    if is_platform and (edit.path[0] == "name" or edit.path[0] not in INTEGRATION.attributes):
        raise CannotEdit(Refusal.NO_PLACE, f"An integration has no setting {edit.path[0]} that could be changed.")
    if document is None:
        current: JSON | Absent = ABSENT
    else:
        file, address = document.source.file, _address(draft, document.source)
        keys = edit.path if is_platform else (ENCODED, *edit.path)
        current = ABSENT
        if isinstance(edit, EditList) and _has(draft.text(file), file, address, keys):
            current = literal_at(draft.text(file), keys, file=file, resource=address)
    change = _as_setting(edit, current, directives=not is_platform)
    if document is None:
        if isinstance(change, SetConfig):
            _create(change, draft)
        return
    _change(change, draft, document, keys, address)


def _as_setting(edit: ConfigEdit, current: JSON | Absent, *, directives: bool) -> SetConfig | RemoveConfig:
    if not isinstance(edit, EditList):
        return edit
    value = edited_list(current, edit, directives=directives)
    if value is ABSENT:
        return RemoveConfig(scope=edit.scope, path=edit.path)
    return SetConfig(scope=edit.scope, path=edit.path, value=value)


def _has(text: str, file: str, address: Address, keys: Keys) -> bool:
    config: JSON = _outlines(text, file)[address][0]
    for key in keys[1:] if address[0] != _INTEGRATION else keys:
        if not isinstance(config, dict) or key not in config:
            return False
        config = config[key]
    return True


def _change(change: SetConfig | RemoveConfig, draft: Draft, document: _Layered, keys: Keys, address: Address) -> None:
    file = document.source.file
    old = draft.text(file)
    if isinstance(change, SetConfig):
        new = set_value(old, keys, change.value, file=file, resource=address)
        if address[0] != _INTEGRATION:
            _check_directives(change)
    else:
        new = remove_value(old, keys, file=file, resource=address)
        new = _without_idle(new, file, address)
    _compare(old, new, file, address, change)
    if new.strip():
        draft.write(file, new)
    else:
        draft.delete(file)
    if isinstance(document, OverrideDocument) and address not in _outlines(new, file):
        draft.replace(document, None)


def _check_directives(change: SetConfig) -> None:
    """The merge patch that this path and value are must be one that layers can be merged with."""
    patch: JSON = change.value
    for name in reversed(change.path):
        patch = {name: patch}
    if problems := check_patch(patch, {}, ""):
        raise CannotEdit(Refusal.BAD_VALUE, f"This cannot be written: {problems[0].message}")


def _create(change: SetConfig, draft: Draft) -> None:
    """An environment override in a file of its own, or behind what stands in the integration's file there."""
    scope = change.scope
    file = override_file(scope)
    old = draft.text(file) if draft.exists(file) else ""
    taken = {address[1] for address in _outlines(old, file)}
    label = scope.integration if hcl_render.IDENTIFIER.fullmatch(scope.integration) else f"_{scope.integration}"
    while label in taken:
        label += "_override"
    config: JSON = change.value
    for name in reversed(change.path):
        config = {name: config}
    _check_directives(change)
    gap = "" if not old else "\n" if old.endswith("\n") else "\n\n"
    line = (old + gap).count("\n") + 1
    written = (
        f'resource "{_ENVIRONMENT_OVERRIDE}" "{label}" {{\n'
        f"  integration = {hcl_render.quoted(scope.integration)}\n\n"
        f"  {ENCODED} = jsonencode({hcl_render.lines(config, column=2)})\n}}\n"
    )
    new = old + gap + written
    address = (_ENVIRONMENT_OVERRIDE, label)
    if not is_same(_outlines(new, file)[address][0], outline_of(config)):
        raise _not_exact(file, line)
    draft.write(file, new)
    draft.addresses[(file, line)] = address
    made = OverrideDocument(
        layer=Layer.ENVIRONMENT,
        integration=scope.integration,
        account=None,
        config=config,
        lines={},
        mappings={},
        source=Source(file=file, line=line),
        environments=(str(scope.environment),),
    )
    draft.replace(None, made)


def _without_idle(text: str, file: str, address: Address) -> str:
    """The text without an override that no longer says anything."""
    if address[0] == _INTEGRATION:
        return text
    page = read_hcl_page(text, file)
    resource = find(page, address)
    if {entry.name for entry in page.body(resource.node).entries} - _IDENTITY:
        return text
    before = page.text[: resource.node.start_byte].decode()
    behind = page.text[resource.node.end_byte :].decode().lstrip("\r\n")
    line_break = page.line_break
    return (before + behind) if behind else before.rstrip("\r\n") + (line_break if before.strip() else "")


# where it stands


def _document(scope: Scope, draft: Draft) -> _Layered | None:
    """The document of the layer. Raises CannotEdit where it is in force in more environments than are meant."""
    integrations = draft.integrations(scope.integration)
    if scope.layer is Layer.PLATFORM:
        return _only(integrations, scope.integration)
    if scope.environment not in draft.ground.environments:
        raise CannotEdit(Refusal.NO_PLACE, f"There is no environment named {scope.environment}.")
    found = draft.overrides(scope)
    for document in found:
        covers = document.environments or draft.ground.environments
        if covers != (scope.environment,):
            sentence = f"This override is in force in {' and '.join(covers)}. Edit it in its file."
            raise CannotEdit(Refusal.OTHER_SCOPE, sentence, document.source)
    return _only(found, scope.integration) if found else None


def _only(documents: Iterable[_Layered], name: str) -> _Layered:
    """Documents of several environments that one resource gave count as one."""
    by_source = {document.source: document for document in documents}
    if len(by_source) > 1:
        places = " and ".join(str(source) for source in sorted(by_source, key=str))
        raise CannotEdit(Refusal.OTHER_SCOPE, f"{name} is written apart for its environments, in {places}.")
    return next(iter(by_source.values()))


def _address(draft: Draft, source: Source) -> Address:
    """The resource that a document came from: found by its line in the text as it was, named from then on."""
    known = draft.addresses.get((source.file, source.line))
    if known is not None:
        return known
    if source.file not in draft.texts:
        raise CannotEdit(Refusal.NO_PLACE, "The file of this layer is not at hand.", source)
    page = read_hcl_page(draft.texts[source.file], source.file)
    found = next((one for one in page.resources() if one.line == source.line), None)
    if found is None:
        raise CannotEdit(Refusal.NO_PLACE, "No resource stands here any more.", source)
    draft.addresses[(source.file, source.line)] = (found.type, found.label)
    return found.type, found.label


# afterwards


def _outlines(text: str, file: str) -> dict[Address, tuple[JSON, JSON]]:
    """Of each resource what its config says, and what all the rest of it does; of other blocks the latter."""
    read = read_hcl(text.encode(), file)
    if read.problems:
        raise CannotEdit(
            Refusal.UNREADABLE, f"The file cannot be read: {read.problems[0].message}", read.problems[0].source
        )
    found: dict[Address, tuple[JSON, JSON]] = {}
    for index, block in enumerate(read.blocks):
        is_resource = block.type == "resource" and len(block.labels) == 2  # noqa: PLR2004 - type and label
        address = (block.labels[0], block.labels[1]) if is_resource else (block.type, f"{index} {block.labels}")
        found[address] = _outline_of_resource(block)
    return found


def _outline_of_resource(block: Block) -> tuple[JSON, JSON]:
    whole = _outline_of_block(block)
    if block.labels[:1] == (_INTEGRATION,):
        return whole, {}
    return whole.pop(ENCODED, {}), whole


def _outline_of_block(block: Block) -> dict[str, JSON]:
    found: dict[str, JSON] = {name: outline(attribute.value) for name, attribute in block.attributes.items()}
    by_type: dict[str, list[JSON]] = {}
    for inner in block.blocks:
        by_type.setdefault(inner.type, []).append([*inner.labels, _outline_of_block(inner)])
    for name, blocks in by_type.items():
        is_single = len(blocks) == 1 and len(blocks[0]) == 1 and name != "mapping"
        found[name] = blocks[0][0] if is_single else ["blocks", *blocks]
    return found


def _compare(old: str, new: str, file: str, address: Address, change: SetConfig | RemoveConfig) -> None:
    """Raises CannotEdit unless the new text says what the old one does, but for the change."""
    before, after = _outlines(old, file), _outlines(new, file)
    config, rest = before[address]
    if not isinstance(config, dict):
        raise CannotEdit(
            Refusal.NOT_LITERAL, "The config is computed here. Edit it in its file.", Source(file=file, line=1)
        )
    if isinstance(change, SetConfig):
        wanted = with_value(config, change.path, outline_of(change.value))
    else:
        wanted = without(config, change.path)
    found = after.pop(address, ({}, None))
    others = {key: value for key, value in before.items() if key != address}
    is_rest_kept = is_same(found[1], rest) if found[1] is not None else not set(rest) - _IDENTITY
    is_exact = is_same(found[0], wanted) and is_rest_kept and is_same(list(after.values()), list(others.values()))
    if not is_exact:
        raise _not_exact(file, 1)


def _not_exact(file: str, line: int) -> CannotEdit:
    sentence = "The file cannot be changed so that it says this and nothing else; edit it by hand."
    return CannotEdit(Refusal.NOT_EXACT, sentence, Source(file=file, line=line))


# mappings


def plan_mapping(edit: MappingEdit, draft: Draft, override: OverrideDocument | None) -> None:
    """Changes the expression that a part has. What has none is written in HCL by hand, as is its removal."""
    document, said, mode = _said(edit, draft, override)
    if said is None or document is None:
        if isinstance(edit, RemoveMapping | RemoveField):
            return
        sentence = (
            f"This layer has no expression for {edit.part} of {edit.mapping} yet; write the first one in its file."
        )
        raise CannotEdit(Refusal.NO_PLACE, sentence, document.source if document else None)
    if isinstance(edit, SetMapping) and edit.mode is not mode and edit.scope.layer is not Layer.PLATFORM:
        sentence = f"The expression is to {mode} here; edit the file to change that."
        raise CannotEdit(Refusal.NO_PLACE, sentence, document.source)
    inline = said.source.file == document.source.file
    current = _inline(draft, document, edit)[1] if inline else draft.text(said.source.file)
    new = edited(edit, current)
    if new is None:
        sentence = "A mapping in HCL is not taken away from here. Edit it in its file."
        raise CannotEdit(Refusal.NO_PLACE, sentence, document.source)
    if plain(new) == plain(current):
        return
    if not inline:
        if plain(said.text) != plain(draft.texts.get(said.source.file, "")):  # the file's text is only a part of it
            sentence = f"The expression is computed from {said.source.file}. Edit it there."
            raise CannotEdit(Refusal.NOT_LITERAL, sentence, said.source)
        refuse_if_shared(draft, said.source.file, edit)
        draft.write(said.source.file, like(current, new))
        return
    _rewrite_inline(draft, document, edit, new)


def _said(
    edit: MappingEdit, draft: Draft, override: OverrideDocument | None
) -> tuple[MappingDocument | OverrideDocument | None, Expression | None, Mode]:
    """The document that speaks of the part, its expression and mode."""
    draft.integrations(edit.scope.integration)
    if edit.scope.layer is Layer.PLATFORM:
        found = [
            one
            for one in draft.of_type(MappingDocument)
            if one.integration == edit.scope.integration and str(one.key) == edit.mapping
        ]
        mapping = _only(found, edit.mapping) if found else None
        assert mapping is None or isinstance(mapping, MappingDocument)
        return mapping, mapping.parts.get(edit.part) if mapping else None, Mode.MERGE
    document = override or _document(edit.scope, draft)
    assert document is None or isinstance(document, OverrideDocument)
    said = document.mappings.get(edit.mapping, {}).get(edit.part) if document else None
    return document, said.expression if said else None, said.mode if said else Mode.MERGE


def _inline(draft: Draft, document: MappingDocument | OverrideDocument, edit: MappingEdit) -> tuple[HclEntry, str]:
    """The attribute of the part, and the expression that is written in it."""
    file = document.source.file
    page = read_hcl_page(draft.text(file), file)
    holder: Holder | None = page.body(find(page, _address(draft, document.source)).node)
    if isinstance(document, OverrideDocument) and holder is not None:
        bodies = [page.body(entry.value) for entry in holder.entries if entry.name == "mapping" and entry.is_block]
        holder = next((body for body in bodies if _names(page, body) == edit.mapping), None)
    entry = holder.entry(_ATTRIBUTES[Part(edit.part)]) if holder else None
    text = hcl_scalars.written(page, entry) if entry else None
    if entry is None or text is None:
        sentence = "The expression is computed here. Edit it in its file."
        raise CannotEdit(Refusal.NOT_LITERAL, sentence, page.source(entry.start) if entry else document.source)
    return entry, text


def _names(page: HclPage, body: Holder) -> str:
    """`model/resource/method` of a mapping block, as far as they are written out."""
    found = [body.entry(name) for name in ("unified_model", "resource", "method")]
    return "/".join(page.source_text(entry.value).strip('"') if entry else "" for entry in found)


def _rewrite_inline(draft: Draft, document: MappingDocument | OverrideDocument, edit: MappingEdit, new: str) -> None:
    file = document.source.file
    old = draft.text(file)
    page = read_hcl_page(old, file)
    entry, _ = _inline(draft, document, edit)
    draft.write(file, hcl_scalars.rewritten(page, entry, new))
    _, found = _inline(draft, document, edit)
    if plain(found) != plain(new) or len(_outlines(old, file)) != len(_outlines(draft.text(file), file)):
        raise _not_exact(file, page.line_of(entry.start) + 1)
