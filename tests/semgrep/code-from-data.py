# ruleid: code-from-data
import pickle
# ruleid: code-from-data
import yaml


def bad(text):
    # ruleid: code-from-data
    pickle.loads(text)
    # ruleid: code-from-data
    eval(text)
    # ruleid: code-from-data
    YAML(typ="unsafe")
    # ruleid: code-from-data
    return yaml.load(text)


def good(text):
    yaml = YAML(typ="safe")
    # ok: code-from-data
    yaml.load(text)
    # ok: code-from-data
    return json.loads(text)
