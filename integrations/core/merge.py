"""Layers → effective config and mappings, with the source of every value (design §5).

Config merges by RFC 7396 with list directives, copy on write: what a layer does not touch is shared with the layer
below, and documents are never mutated. The patches are taken to be checked (`directives.check_patch`); merging them
raises nothing.
"""

from __future__ import annotations

from integrations.core.answer import as_json
from integrations.core.chain import Chain, Link, chain
from integrations.core.difference import Difference, difference
from integrations.core.directives import check_patch
from integrations.core.documents import Layer, OverrideDocument
from integrations.core.effective import Base, Effective, Leaf, Removed, Shadowed
from integrations.core.fold import Fold
from integrations.core.parts import EffectiveField, EffectivePart, LayerExpression, Mappings, ShadowedField
from integrations.core.state import Stack

__all__ = [
    "Base",
    "Chain",
    "Difference",
    "Effective",
    "EffectiveField",
    "EffectivePart",
    "LayerExpression",
    "Leaf",
    "Link",
    "Removed",
    "Shadowed",
    "ShadowedField",
    "as_json",
    "base",
    "chain",
    "check_patch",
    "difference",
    "merge",
    "merge_account",
]


def merge(stack: Stack) -> Effective:
    """All layers of one connection merged: `merge_account(base(stack), stack.account)`."""
    return merge_account(base(stack), stack.account)


def base(stack: Stack) -> Base:
    """The platform and environment layers of a stack, for all its accounts; its account override is not looked at."""
    fold = Fold(leaves={}, removed=[], lower=())
    fold.apply({}, Layer.PLATFORM, stack.integration)
    if stack.environment is not None:
        fold.apply(fold.config, Layer.ENVIRONMENT, stack.environment)
    return Base(
        integration=stack.integration.slug,
        levels=fold.levels,
        config=fold.config,
        leaves=fold.leaves,
        removed=tuple(fold.removed),
        parts=Mappings(documents=stack.mappings, overrides=(stack.environment,) if stack.environment else ()),
    )


def merge_account(below: Base, override: OverrideDocument | None) -> Effective:
    """What the account override (None: an account without one) makes of the layers below, which stay as they are."""
    config, leaves, removed, levels, parts = below.config, below.leaves, below.removed, below.levels, below.parts
    if override is not None and override.config:
        fold = Fold(leaves=leaves.copy(), removed=list(removed), lower=levels)
        fold.apply(config, Layer.ACCOUNT, override)
        config, leaves, removed, levels = fold.config, fold.leaves, tuple(fold.removed), fold.levels
    if override is not None and override.mappings:
        parts = Mappings(documents=parts.documents, overrides=(*parts.overrides, override), lower=parts)
    return Effective(
        integration=below.integration,
        config=config,
        leaves=leaves,
        removed=removed,
        levels=levels,
        parts=parts,
    )
