"""How often the test split was looked at, from the history of this repository.

A look is a test accuracy that was committed: each network and each ensemble counts once.
"""

import json
import subprocess
from collections import Counter

from cicy4.files import ROOT

RULES = "d5fbdce"  # the commit that fixed how the twelve networks are made


def looks() -> Counter:
    """Numbers of looks, by what was looked at and whether that was before the rules.

    Raises:
        subprocess.CalledProcessError: no repository, or not its whole history.
    """
    before, seen, commit = set(git("rev-list", RULES).split()), {}, ""
    changes = git("log", "--reverse", "--format=%H", "--raw", "--no-abbrev", "--", "*.json")
    for line in filter(None, changes.splitlines()):
        if not line.startswith(":"):
            commit = line
            continue
        blob = line.split()[3]
        if not blob.strip("0"):  # a file that was removed
            continue
        for record in with_test(json.loads(git("cat-file", "blob", blob))):
            what = "ensembles" if "members" in record else "networks"
            when = "before the rules" if commit in before else "after them"
            seen.setdefault(json.dumps(record["test"]["accuracy"]), (what, when))
    return Counter(seen.values())


def with_test(value):
    """Records of networks and of ensembles in what a file holds."""
    if isinstance(value, dict):
        test = value.get("test")
        if isinstance(test, dict) and "accuracy" in test:
            yield value
        else:
            for part in value.values():
                yield from with_test(part)


def git(*words) -> str:
    """What git says."""
    ran = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return ran.stdout
