import pytest

from console.presentation.sentences import alike, sentence, subject_of
from integrations.core.documents import Connection, Layer, Source
from integrations.core.merge import Difference

SOURCE = Source(file="customers/acme-corp/salesforce.yaml", line=4)


def difference(area="config", path="/pagination/page_size", before=None, after=None, layers=(None, None)):
    return Difference(
        area=area,
        path=path,
        before=before,
        after=after,
        layer_before=layers[0],
        layer_after=layers[1],
        source_after=SOURCE if after is not None else None,
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {
                "area": "crm/contacts/list:response",
                "path": "/tier",
                "before": "a",
                "after": "b",
                "layers": (Layer.PLATFORM, Layer.ACCOUNT),
            },
            "contacts: tier now comes from the account layer",
        ),
        (
            {"before": 1, "after": 2, "layers": (Layer.ACCOUNT, Layer.ACCOUNT)},
            "config: pagination.page_size changed in the account layer",
        ),
        (
            {"after": 2, "layers": (None, Layer.ENVIRONMENT)},
            "config: pagination.page_size is new, from the environment layer",
        ),
        (
            {"before": 2, "layers": (Layer.PLATFORM, None)},
            "config: pagination.page_size is gone; it came from the platform layer",
        ),
        (
            {
                "area": "crm/contacts/get:error",
                "path": "",
                "before": ["a"],
                "after": ["a", "b"],
                "layers": (Layer.PLATFORM, Layer.ACCOUNT),
            },
            "contacts get error the expression now comes from the account layer",
        ),
    ],
)
def test_a_difference_is_a_sentence(given, said):
    assert str(sentence(difference(**given))) == said


def test_values_are_told_as_json_and_expressions_as_they_are():
    told = sentence(difference(before="50", after=50, layers=(Layer.PLATFORM, Layer.ACCOUNT)))
    assert (told.before, told.after, told.source) == ('"50"', "50", SOURCE)
    told = sentence(difference(area="crm/a/list:query", path="/q", after='"x" & y', layers=(None, Layer.PLATFORM)))
    assert (told.before, told.after) == (None, '"x" & y')
    assert told.path == "crm/a/list:query/q"


@pytest.mark.parametrize(
    ("area", "subject"),
    [
        ("config", "config"),
        ("crm/contacts/list:response", "contacts"),
        ("crm/contacts/get:response", "contacts get"),
        ("crm/contacts/list:request_body", "contacts request body"),
    ],
)
def test_the_subject_is_what_people_call_it(area, subject):
    assert subject_of(area) == subject


def test_connections_that_changed_alike_are_told_once():
    same = [difference(before=1, after=2, layers=(Layer.PLATFORM, Layer.PLATFORM))]
    other = [difference(before=1, after=3, layers=(Layer.PLATFORM, Layer.PLATFORM))]
    staging, production, third = (
        Connection(integration="salesforce", environment=name) for name in ("staging", "production", "third")
    )
    groups = alike([(staging, same), (production, same), (third, other)])
    assert [group.connections for group in groups] == [(production, staging), (third,)]
    assert [len(group.sentences) for group in groups] == [1, 1]
