"""The built-in functions by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from integrations.core.engine import arrays, dates, evaluating, integers, matching, numbers, pictures, text, urls
from integrations.core.engine.machine import Native
from integrations.core.engine.signatures import Signature

# Name: what it runs; its signature; how many arguments it is offered by $map and the like.
_PURE: Final[dict[str, tuple[Callable[..., Any], str, int]]] = {
    "sum": (numbers.total, "<a<n>:n>", 1),
    "count": (arrays.count, "<a:n>", 1),
    "max": (numbers.maximum, "<a<n>:n>", 1),
    "min": (numbers.minimum, "<a<n>:n>", 1),
    "average": (numbers.average, "<a<n>:n>", 1),
    "substring": (text.substring, "<s-nn?:s>", 3),
    "substringBefore": (text.substring_before, "<s-s:s>", 2),
    "substringAfter": (text.substring_after, "<s-s:s>", 2),
    "lowercase": (text.lowercase, "<s-:s>", 1),
    "uppercase": (text.uppercase, "<s-:s>", 1),
    "length": (text.length, "<s-:n>", 1),
    "trim": (text.trim, "<s-:s>", 1),
    "formatBase": (numbers.format_base, "<n-n?:s>", 2),
    "formatInteger": (integers.format_integer, "<n-s:s>", 2),
    "parseInteger": (integers.parse_integer, "<s-s:n>", 2),
    "number": (numbers.to_number, "<(nsb)-:n>", 1),
    "floor": (numbers.floor, "<n-:n>", 1),
    "ceil": (numbers.ceil, "<n-:n>", 1),
    "round": (numbers.rounded, "<n-n?:n>", 2),
    "abs": (numbers.absolute, "<n-:n>", 1),
    "sqrt": (numbers.square_root, "<n-:n>", 1),
    "power": (numbers.power, "<n-n:n>", 2),
    "boolean": (arrays.boolean, "<x-:b>", 1),
    "not": (arrays.negated, "<x-:b>", 1),
    "zip": (arrays.zipped, "<a+>", 0),
    "lookup": (arrays.looked_up, "<x-s:x>", 2),
    "exists": (arrays.exists, "<x:b>", 1),
    "merge": (arrays.merged_objects, "<a<o>:o>", 1),
    "reverse": (arrays.reversed_, "<a:a>", 1),
    "error": (arrays.error, "<s?:x>", 1),
    "assert": (arrays.assertion, "<bs?:x>", 2),
    "type": (arrays.type_of, "<x:s>", 1),
    "base64encode": (urls.base64encode, "<s-:s>", 1),
    "base64decode": (urls.base64decode, "<s-:s>", 1),
    "encodeUrlComponent": (urls.encode_url_component, "<s-:s>", 1),
    "encodeUrl": (urls.encode_url, "<s-:s>", 1),
    "decodeUrlComponent": (urls.decode_url_component, "<s-:s>", 1),
    "decodeUrl": (urls.decode_url, "<s-:s>", 1),
    "fromMillis": (dates.from_millis, "<n-s?s?:s>", 3),
}
# Those that call functions, or whose work or results are bounded: they get the machine.
_BOUNDED: Final[dict[str, tuple[Callable[..., Any], str, int]]] = {
    "string": (text.string, "<x-b?:s>", 1),
    "pad": (text.pad, "<s-ns?:s>", 3),
    "match": (matching.match, "<s-f<s:o>n?:a<o>>", 3),
    "contains": (matching.contains, "<s-(sf):b>", 2),
    "replace": (matching.replace, "<s-(sf)(sf)n?:s>", 4),
    "split": (matching.split, "<s-(sf)n?:a<s>>", 3),
    "join": (text.join, "<a<s>s?:s>", 2),
    "formatNumber": (pictures.format_number, "<n-so?:s>", 3),
    "random": (numbers.random, "<:n>", 0),
    "map": (arrays.mapped, "<af>", 2),
    "filter": (arrays.filtered, "<af>", 2),
    "single": (arrays.single, "<af?>", 2),
    "reduce": (arrays.reduced, "<afj?:j>", 3),
    "sift": (arrays.sifted, "<o-f?:o>", 2),
    "keys": (arrays.keys_of, "<x-:a<s>>", 1),
    "append": (arrays.appended, "<xx:a>", 2),
    "spread": (arrays.spread, "<x-:a<o>>", 1),
    "each": (arrays.each, "<o-f:a>", 2),
    "sort": (arrays.sort, "<af?:a>", 2),
    "shuffle": (arrays.shuffled, "<a:a>", 1),
    "distinct": (arrays.distinct, "<x:x>", 1),
    "clone": (arrays.cloned, "<(oa)-:o>", 1),
    "eval": (evaluating.evaluate, "<sx?:x>", 2),
    "toMillis": (dates.to_millis, "<s-s?:n>", 2),
    "now": (dates.now, "<s?s?:s>", 2),
    "millis": (dates.millis, "<:n>", 0),
}

NATIVES: Final[dict[str, Native]] = {
    name: Native(
        name, call, Signature(signature, name=name), arity=arity, parameters=arity, needs_machine=table is _BOUNDED
    )
    for table in (_PURE, _BOUNDED)
    for name, (call, signature, arity) in table.items()
}
