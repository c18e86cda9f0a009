"""Edits of the account layer: one `<integration>.yaml` in the account's folder, and expressions beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from integrations.core.documents import (
    JSON,
    AccountDocument,
    Environments,
    MappingKey,
    Mode,
    OverrideDocument,
    Part,
    PartOverride,
    Source,
)
from integrations.core.edits.expressions import edited, refuse_if_shared
from integrations.core.edits.ground import Draft, DraftTree
from integrations.core.edits.patches import Said, edited_list, like, with_value, without
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
from integrations.core.edits.yaml_layout import read_page
from integrations.core.edits.yaml_splice import remove_value, set_value
from integrations.core.layout import YAML_SUFFIXES
from integrations.core.overrides import Beside, read_override, resolve
from integrations.core.pointer import ABSENT, look_up
from integrations.core.problems import Problem
from integrations.core.text import Node
from integrations.core.yaml import LIMITS, read_yaml

_ORDER = {"config": ("mappings",), "mappings": ()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The file in which an account's override stands, or is to stand. `document` is None while there is none."""

    account: AccountDocument
    scope: Scope
    file: str
    document: OverrideDocument | None
    environments: Environments

    @property
    def folder(self) -> str:
        return self.file.rpartition("/")[0]


def home_of(scope: Scope, draft: Draft) -> Home:
    """Where an edit with this scope belongs. Raises CannotEdit where no file can say it there alone."""
    account = draft.account(scope.account)
    draft.integrations(scope.integration)
    known = draft.ground.environments
    if scope.environment is not None and scope.environment not in known:
        raise CannotEdit(Refusal.NO_PLACE, f"There is no environment named {scope.environment}.")
    asked = frozenset(known if scope.environment is None else (scope.environment,))
    linked = frozenset(
        one.environment for one in account.connections or () if one.integration == scope.integration
    ) or frozenset(known)
    wanted = asked & linked or asked
    for document in draft.overrides(scope):
        covers = frozenset(document.environments or known)
        if covers & (linked | wanted) == wanted:
            return Home(
                account=account,
                scope=scope,
                file=document.source.file,
                document=document,
                environments=document.environments,
            )
        if covers & wanted:
            raise _other_scope(document, covers, asked, known)
    folder = account.source.file.rpartition("/")[0]
    for document in draft.overrides(scope):
        if document.source.file.endswith(YAML_SUFFIXES):
            raise _other_scope(document, frozenset(document.environments or known), asked, known)
    return Home(
        account=account,
        scope=scope,
        file=f"{folder}/{scope.integration}.yaml",
        document=None,
        environments=None if asked == frozenset(known) else tuple(name for name in known if name in asked),
    )


def _other_scope(
    document: OverrideDocument, covers: frozenset[str], asked: frozenset[str], known: tuple[str, ...]
) -> CannotEdit:
    applies = " and ".join(name for name in known if name in covers)
    wanted = " and ".join(name for name in known if name in asked)
    sentence = (
        f"{document.source.file} applies in {applies}, and one file says the same for all of its environments. "
        f"Change it for {applies}, or ask an engineer to write an override for {wanted} apart."
    )
    return CannotEdit(Refusal.OTHER_SCOPE, sentence, document.source)


def plan_config(edit: ConfigEdit, draft: Draft, home: Home) -> None:
    before = _read(draft, home)
    current = dict(before.config) if before else {}
    change: SetConfig | RemoveConfig = _without_directives(edit, current) if isinstance(edit, EditList) else edit
    if isinstance(change, RemoveConfig):
        wanted = without(current, change.path)
        if look_up(current, change.path) is not ABSENT:
            _rewrite(draft, home, lambda text: remove_value(text, ("config", *change.path), file=home.file))
    else:
        wanted = with_value(current, change.path, change.value)
        _set(draft, home, ("config", *change.path), change.value)
    _settle(draft, home, Said.of(before).with_config(wanted))


def _without_directives(edit: EditList, current: dict[str, JSON]) -> SetConfig | RemoveConfig:
    value = edited_list(look_up(current, edit.path), edit, directives=True)
    if value is ABSENT:
        return RemoveConfig(scope=edit.scope, path=edit.path)
    return SetConfig(scope=edit.scope, path=edit.path, value=value)


def plan_mapping(edit: MappingEdit, draft: Draft, home: Home) -> None:
    before = _read(draft, home)
    key, part = _key(edit.mapping), edit.part
    override = before.mappings.get(key, {}).get(part) if before else None
    old = override.expression.text if override and override.expression else None
    if override is None and isinstance(edit, RemoveMapping | RemoveField):
        return
    new = edited(edit, old)
    mode = edit.mode if isinstance(edit, SetMapping) else override.mode if override else Mode.MERGE
    keys = ("mappings", key, part.value)
    if new is None and isinstance(edit, SetMapping):
        if mode is not Mode.REPLACE:
            raise CannotEdit(Refusal.BAD_VALUE, "Give an expression; only with replace may there be none.")
        said: tuple[Mode, str | None] | None = (mode, None)
        _drop_expression(draft, home, keys, old)
    elif new is None:
        said = None
        _drop_part(draft, home, keys)
    else:
        said = (mode, new)
        _put_expression(edit, draft, home, keys, new=new, old=old)
        _put_mode(draft, home, keys, mode)
    wanted = Said.of(before).with_part(key, part, said)
    if said is not None and override is not None and before is not None:
        wanted = _with_sharers(wanted, before, override, said)
    _settle(draft, home, wanted)


def _with_sharers(
    wanted: Said, before: OverrideDocument, override: PartOverride, said: tuple[Mode, str | None]
) -> Said:
    """The other parts of this override that read the same file, which changes for all of them."""
    file = override.expression.source.file if override.expression else None
    for key, parts in before.mappings.items():
        for part, other in parts.items():
            is_shared = other.expression is not None and other.expression.source.file == file != before.source.file
            if is_shared and other is not override and said[1] is not None:
                wanted = wanted.with_part(key, part, (other.mode, said[1]))
    return wanted


def _key(text: str) -> str:
    try:
        return str(MappingKey.parse(text))
    except ValueError:
        raise CannotEdit(Refusal.NO_PLACE, f"“{text}” names no mapping; write model/resource/method.") from None


# the YAML file


def _set(draft: Draft, home: Home, keys: Keys, value: JSON, *, keep_style: bool = False) -> None:
    before = _ORDER.get(keys[0], ())
    _rewrite(
        draft,
        home,
        lambda text: set_value(text, keys, value, file=home.file, before=before, keep_style=keep_style),
    )


def _rewrite(draft: Draft, home: Home, change: Callable[[str], str]) -> None:
    draft.write(home.file, change(_text(draft, home)))


def _text(draft: Draft, home: Home) -> str:
    """The file's text; of one that is new, what it starts with."""
    if draft.exists(home.file):
        return draft.text(home.file)
    if home.account.connections is None and home.document is None:
        sentence = (
            f"{home.account.name} is not connected to {home.scope.integration}, and a file for it would connect it. "
            f"Let an engineer add the connection to {home.account.source.file} first."
        )
        raise CannotEdit(Refusal.NO_PLACE, sentence, home.account.source)
    if home.environments is None:
        return ""
    return set_value("", ("environments",), list(home.environments), file=home.file)


def _value(draft: Draft, home: Home) -> JSON:
    return read_page(_text(draft, home), home.file).value or {}


# the expression


def _put_expression(edit: MappingEdit, draft: Draft, home: Home, keys: Keys, *, new: str, old: str | None) -> None:
    body = look_up(_value(draft, home), keys)
    body = {} if body is ABSENT or body is None else body
    if "file" in body:
        path = resolve(home.folder, body["file"])
        assert path is not None  # the file was read
        refuse_if_shared(draft, path, edit)
        draft.write(path, like(draft.text(path), new))
    elif "expression" in body and old is not None:
        _set(draft, home, (*keys, "expression"), like(old, new), keep_style=True)
    else:
        path = _free_path(draft, home, keys)
        draft.write(path, like("", new))
        _set(draft, home, (*keys, "file"), path[len(home.folder) + 1 :])


def _free_path(draft: Draft, home: Home, keys: Keys) -> str:
    """A name beside the YAML file that nothing has: `contacts_list.jsonata`, `contacts_list_query.jsonata`."""
    key = MappingKey.parse(keys[1])
    part = "" if keys[2] == Part.RESPONSE else f"_{keys[2]}"
    start = f"{home.folder}/{key.resource}_{key.method}{part}"
    path, number = f"{start}.jsonata", 2
    while draft.exists(path) or path in draft.ground.paths:
        path, number = f"{start}_{number}.jsonata", number + 1
    return path


def _put_mode(draft: Draft, home: Home, keys: Keys, mode: Mode) -> None:
    body = look_up(_value(draft, home), keys)
    if body.get("mode", Mode.MERGE) == mode:
        return
    if mode is Mode.REPLACE:
        _set(draft, home, (*keys, "mode"), mode.value)
    else:
        _rewrite(draft, home, lambda text: remove_value(text, (*keys, "mode"), file=home.file))


def _drop_expression(draft: Draft, home: Home, keys: Keys, old: str | None) -> None:
    """The part stays, without an expression, so that it drops what lies below."""
    path = _expression_file(draft, home, keys) if old is not None else None
    _set(draft, home, keys, {"mode": Mode.REPLACE.value})
    _delete_orphan(draft, path)


def _drop_part(draft: Draft, home: Home, keys: Keys) -> None:
    path = _expression_file(draft, home, keys)
    _rewrite(draft, home, lambda text: remove_value(text, keys, file=home.file))
    _delete_orphan(draft, path)


def _expression_file(draft: Draft, home: Home, keys: Keys) -> str | None:
    name = look_up(_value(draft, home), (*keys, "file"))
    return resolve(home.folder, name) if isinstance(name, str) else None


def _delete_orphan(draft: Draft, path: str | None) -> None:
    """An expression's file goes with the last part that reads it."""
    if path is not None and len(draft.readers(path)) <= 1:
        draft.delete(path)


# afterwards


def _settle(draft: Draft, home: Home, wanted: Said) -> None:
    """Reads what was written. Raises CannotEdit unless it says what was wanted and nothing else."""
    if not draft.exists(home.file):
        return  # there was nothing, and nothing was written
    _tidy(draft, home)
    after = _read(draft, home, refusal=_not_kept)
    wanted = Said(environments=home.environments if after else None, config=wanted.config, mappings=wanted.mappings)
    if not Said.of(after).is_same(wanted):
        sentence = "The file cannot be changed so that it says this and nothing else; edit it by hand."
        raise CannotEdit(Refusal.NOT_EXACT, sentence, Source(file=home.file, line=1))
    draft.replace(home.document, after)


def _tidy(draft: Draft, home: Home) -> None:
    """A file that no longer says anything goes, unless the account is connected by it alone."""
    value = _value(draft, home)
    if set(value) - {"environments"}:
        return
    if home.account.connections is not None:
        draft.delete(home.file)
    elif not value:
        _set(draft, home, ("config",), {})


def _unreadable(found: Problem) -> CannotEdit:
    return CannotEdit(Refusal.UNREADABLE, f"The file cannot be read: {found.message}", found.source)


def _not_kept(found: Problem) -> CannotEdit:
    return CannotEdit(Refusal.BAD_VALUE, f"This cannot be written: {found.message}", found.source)


def _read(
    draft: Draft, home: Home, *, refusal: Callable[[Problem], CannotEdit] = _unreadable
) -> OverrideDocument | None:
    """The override as the project's own reader has it, from the draft. Raises CannotEdit with the first problem."""
    if not draft.exists(home.file):
        return None
    text = draft.text(home.file)
    node, problems = read_yaml(text.encode("utf-8", "surrogatepass"), home.file)
    if node is None or problems:
        raise refusal(problems[0])
    if node.value is None:
        node = Node(value={}, lines={"": 1})
    tree = DraftTree(draft=draft)
    document, problems = read_override(
        node,
        home.file,
        account=home.account.slug,
        integration=home.scope.integration,
        environments=draft.ground.environments,
        beside=Beside(
            tree=tree,
            folder=home.folder,
            entries={entry.path: entry for entry in tree.entries(home.folder)},
            limits=LIMITS,
        ),
    )
    if problems:
        raise refusal(problems[0])
    return document
