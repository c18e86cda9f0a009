"""The shapes of answers, for the schema alone.

Views build answers as plain values (`shapes`, `core.answer`): a serializer would take longer than the merge.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers as fields
from rest_framework.serializers import Serializer

from integrations.core.documents import Layer, Mode, Part
from integrations.core.proposals import State
from integrations.models import Change, FieldReference, Proposal, Repository, Snapshot
from integrations.queries.search import HitKind

LAYERS = [str(layer) for layer in Layer]
MODES = [str(mode) for mode in Mode]
HITS = [str(kind) for kind in HitKind]
PARTS = [str(part) for part in Part]
PROPOSAL_STATES = [state.value for state in State]
REVIEWS = list(Proposal.Review.values)
SNAPSHOT_STATES = list(Snapshot.State.values)


class Shape(Serializer[Any]):
    """`source_` and `fields_` are called `source` and `fields`: names that the framework keeps for itself."""

    def get_fields(self) -> dict[str, fields.Field[Any, Any, Any, Any]]:
        return {name.rstrip("_"): field for name, field in super().get_fields().items()}


class Source(Shape):
    file = fields.CharField()
    line = fields.IntegerField(min_value=1)


class Connection(Shape):
    integration = fields.CharField()
    environment = fields.CharField()


class Place(Connection):
    account = fields.CharField()


# --- problems ----------------------------------------------------------------------------------------------
class ConfigProblem(Shape):
    """One finding in the config repository."""

    code = fields.CharField()
    message = fields.CharField()
    file = fields.CharField(allow_null=True)
    line = fields.IntegerField(allow_null=True)
    column = fields.IntegerField(allow_null=True)


class Finding(Shape):
    """One reason why a change cannot be proposed."""

    code = fields.CharField(help_text="a rule of the checks, a code of an error, or why it cannot be written")
    message = fields.CharField()
    where = fields.CharField(help_text="a file and line, a path, or empty")


class ProblemDetails(Shape):
    """RFC 9457."""

    type = fields.CharField(help_text="`about:blank`, or a stable name: `urn:glasshouse:problem:no-connection`")
    title = fields.CharField()
    status = fields.IntegerField()
    detail = fields.CharField(help_text="a plain sentence")
    instance = fields.CharField(help_text="the path that was asked for")
    connections = Connection(many=True, required=False, help_text="with no-connection: what there is instead")
    problems = ConfigProblem(many=True, required=False, help_text="with bad-commit: what is wrong with the commit")
    parameter = fields.CharField(required=False, help_text="with bad-parameter: which")
    pointer = fields.CharField(required=False, help_text="with bad-body: a JSON Pointer to what is at fault")
    findings = Finding(many=True, required=False, help_text="with not-proposable: everything that is wrong")


# --- effective ---------------------------------------------------------------------------------------------
class Shadowed(Shape):
    layer = fields.ChoiceField(LAYERS)
    value = fields.JSONField(help_text="null: this layer removes what lay below it")
    source_ = Source()
    path = fields.CharField(required=False, help_text="where it stands, when that is above the leaf")


class Leaf(Shape):
    path = fields.CharField(help_text="a JSON Pointer")
    value = fields.JSONField()
    layer = fields.ChoiceField(LAYERS)
    source_ = Source()
    shadowed = Shadowed(many=True, help_text="lowest layer first")


class Removed(Shape):
    path = fields.CharField()
    value = fields.JSONField(help_text="what was effective there")
    layer = fields.ChoiceField(LAYERS, help_text="who removed it")
    source_ = Source()
    leaves = Leaf(many=True)


class ShadowedField(Shape):
    layer = fields.ChoiceField(LAYERS)
    expression = fields.CharField()
    source_ = Source()


class EffectiveField(Shape):
    path = fields.CharField()
    expression = fields.CharField()
    layer = fields.ChoiceField(LAYERS)
    source_ = Source()
    shadowed = ShadowedField(many=True)


class LayerExpression(Shape):
    layer = fields.ChoiceField(LAYERS)
    mode = fields.ChoiceField(MODES)
    expression = fields.CharField()
    source_ = Source()


class EffectivePart(Shape):
    layers = LayerExpression(many=True, help_text="those that are kept, lowest first: all run on the same input")
    fields_ = EffectiveField(many=True)
    static = fields.BooleanField(help_text="whether `fields` is complete")
    dropped = LayerExpression(many=True)


class Effective(Shape):
    """What is in force for one connection, and where each value comes from; the command `effective` prints the same."""

    version = fields.IntegerField(help_text="of this shape")
    environment = fields.CharField()
    account = fields.CharField()
    integration = fields.CharField()
    commit = fields.CharField()
    config = fields.DictField()
    mappings = fields.DictField(
        child=fields.DictField(child=EffectivePart(), help_text="by part: response, query, …"),
        help_text="by mapping: crm/contacts/list",
    )
    provenance = Leaf(many=True)
    removed = Removed(many=True)


class Author(Shape):
    id = fields.CharField()
    author = fields.CharField()
    email = fields.CharField()
    date = fields.DateTimeField()
    subject = fields.CharField()
    pull_request = fields.IntegerField(allow_null=True)


class ChainLink(Shape):
    layer = fields.ChoiceField(LAYERS)
    path = fields.CharField()
    value = fields.JSONField(required=False, help_text="of a config value")
    expression = fields.CharField(required=False, help_text="of a mapping's field")
    wins = fields.BooleanField()
    removed = fields.BooleanField()
    source_ = Source()
    commit = Author(allow_null=True, help_text="who last changed the line")


class Explanation(Shape):
    """One value: every layer's say in order, the winner marked."""

    version = fields.IntegerField()
    account = fields.CharField()
    integration = fields.CharField()
    environment = fields.CharField()
    commit = fields.CharField()
    area = fields.CharField(help_text="`config`, or mapping and part: crm/contacts/list:response")
    path = fields.CharField()
    chain = ChainLink(many=True)


# --- accounts ----------------------------------------------------------------------------------------------
class AccountBase(Shape):
    slug = fields.CharField()
    name = fields.CharField()
    owner = fields.CharField(allow_null=True, help_text="an e-mail address, or `team:<name>`")
    tags = fields.ListField(child=fields.CharField())
    source_ = Source()
    connections = Connection(many=True)


class AccountEntry(AccountBase):
    overrides = fields.IntegerField(help_text="how many files or resources override something")


class OverridePart(Shape):
    mode = fields.ChoiceField(MODES)
    expression = fields.CharField(allow_null=True, help_text="null: only drops what lies below")
    source_ = Source()


class Override(Shape):
    integration = fields.CharField()
    environments = fields.ListField(child=fields.CharField(), allow_null=True, help_text="null: all")
    config = fields.DictField(help_text="a merge patch (RFC 7396) with list directives")
    mappings = fields.DictField(child=fields.DictField(child=OverridePart()))
    source_ = Source()


class AccountDetail(AccountBase):
    commit = fields.CharField()
    overrides = Override(many=True)


class Commit(Shape):
    commit = fields.CharField()
    subject = fields.CharField()
    author = fields.CharField()
    authored_at = fields.DateTimeField()
    pull_request = fields.IntegerField(allow_null=True)
    activated_at = fields.DateTimeField(allow_null=True)


class Difference(Shape):
    area = fields.CharField(help_text="`config`, or mapping and part")
    path = fields.CharField(help_text="empty: the part as a whole")
    before = fields.JSONField(allow_null=True)
    after = fields.JSONField(allow_null=True)
    layer_before = fields.ChoiceField(LAYERS, allow_null=True)
    layer_after = fields.ChoiceField(LAYERS, allow_null=True)
    source_after = Source(allow_null=True)


class AccountChange(Shape):
    snapshot = Commit()
    kind = fields.ChoiceField(Change.Kind.values)
    integration = fields.CharField()
    environment = fields.CharField()
    differences = Difference(many=True)


# --- integrations ------------------------------------------------------------------------------------------
class IntegrationEntry(Shape):
    slug = fields.CharField()
    category = fields.CharField(allow_null=True)
    base_url = fields.CharField(allow_null=True)
    environments = fields.ListField(child=fields.CharField())
    mappings = fields.IntegerField()
    connected_accounts = fields.IntegerField(allow_null=True, help_text="null without the right to see all accounts")
    overriding_accounts = fields.IntegerField(allow_null=True, help_text="null without the right to see all accounts")


class IntegrationDocument(Shape):
    environments = fields.ListField(child=fields.CharField(), allow_null=True, help_text="null: all")
    config = fields.DictField()
    source_ = Source()


class IntegrationDetail(IntegrationEntry):
    commit = fields.CharField()
    documents = IntegrationDocument(many=True)
    environment_overrides = Override(many=True)


class StaticField(Shape):
    path = fields.CharField()
    expression = fields.CharField()


class MappingExpression(Shape):
    expression = fields.CharField()
    source_ = Source()
    static = fields.BooleanField()
    fields_ = StaticField(many=True)
    reads = fields.ListField(child=fields.CharField(), help_text="provider fields, as JSON Pointers")


class Mapping(Shape):
    key = fields.CharField(help_text="crm/contacts/list")
    environments = fields.ListField(child=fields.CharField(), allow_null=True, help_text="null: all")
    parts = fields.DictField(child=MappingExpression())
    source_ = Source()


# --- looking for things ------------------------------------------------------------------------------------
class Reference(Shape):
    direction = fields.ChoiceField(FieldReference.Direction.values)
    path = fields.CharField()
    layer = fields.ChoiceField(LAYERS)
    account = fields.CharField(allow_null=True)
    environments = fields.ListField(child=fields.CharField(), allow_null=True)
    integration = fields.CharField()
    mapping = fields.CharField()
    part = fields.CharField()
    source_ = Source()


class References(Shape):
    version = fields.IntegerField()
    field = fields.CharField()
    total = fields.IntegerField(help_text="places in all; `references` may hold fewer, see `limit`")
    accounts = fields.IntegerField(help_text="accounts affected by their own overrides")
    references = Reference(many=True)


class Hit(Shape):
    kind = fields.ChoiceField(HITS)
    title = fields.CharField()
    detail = fields.CharField()
    url = fields.CharField(help_text="where the API tells more")


# --- snapshots ---------------------------------------------------------------------------------------------
class RepositoryHealth(Shape):
    name = fields.CharField()
    branch = fields.CharField()
    health = fields.ChoiceField(Repository.Health.values)
    trouble = fields.CharField(allow_null=True, help_text="one plain sentence")
    active = Commit(allow_null=True)
    head_commit = fields.CharField(allow_null=True, help_text="what the branch had at the last look")
    checked_at = fields.DateTimeField(allow_null=True)
    sync_interval = fields.IntegerField(help_text="seconds")
    web_url = fields.CharField(allow_null=True)


class Decision(Shape):
    by = fields.CharField()
    at = fields.DateTimeField()
    reason = fields.CharField()


class SnapshotEntry(Commit):
    state = fields.ChoiceField(SNAPSHOT_STATES)
    seconds = fields.FloatField(help_text="from fetched to active")
    counts = fields.DictField(child=fields.IntegerField())
    hold_reasons = fields.ListField(child=fields.CharField())
    decision = Decision(allow_null=True)


class Effect(Shape):
    kind = fields.ChoiceField(Change.Kind.values)
    connections = fields.IntegerField()
    accounts = fields.IntegerField()
    examples = Place(many=True)
    differences = Difference(many=True)


class SnapshotDetail(SnapshotEntry):
    problems = ConfigProblem(many=True)
    effects = Effect(many=True)


# --- JSONata -----------------------------------------------------------------------------------------------
class Evaluation(Shape):
    """`input` left out: undefined, which is not null."""

    expression = fields.CharField(help_text="JSONata")
    input = fields.JSONField(required=False, help_text="any JSON value; a mapping's is an object such as {response: …}")
    bindings = fields.DictField(child=fields.JSONField(), required=False, help_text="variables, named without the $")


class Fault(Shape):
    """Why a text is no expression, or why its evaluation failed."""

    code = fields.CharField(help_text="JSONata's own; those that begin with G are the console's")
    message = fields.CharField()
    position = fields.IntegerField(allow_null=True, help_text="characters before the place; null: no place is at fault")
    line = fields.IntegerField(allow_null=True, help_text="from 1")
    column = fields.IntegerField(allow_null=True, help_text="from 1")
    token = fields.CharField(allow_null=True)


class Outcome(Shape):
    """Exactly one member."""

    result = fields.JSONField(required=False, help_text="any JSON value")
    undefined = fields.BooleanField(required=False, help_text="true: the expression gives nothing, which is not null")
    error = Fault(required=False)


def listed(name: str, of: type[Shape]) -> Serializer[Any]:
    """All there is, in one answer."""
    return inline_serializer(f"{name}List", {"results": of(many=True)})


# --- proposals ---------------------------------------------------------------------------------------------
class SetValue(Shape):
    path = fields.CharField(help_text="a JSON Pointer, or keys with dots between")
    value = fields.JSONField(help_text="null in an override takes the inherited value away")


class ListEdit(Shape):
    path = fields.CharField()
    append = fields.ListField(child=fields.JSONField(), required=False)
    prepend = fields.ListField(child=fields.JSONField(), required=False)
    remove = fields.ListField(child=fields.JSONField(), required=False)


class MappingEdit(Shape):
    mapping = fields.CharField(help_text="as in crm/contacts/list")
    part = fields.ChoiceField(PARTS, required=False, help_text="response by default")
    path = fields.CharField(required=False, help_text="an output field; left out: the part as a whole")
    expression = fields.CharField(allow_null=True, help_text="JSONata; null: what the layer says is taken away")


class ProposalWish(Shape):
    """What is to be otherwise, on one layer of one integration, and why."""

    account = fields.CharField(required=False, help_text="this, or `layer`")
    layer = fields.ChoiceField(["platform", "environment"], required=False, help_text="this, or `account`")
    integration = fields.CharField()
    environment = fields.CharField(required=False, help_text="default: all in which the account is connected")
    set = SetValue(many=True, required=False)
    remove = fields.ListField(child=fields.CharField(), required=False, help_text="paths that inherit again")
    lists = ListEdit(many=True, required=False)
    fields_ = MappingEdit(many=True, required=False)
    title = fields.CharField(required=False, max_length=200, help_text="default: the change in words")
    reason = fields.CharField()
    ticket = fields.CharField(required=False, max_length=200)
    reviewers = fields.ListField(child=fields.CharField(), required=False, help_text="as the forge names them")


class Withdrawal(Shape):
    reason = fields.CharField(max_length=2000)


class ProposalEntry(Shape):
    id = fields.CharField()
    title = fields.CharField()
    layer = fields.ChoiceField(LAYERS)
    account = fields.CharField(allow_null=True)
    integration = fields.CharField(allow_null=True)
    environment = fields.CharField(allow_null=True, help_text="null: every one")
    proposer = fields.CharField()
    reason = fields.CharField()
    ticket = fields.CharField()
    state = fields.ChoiceField(PROPOSAL_STATES)
    waits_for = fields.CharField(help_text="a plain sentence")
    review = fields.ChoiceField(REVIEWS)
    created_at = fields.DateTimeField()
    pull_request = fields.IntegerField(allow_null=True)
    url = fields.CharField(allow_null=True, help_text="of the pull request")
    in_force_commit = fields.CharField(allow_null=True)
    in_force_at = fields.DateTimeField(allow_null=True)


class ProposalChange(Shape):
    """One value of the layer as it was and as it is to be; null: nothing."""

    name = fields.CharField()
    before = fields.JSONField()
    after = fields.JSONField()


class ProposalReview(Shape):
    who = fields.CharField()
    verdict = fields.CharField()
    commit = fields.CharField(allow_null=True)
    is_stale = fields.BooleanField(help_text="of an earlier version")
    at = fields.DateTimeField(allow_null=True)


class ProposalConflict(Shape):
    """A value that somebody else changed meanwhile."""

    leaf = fields.CharField()
    base = fields.JSONField()
    theirs = fields.JSONField()
    mine = fields.JSONField()
    why = fields.CharField(required=False)


class ProposalDetail(ProposalEntry):
    summary = fields.ListField(child=fields.CharField(), help_text="plain sentences")
    changes = ProposalChange(many=True)
    files = fields.ListField(child=fields.CharField())
    base_commit = fields.CharField()
    head_commit = fields.CharField(allow_null=True)
    merge_commit = fields.CharField(allow_null=True)
    independent = fields.BooleanField(allow_null=True, help_text="whether somebody else approved it; null: pending")
    independence = fields.CharField(help_text="the same as a sentence")
    reviews = ProposalReview(many=True)
    conflicts = ProposalConflict(many=True)


def paged(name: str, of: type[Shape], *, counted: bool = False) -> Serializer[Any]:
    """One page; `counted`: with the number of rows on all pages."""
    members: dict[str, Any] = {
        "results": of(many=True),
        "next": fields.CharField(allow_null=True, help_text="address of the next page; null on the last one"),
    }
    if counted:
        members["total"] = fields.IntegerField()
    return inline_serializer(f"{name}Page", members)
