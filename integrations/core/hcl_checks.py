"""What keeps a root from being evaluated: found in the text alone, since the evaluator is silent about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from posixpath import basename
from typing import Final

from integrations.core.hcl import (
    Attribute,
    Block,
    Call,
    Expression,
    Literal,
    depth_first,
    walk,
)
from integrations.core.hcl_functions import ACCEPTED, REFUSED
from integrations.core.hcl_scope import MAX_MODULE_DEPTH, Module, Program, Scope, variable_paths
from integrations.core.hcl_static import NoValue, keys_of
from integrations.core.problems import Code, Problem
from integrations.core.text import problem

MAX_CALLS: Final = 32  # module instances under one parent; the evaluator loses those that come after
MAX_EXACT: Final = 2**53  # whole numbers beyond it change when they pass through a float
RESOURCES: Final = (
    "unified_api_integration",
    "unified_api_mapping",
    "unified_api_environment_override",
    "unified_api_account_override",
)
_UNEVALUATED: Final = frozenset(["source", "version", "provider", "providers", "depends_on"])
_VALUES: Final = {"output": "value", "variable": "default"}
_META: Final = frozenset(["source", "version", "providers", "for_each", "count", "depends_on"])


def hint(name: str, known: list[str] | tuple[str, ...]) -> str:
    """` Did you mean x?`, where something known is near."""
    near = get_close_matches(name, known, n=1)
    return f" Did you mean `{near[0]}`?" if near else ""


def evaluated(module: Module) -> Iterator[tuple[Block, Block, Attribute]]:
    """The attributes whose values reach a document: (top-level block, block around it, attribute)."""
    for top in module.blocks:
        if top.type == "resource" and top.labels[:1] and top.labels[0] in RESOURCES:
            for inner, attribute in walk(_without_meta(top)):
                is_name = inner.type == "dynamic" and attribute.name == "iterator"
                if attribute.name not in _UNEVALUATED and not is_name:
                    yield top, inner, attribute
        elif top.type in {"module", "locals"}:
            yield from ((top, top, a) for a in top.attributes.values() if a.name not in _UNEVALUATED)
        elif top.type in _VALUES and _VALUES[top.type] in top.attributes:
            yield top, top, top.attributes[_VALUES[top.type]]


def _without_meta(resource: Block) -> Block:
    kept = tuple(block for block in resource.blocks if block.type not in {"lifecycle", "provisioner", "connection"})
    return Block(
        type=resource.type,
        labels=resource.labels,
        file=resource.file,
        line=resource.line,
        attributes=resource.attributes,
        blocks=kept,
    )


def check_module(program: Program, folder: str) -> Iterator[Problem]:
    """What one folder's blocks show by themselves."""
    for path in program.paths(folder):
        if basename(path) == "override.tf" or path.endswith("_override.tf"):
            message = (
                "Terraform merges override files into others, which the evaluator does not: give the file another name."
            )
            yield problem(Code.HCL_REFUSED, message, path, 1)
    module = program.module(folder)
    yield from _check_duplicates(module)
    for block in module.blocks:
        if block.type == "resource":
            yield from _check_resource(block)
        elif block.type == "data":
            message = "Data sources are never read here: a value must stand in the repository."
            yield problem(Code.HCL_REFUSED, message, block.file, block.line)
        elif block.type == "module":
            yield from _check_call(program, block, folder)
    for _, inner, attribute in evaluated(module):
        yield from _check_expression(attribute.value, inner.file)


def _check_duplicates(module: Module) -> Iterator[Problem]:
    first: dict[tuple[str, ...], Block] = {}
    for block in module.blocks:
        if block.type not in {"resource", "module", "variable", "output"}:
            continue
        name = (block.type, *block.labels)
        if name in first:
            at = f"{first[name].file}:{first[name].line}"
            message = f"`{' '.join(name)}` stands twice in this module; the first is in {at}."
            yield problem(Code.DUPLICATE, message, block.file, block.line)
        first.setdefault(name, block)
    local: dict[str, tuple[str, int]] = {}
    for block in module.blocks:
        for name_, attribute in block.attributes.items() if block.type == "locals" else ():
            if name_ in local:
                file, line = local[name_]
                message = f"`local.{name_}` is set twice in this module; the first time in {file}:{line}."
                yield problem(Code.DUPLICATE, message, block.file, attribute.line)
            local.setdefault(name_, (block.file, attribute.line))


def _check_resource(block: Block) -> Iterator[Problem]:
    if len(block.labels) != 2:  # noqa: PLR2004 - type and name
        yield problem(Code.HCL_SYNTAX, "A resource has two labels, its type and its name.", block.file, block.line)
        return
    kind = block.labels[0]
    if kind.startswith("unified_") and kind not in RESOURCES:
        message = f"There is no resource type `{kind}`.{hint(kind, RESOURCES)}"
        yield problem(Code.HCL_REFUSED, message, block.file, block.line)
    for inner in block.blocks:
        if inner.type in {"provisioner", "connection"}:
            message = f"A `{inner.type}` is never run here: remove it."
            yield problem(Code.HCL_REFUSED, message, inner.file, inner.line)
    yield from _check_dynamic(block)


def _check_dynamic(block: Block) -> Iterator[Problem]:
    generated: set[str] = set()
    for inner in block.blocks:
        if inner.type == "dynamic" and inner.labels:
            generated.add(inner.labels[0])
        elif inner.type in generated:
            message = (
                f"This `{inner.type}` block stands after a `dynamic` one of its kind, and the evaluator would lose one "
                f"of the generated blocks: move it above."
            )
            yield problem(Code.HCL_REFUSED, message, inner.file, inner.line)
        yield from _check_dynamic(inner)


def _check_call(program: Program, call: Block, folder: str) -> Iterator[Problem]:
    source = call.attributes.get("source")
    if source is None:
        yield problem(Code.MISSING_ATTRIBUTE, "A module needs a `source`.", call.file, call.line)
        return
    text = source.value.value if isinstance(source.value, Literal) else None
    if not isinstance(text, str) or not (text.startswith(("./", "../")) or text in {".", ".."}):
        message = 'A module\'s source must be a folder of this repository, written as "./…" or "../…".'
        yield problem(Code.HCL_REFUSED, message, call.file, source.line)
        return
    target = program.callee(call, folder)
    if target is None:
        yield problem(
            Code.HCL_REFUSED, f"The module source {text} lies outside the repository.", call.file, source.line
        )
    elif not program.has(target):
        message = f"There is no module at `{target or '.'}`: the folder is missing or has no .tf file."
        yield problem(Code.MISSING_MODULE, message, call.file, source.line)
    elif not any(program.files[path].problems for path in program.paths(target)):
        yield from _check_arguments(program.module(target), call)


def _check_arguments(module: Module, call: Block) -> Iterator[Problem]:
    for name, attribute in call.attributes.items():
        if name not in _META and name not in module.variables:
            message = f"The module {module.folder} has no variable `{name}`.{hint(name, list(module.variables))}"
            yield problem(Code.UNKNOWN_ATTRIBUTE, message, call.file, attribute.line)
    for name, variable in module.variables.items():
        if "default" not in variable.attributes and name not in call.attributes:
            message = f"The module {module.folder} needs a value for its variable `{name}`."
            yield problem(Code.MISSING_VARIABLE, message, call.file, call.line)


def _check_expression(expression: Expression, file: str) -> Iterator[Problem]:
    for part in depth_first(expression):
        if isinstance(part, Call) and part.name not in ACCEPTED:
            if (reason := REFUSED.get(part.name)) is not None:
                yield problem(Code.HCL_REFUSED, f"`{part.name}` is refused: {reason}.", file, part.line)
            else:
                message = f"There is no function `{part.name}`.{hint(part.name, sorted(ACCEPTED))}"
                yield problem(Code.UNRESOLVED_VALUE, message, file, part.line)
        if (
            isinstance(part, Literal)
            and isinstance(part.value, (int, float))
            and not isinstance(part.value, bool)
            and abs(part.value) > MAX_EXACT
        ):
            message = "This number is too large to be kept exactly: write it as a string."
            yield problem(Code.HCL_REFUSED, message, file, part.line)


def check_variables(program: Program) -> Iterator[Problem]:
    """What tfvars files say, and what they leave unsaid."""
    module = program.module(program.root)
    for path in variable_paths(program.files, program.root):
        for name, attribute in program.files[path].attributes.items():
            if name not in module.variables:
                message = (
                    f"No variable `{name}` is declared in {program.root or '.'}.{hint(name, list(module.variables))}"
                )
                yield problem(Code.UNKNOWN_ATTRIBUTE, message, path, attribute.line)
            if any(not isinstance(part, Literal) and _names(part) for part in depth_first(attribute.value)):
                message = "A tfvars file holds values only: no names, no functions."
                yield problem(Code.HCL_REFUSED, message, path, attribute.line)
            yield from _check_expression(attribute.value, path)
        for block in program.files[path].blocks:
            yield problem(Code.HCL_REFUSED, "A tfvars file holds values only: no blocks.", path, block.line)
    for name, variable in module.variables.items():
        if "default" not in variable.attributes and name not in program.passed:
            message = (
                f"The variable `{name}` has no value: give it one in {program.root}/terraform.tfvars, or a default."
            )
            yield problem(Code.MISSING_VARIABLE, message, variable.file, variable.line)


def _names(part: Expression) -> bool:
    return isinstance(part, Call) or type(part).__name__ in {"Reference", "Other", "For", "Conditional"}


def check_calls(scope: Scope) -> Iterator[Problem]:
    """How many module instances there are under this module, and how deep its calls go."""
    sizes: Counter[str] = Counter()
    last: Block | None = None
    for name, call in scope.module.calls.items():
        sizes[name] = 1
        if "for_each" in call.attributes or "count" in call.attributes:
            keys = keys_or_none(call, scope)
            sizes[name] = len(keys) if keys is not None else 1  # counted again in the result (terraform.py)
        last = call
        if sizes.total() > MAX_CALLS:
            message = (
                f"More than {MAX_CALLS} module instances under one module, of which the evaluator would lose the rest: "
                f"group them in modules of their own, or write the resources out."
            )
            yield problem(Code.HCL_REFUSED, message, call.file, call.line)
            return
    if last is not None and scope.depth >= MAX_MODULE_DEPTH:
        message = f"Modules call one another more than {MAX_MODULE_DEPTH} deep, or in a circle."
        yield problem(Code.HCL_REFUSED, message, last.file, last.line)


def keys_or_none(block: Block, scope: Scope) -> dict[str | int, object] | None:
    """`hcl_static.keys_of`, None also where the text shows that there is no value: that is reported elsewhere."""
    try:
        return keys_of(block.attributes, scope.inside(None))
    except NoValue:
        return None
