"""One change of the form: with which editor it is typed, what stands in it now, and which edit it means."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from console.presentation.values import indented, shown
from console.proposing.places import Place
from console.proposing.provider import copied_by, copy_of, first_of, typed_path
from console.proposing.targets import Kind, Target
from console.proposing.typed import TypedChange
from integrations.core.directives import identity
from integrations.core.documents import JSON, Layer
from integrations.core.edits import Edit, EditList, RemoveConfig, RemoveField, SetConfig, SetField, SetMapping
from integrations.core.edits.values import RemoveMapping
from integrations.core.pointer import ABSENT, Absent, build, look_up

NUMBER, TEXT, YES_NO, LIST, OBJECT, FIELD, MAPPING = "number", "text", "yes-no", "list", "object", "field", "mapping"
_LONGEST_NUMBER = 30


class Unready(ValueError):
    """The change cannot be made yet; the sentence says what is missing. `is_same`: it says what is so already."""

    def __init__(self, sentence: str, *, is_same: bool = False) -> None:
        super().__init__(sentence)
        self.is_same = is_same


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is in force at a target. `value` is a config value or an expression's text; `layer` None: nothing sets it.

    `below`: what would be in force if this layer said nothing; ABSENT where nothing would. `is_own`: this layer speaks.
    """

    value: JSON | Absent
    layer: Layer | None
    is_own: bool
    below: JSON | Absent
    below_layer: Layer | None
    editor: str

    @property
    def is_set(self) -> bool:
        return self.value is not ABSENT

    @property
    def text(self) -> str:
        """The value as a page shows it and as `was` keeps it; an expression is its own text."""
        return _text(self.value, self.editor)

    @property
    def below_text(self) -> str:
        return _text(self.below, self.editor)


def _text(value: JSON | Absent, editor: str) -> str:
    if isinstance(value, Absent):
        return ""
    return str(value) if editor in {FIELD, MAPPING} else shown(value)


def standing(place: Place, target: Target) -> Standing:
    if target.kind is Kind.CONFIG:
        return _config_standing(place, target)
    part = place.present.mappings.get(target.mapping, {}).get(target.part)
    layers = {said.layer: said for said in part.layers} if part is not None else {}
    if target.kind is Kind.MAPPING:
        own = layers.get(place.layer)
        value = own.expression.text if own is not None else ABSENT
        return Standing(
            value=value,
            layer=place.layer if own else None,
            is_own=own is not None,
            below=ABSENT,
            below_layer=None,
            editor=MAPPING,
        )
    pointer = build(target.path)
    field = next((each for each in part.fields if each.path == pointer), None) if part is not None else None
    if field is None:
        return Standing(value=ABSENT, layer=None, is_own=False, below=ABSENT, below_layer=None, editor=FIELD)
    under = field.shadowed[-1] if field.shadowed else None
    return Standing(
        value=field.expression,
        layer=field.layer,
        is_own=field.layer is place.layer,
        below=under.expression if under else ABSENT,
        below_layer=under.layer if under else None,
        editor=FIELD,
    )


def _config_standing(place: Place, target: Target) -> Standing:
    value = look_up(dict(place.present.config), target.path)
    leaf = place.present.leaves.get(build(target.path))
    own = next((level for level in place.present.levels if level.layer is place.layer), None)
    is_own = own is not None and look_up(dict(own.patch), target.path) is not ABSENT
    under = leaf.shadowed[-1] if leaf is not None and leaf.shadowed else None
    return Standing(
        value=value,
        layer=leaf.layer if leaf is not None else None,
        is_own=is_own,
        below=under.value if under is not None else ABSENT,
        below_layer=under.layer if under is not None else None,
        editor=_editor(value),
    )


def _editor(value: JSON | Absent) -> str:
    match value:
        case bool():
            return YES_NO
        case int() | float():
            return NUMBER
        case str():
            return TEXT
        case list() if all(isinstance(item, str) for item in value):
            return LIST
    return OBJECT


def begun(change: TypedChange, place: Place, now: Standing) -> TypedChange:
    """A change that was only just chosen, filled with what is in force; one that was begun, in step with it."""
    if change.was is not None:
        return _in_step(change, now) if now.editor == LIST else change
    texts, mark = dict(change.texts), mark_of(place, now)
    match now.editor:
        case "field":
            copied = copied_by(now.text, change.target.part) if now.is_set else None
            if "expression" not in texts:
                texts.setdefault("how", "copy" if copied or not now.is_set else "advanced")
                texts.setdefault("source", copied or "")
            texts.setdefault("expression", now.text)
        case "mapping":
            texts.setdefault("expression", now.text)
        case "list":
            kept = tuple(str(item) for item in now.value) if isinstance(now.value, list) else ()
            return replace(change, texts={"how": "set", **texts}, kept=kept, was=mark)
        case "object":
            texts.setdefault("value", "" if isinstance(now.value, Absent) else indented(now.value))
        case _:
            texts.setdefault("value", str(now.value) if now.editor == TEXT else now.text)
    texts.setdefault("how", "set")
    return replace(change, texts=texts, was=mark)


def mark_of(place: Place, now: Standing) -> str:
    """What the person is shown, to be told when it changes under their hands."""
    return f"{place.wanted_environment} {now.text}"


def moved_to(change: TypedChange, place: Place, now: Standing) -> str | None:
    """What is in force by now, where that is not what the person was shown for this environment."""
    environment, _, seen = (change.was or mark_of(place, now)).partition(" ")
    return now.text if environment == place.wanted_environment and seen != now.text else None


def _in_step(change: TypedChange, now: Standing) -> TypedChange:
    """Elements that the person has not seen yet were not unticked by them."""
    seen = (change.was or "").partition(" ")[2]
    try:
        unticked = {str(item) for item in json.loads(seen)} - set(change.kept)
    except (ValueError, TypeError):
        unticked = set()
    items = [str(item) for item in now.value] if isinstance(now.value, list) else []
    return replace(change, kept=tuple(item for item in items if item not in unticked))


def edit_of(change: TypedChange, place: Place, now: Standing) -> Edit:
    """Raises Unready."""
    target = change.target
    if change.text("how") == "inherit":
        return _inherited(change, place, now)
    if target.kind is Kind.CONFIG:
        return _config_edit(change, place, now)
    expression = _expression(change)
    if expression.strip() == now.text.strip() and now.is_set:
        raise Unready("This is as it is already. Change it, or take it off the list.", is_same=True)
    if target.kind is Kind.MAPPING:
        return SetMapping(scope=place.scope, mapping=target.mapping, part=target.part, expression=expression)
    return SetField(
        scope=place.scope, mapping=target.mapping, part=target.part, path=target.path, expression=expression
    )


def _inherited(change: TypedChange, place: Place, now: Standing) -> Edit:
    target = change.target
    if not now.is_own:
        raise Unready("There is nothing to take away: the inherited value is in force.", is_same=True)
    if target.kind is Kind.CONFIG:
        return RemoveConfig(scope=place.scope, path=target.path)
    if target.kind is Kind.MAPPING:
        return RemoveMapping(scope=place.scope, mapping=target.mapping, part=target.part)
    return RemoveField(scope=place.scope, mapping=target.mapping, part=target.part, path=target.path)


def _config_edit(change: TypedChange, place: Place, now: Standing) -> Edit:
    path = change.target.path
    if now.editor == LIST:
        return _list_edit(change, place, now)
    value = _value(change, now.editor)
    if now.is_set and not isinstance(now.value, Absent) and identity(value) == identity(now.value):
        raise Unready("This is as it is already. Change it, or take it off the list.", is_same=True)
    return SetConfig(scope=place.scope, path=path, value=value)


def _list_edit(change: TypedChange, place: Place, now: Standing) -> Edit:
    items = [str(item) for item in now.value] if isinstance(now.value, list) else []
    more = dict.fromkeys(line.strip() for line in change.text("add").splitlines() if line.strip())
    added = tuple(item for item in more if item not in items)
    removed = tuple(item for item in items if item not in change.kept)
    if not added and not removed:
        raise Unready("Add something, or untick what is to go.", is_same=True)
    return EditList(scope=place.scope, path=change.target.path, append=added, remove=removed)


def _value(change: TypedChange, editor: str) -> JSON:
    text = change.text("value")
    match editor:
        case "number":
            return _number(text)
        case "yes-no":
            if text not in {"true", "false"}:
                raise Unready("Choose yes or no.")
            return text == "true"
        case "text":
            if not text.strip():
                raise Unready("Type a value.")
            return text.strip()
    return _json(text)


def _number(text: str) -> int | float:
    cleaned = text.strip().replace(" ", "").replace(",", "")
    if not cleaned:
        raise Unready("Type a number.")
    try:
        found = json.loads(cleaned) if len(cleaned) <= _LONGEST_NUMBER else None
    except ValueError:
        found = None
    if isinstance(found, bool) or not isinstance(found, int | float) or not abs(found) < 2**63:
        raise Unready("This is no number: write it with digits, such as 50 or 0.5.")
    return found


def _json(text: str) -> JSON:
    if not text.strip():
        raise Unready("Type a value.")
    try:
        value: JSON = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Unready("This is no JSON. Check the quotes, commas and brackets.") from None
    return value


def _no_constant(_name: str) -> JSON:
    raise ValueError


def _expression(change: TypedChange) -> str:
    match change.text("how"):
        case "copy":
            return _converted(_source(change), change.text("convert"))
        case "fixed":
            return _fixed(change)
        case "first":
            chosen = [change.text(name) for name in ("first", "second", "third") if change.text(name)]
            if len(chosen) < 2:  # noqa: PLR2004 - one is a copy
                raise Unready("Choose at least two fields.")
            return first_of(list(dict.fromkeys(chosen)))
    text = change.text("expression").strip()
    if not text:
        raise Unready("Write the formula.")
    return text


def _source(change: TypedChange) -> str:
    if change.text("source") not in {"", "other"}:
        return change.text("source")
    if not change.text("other").strip(" ."):
        raise Unready("Choose the field that the value comes from.")
    return typed_path(change.text("other"), change.target.part)


def _converted(path: str, form: str) -> str:
    copied = copy_of(path)
    match form:
        case "text":
            return f"{copied} != null ? $string({copied})"
        case "number":
            return f'{copied} != null and {copied} != "" ? $number({copied})'
        case "yes-no":
            return f'$lowercase($string({copied})) in ["true", "yes", "1"]'
    return copied


def _fixed(change: TypedChange) -> str:
    text = change.text("fixed")
    match change.text("kind"):
        case "number":
            return json.dumps(_number(text))
        case "yes":
            return "true"
        case "no":
            return "false"
    if not text.strip():
        raise Unready("Type the value that every record is to have.")
    return json.dumps(text.strip(), ensure_ascii=False)
