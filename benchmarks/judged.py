"""Findings that a person has judged against the source: which of them are still told, and how severe they are by now.

usage: python benchmarks/judged.py [--folder FOLDER] [--list] [--sdist] [READINGS.tsv]

The readings (`benchmarks/readings/unseen.tsv`) are of packages that nothing had been developed on: at default settings at most
three findings of each rule, severity and package, those of low severity one, drawn by chance.  `true`: right as worded, and worth
being told at this severity; `noise`: right, but its owner would not want it, or not at this severity; `false`: wrong.  The
severity is that of the reading.  `benchmarks/readings/fresh.tsv` is a later reading, of the source archives (`--sdist`) of 22
other packages: at most three findings of each rule and package, of which 59 of high, 101 of medium and 38 of low severity were
drawn.  A package is fetched by its pinned version and unpacked as text; nothing of it is run.
"""

from __future__ import annotations

import argparse
import collections
import csv
from pathlib import Path

from packages import fetch, lint

SEVERITIES = ("high", "medium", "low")
VERDICTS = ("true", "noise", "false")


def outcome(row: dict[str, str], found: dict[tuple[str, str], dict[str, str]]) -> str:
    """Return what has become of a finding: `told`, `lower`, `higher`, by `another` rule on this line, or `gone`."""
    now = found.get((row["place"], row["code"]))
    if now is None:
        return "another" if any(place == row["place"] for place, _ in found) else "gone"
    was, is_now = SEVERITIES.index(row["severity"]), SEVERITIES.index(now["severity"])
    return "told" if was == is_now else "lower" if is_now > was else "higher"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("readings", type=Path, nargs="?", default=Path(__file__).parent / "readings" / "unseen.tsv")
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks/judged"))
    parser.add_argument("--sdist", action="store_true", help="the readings are of source archives")
    parser.add_argument("--list", action="store_true", help="name the places whose outcome is not what one would wish")
    options = parser.parse_args()
    with options.readings.open(encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))
    counts: collections.Counter[tuple[str, str, str]] = collections.Counter()
    for package in dict.fromkeys(row["package"] for row in rows):
        path = fetch(package, options.folder, "sdist" if options.sdist else "texts")
        told, _ = lint(path)
        found: dict[tuple[str, str], dict[str, str]] = {}
        for one in told:
            shown = str(one["path"]).removeprefix(f"{path.name}/")
            found[f"{shown}:{one['line']}", str(one["code"])] = {"severity": str(one["severity"])}
        for row in (row for row in rows if row["package"] == package):
            became = outcome(row, found)
            counts[row["severity"], row["verdict"], became] += 1
            wished = (
                became in ("told", "higher", "another") if row["verdict"] == "true" else became in ("lower", "gone")
            )
            if options.list and not wished:
                print(
                    f"{row['verdict']} {became}: {package} {row['place']} {row['code']} {row['severity']} {row['cause']}"
                )
    for severity in SEVERITIES:
        for verdict in VERDICTS:
            became = {what: n for (s, v, what), n in sorted(counts.items()) if (s, v) == (severity, verdict)}
            print(
                f"{severity:6} {verdict:5} {sum(became.values()):3}: "
                + ", ".join(f"{n} {w}" for w, n in became.items())
            )


if __name__ == "__main__":
    main()
