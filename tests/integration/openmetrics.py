"""A strict reader of the OpenMetrics 1.0 text format: whatever the specification says must be, must be."""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r"[a-zA-Z_][a-zA-Z0-9_]*"
TEXT = r'(?:[^"\\\n]|\\["\\n])*'
NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|Inf|NaN)"
METADATA = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) (.*)")
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}=\"{TEXT}\"(?:,{LABEL}=\"{TEXT}\")*)\}})? ({NUMBER})")
SUFFIXES = {"counter": ["_total"], "gauge": [""], "info": ["_info"],
            "histogram": ["_bucket", "_count", "_sum"]}


class Family:
    def __init__(self, name):
        self.name, self.type, self.unit, self.help = name, None, None, None
        self.samples = []  # (suffix, labels, value)

    def value(self, **labels):
        """The value of a counter or gauge."""
        [value] = [value for _, had, value in self.samples if labels.items() <= had.items()]
        return value

    def tell(self, kind, text):
        assert not self.samples, f"{self.name}: metadata comes before the samples"
        field = kind.lower()
        assert getattr(self, field) is None, f"{self.name}: {kind} twice"
        if kind == "TYPE":
            assert text in SUFFIXES, text
        if kind == "UNIT":
            assert self.name.endswith(f"_{text}"), f"{self.name} must end with its unit"
        if kind == "HELP":
            assert re.fullmatch(r"(?:[^\\\n]|\\[\\n\"])+", text)
        setattr(self, field, text)

    def add(self, name, labels, value):
        suffix = name[len(self.name):]
        assert suffix in SUFFIXES[self.type], f"{name} is no sample of a {self.type}"
        assert (suffix, labels) not in [(had, of) for had, of, _ in self.samples], f"{name} twice"
        if self.type in ("counter", "histogram"):
            assert value >= 0
        if self.type == "info":
            assert value == 1
        assert ("le" in labels) == (suffix == "_bucket")
        self.samples.append((suffix, labels, value))

    def check(self):
        assert self.type and self.help, f"{self.name} lacks TYPE or HELP"
        if self.type != "histogram":
            return
        buckets = [(of["le"], value) for suffix, of, value in self.samples if suffix == "_bucket"]
        rest = {suffix: value for suffix, _, value in self.samples if suffix != "_bucket"}
        bounds = [float(bound) for bound, _ in buckets]
        counts = [count for _, count in buckets]
        assert buckets[-1][0] == "+Inf" and bounds == sorted(set(bounds))
        assert all(re.fullmatch(r"[0-9.]+|[0-9]e-0[5-9]", bound) for bound, _ in buckets[:-1])
        assert all("." in bound or "e" in bound for bound, _ in buckets[:-1])
        assert counts == sorted(counts) and all(count == int(count) for count in counts)
        assert rest["_count"] == counts[-1]
        assert (rest["_sum"] > 0) <= (rest["_count"] > 0)


def labels_of(text):
    pairs = re.findall(rf'({LABEL})="({TEXT})"', text or "")
    assert len(dict(pairs)) == len(pairs), f"a label twice: {text}"
    return dict(pairs)


def parse(text):
    """The families by name."""
    assert text.endswith("# EOF\n") and text.count("# EOF") == 1 and "\r" not in text
    families, now = {}, None
    for line in text.splitlines()[:-1]:
        if line.startswith("#"):
            kind, name, rest = METADATA.fullmatch(line).groups()
            if now is None or name != now.name:
                assert name not in families, f"{name} is not told in one piece"
                now = families[name] = Family(name)
            now.tell(kind, rest)
            continue
        name, labels, value = SAMPLE.fullmatch(line).groups()
        assert now and name.startswith(now.name), f"{name} has no metadata"
        now.add(name, labels_of(labels), float(value))
    for family in families.values():
        family.check()
    samples = [family.name + suffix for family in families.values()
               for suffix in SUFFIXES[family.type]]
    assert len(set(samples)) == len(samples), "one family's samples could be another's"
    return families
