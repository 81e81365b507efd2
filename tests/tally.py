"""Counts the test cases in a log of `meson test`: prints "PASSED FAILED SKIPPED".

usage: tally.py LOG.json STATUS-OF-MESON
"""
import json
import re
import sys


def cases(test):
    """The cases one test program reports: TAP lines, or pytest's last line, else itself."""
    out = test.get("stdout", "")
    tap = re.findall(r"^(not ok|ok) \d+(.*)$", out, re.M)
    if tap:
        skipped = sum("# SKIP" in rest for _, rest in tap)
        failed = sum(verdict == "not ok" for verdict, _ in tap)
        return len(tap) - failed - skipped, failed, skipped
    counts = dict.fromkeys(("passed", "failed", "skipped", "error", "errors"), 0)
    summary = re.findall(r"^=*\s*((?:\d+ \w+,? )+)in [\d.]+s.*$", out, re.M)
    if summary:
        for number, word in re.findall(r"(\d+) (\w+)", summary[-1]):
            if word in counts:
                counts[word] = int(number)
        return (counts["passed"], counts["failed"] + counts["error"] + counts["errors"],
                counts["skipped"])
    return int(test["result"] == "OK"), 0, int(test["result"] == "SKIP")


def main(log, status):
    passed = failed = skipped = 0
    try:
        with open(log, encoding="utf-8") as lines:
            tests = [json.loads(line) for line in lines]
    except OSError:
        tests = []
    for test in tests:
        good, bad, left = cases(test)
        if test["result"] not in ("OK", "SKIP") and not bad:
            bad = 1  # it crashed, timed out or leaked after its last case
        passed, failed, skipped = passed + good, failed + bad, skipped + left
    if status and not failed:
        failed = 1  # meson itself found nothing to run, or broke
    print(passed, failed, skipped)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
