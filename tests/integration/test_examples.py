"""The examples: all valid, all resolving to what an independent reading of section 3 says."""
import json
import math
import re

import pytest
import yaml

import lab

EXAMPLES = {path.stem: path.read_text(encoding="utf-8")
            for path in sorted((lab.SOURCE / "examples").glob("*.yaml"))}
METADATA = "name description version created updated author inherits_from".split()
CONTROL = ["base_importance", "specialization_level"]


class Override:
    def __init__(self, value):
        self.value = value


class Reader(lab.Loader):
    pass


Reader.add_constructor("!override", lambda loader, node: Override(lab._plain(loader, node)))


def resolve(layers):
    """Section 3, written from its text: base, parents, persona as plain data."""
    base, *rest = [yaml.load(text, Reader) for text in layers]
    merges = [base.pop("merge", {})]
    for persona in rest:
        merges.insert(0, persona.pop("merge", {}))
        importance = persona.get("base_importance", base["base_importance"])
        level = persona.get("specialization_level", 1)
        weight = min(1.0, max(0.01, importance / level ** 2))
        result = blend(base, persona, weight, merges, ())
        for key in METADATA:
            if key in persona or key in base:
                result[key] = persona.get(key, base.get(key))
        base = result | {"base_importance": importance, "specialization_level": level}
    return base


def strategy(merges, path):
    text = ".".join(path)
    for merge in merges:
        for known in sorted(merge, key=len, reverse=True):
            if text == known or text.startswith(known + "."):
                return merge[known]
    return "weighted"


def blend(base, persona, weight, merges, path):
    how = strategy(merges, path)
    if how == "lock":
        return base
    if isinstance(persona, Override):
        return persona.value
    if isinstance(base, dict) and isinstance(persona, dict):
        result = {}
        for key in [*base, *(key for key in persona if key not in base)]:
            if key not in persona:
                result[key] = base[key]
            elif persona[key] is None:
                continue
            elif base.get(key) is None:
                result[key] = plain(persona[key])
            else:
                result[key] = blend(base[key], persona[key], weight, merges, (*path, key))
        return result
    if isinstance(base, list) and isinstance(persona, list):
        return blend_lists(base, persona, weight, how, merges, path)
    if how == "base":
        return base
    kinds = type(base), type(persona)
    if kinds == (str, str) or kinds == (bool, bool):
        return base if weight > 0.5 else persona
    if bool in kinds or not set(kinds) <= {int, float}:
        return plain(persona)
    if base == persona:
        return persona
    value = base * weight + persona * (1 - weight)
    if float in kinds:
        return value
    return round(value) if abs(value - round(value)) < 1e-9 else math.trunc(value)


def blend_lists(base, persona, weight, how, merges, path):
    if how == "base":
        return base
    if how == "append":
        return unique(base + persona)
    if how == "prepend":
        return unique(persona + base)
    if isinstance(how, dict):
        field = how["by"]
        result = [dict(item) for item in base]
        for item in persona:
            match = next((n for n, old in enumerate(result) if old[field] == item[field]), None)
            if match is None:
                result.append(item)
            else:
                result[match] = blend(result[match], item, weight, merges, path)
        return result
    if weight > 0.7:
        return unique(base + persona)
    if weight < 0.3:
        return unique(persona + base)
    ours = max(1, math.floor(len(base) * weight))
    theirs = max(1, math.floor(len(persona) * (1 - weight)))
    result, base, persona = [], list(base), list(persona)
    while base or persona:
        result += base[:ours] + persona[:theirs]
        base, persona = base[ours:], persona[theirs:]
    return unique(result)


def unique(items):
    return [item for n, item in enumerate(items) if item not in items[:n]]


def plain(value):
    if isinstance(value, Override):
        return value.value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if item is not None}
    return value


def layers(name):
    parent = re.search(r"^inherits_from: (.*)$", EXAMPLES[name], re.M)
    return [*(layers(parent[1]) if parent else [EXAMPLES["base"]]), EXAMPLES[name]]


def test_they_use_what_there_is():
    everything = "\n".join(EXAMPLES.values())
    assert len(EXAMPLES) >= 9
    for feature in ("!override", ": null", "\nmerge:", "inherits_from:", "lock", "by: name",
                    "specialization_level: 1.5", "  # "):
        assert feature in everything


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - {"base"}))
def test_it_resolves_as_the_design_says(home, name):
    shown = json.loads(home.helios("show", "--json", name).stdout)
    wanted = resolve(layers(name))
    text = home.helios("show", name).stdout
    assert lab.load(text) == wanted
    assert shown == wanted


def test_validate_is_content(home):
    home.helios("validate")
    for name in EXAMPLES:
        home.helios("validate", home.examples / f"{name}.yaml")


def test_explain_names_every_leaf(home):
    for name in sorted(set(EXAMPLES) - {"base"}):
        text = home.helios("explain", name).stdout
        assert lab.load(text) == resolve(layers(name))
    assert "reviewer" in home.helios("explain", "security-reviewer", "behaviors.severities").stdout
    inherited = home.helios("explain", "writer", "behaviors.boundaries").stdout
    line = EXAMPLES["base"].splitlines().index("  boundaries:") + 2
    assert f"base/identity.yaml:{line}" in inherited
