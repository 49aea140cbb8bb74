"""Settle every claim against the releases, and tell the outcome."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from packaging.version import Version
from proving import Claim, Default, Use, Verdict, gather, judge, meets, takes
from reading import DIRECT, LAZY, REEXPORT, Signature
from releases import Releases

from mlsec_lint.model import RuleSet, VersionedDefault

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class Account:
    """What was claimed, what was found, and what is excused."""

    def __init__(self, ruleset: RuleSet, releases: Releases, unproven: Path) -> None:
        self._claims, self._uses, self._defaults = gather(ruleset)
        self._versioned = ruleset.apis.defaults
        self._meanings: list[str] = []
        self._releases = releases
        self._excuses = tomllib.loads(unproven.read_text(encoding="utf-8"))["unproven"]
        self._needed: set[tuple[int, str]] = set()
        self._excused: set[str] = set()
        self._signatures: dict[str, list[Signature]] = {}
        self._proven: Counter[str] = Counter()
        self._by_pin: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._through = 0
        self.faults: list[str] = []

    def settle(self, only: str = "") -> None:
        """Judge all claims about names that begin with `only`."""
        for name, claim in sorted(self._claims.items()):
            if name.startswith(only):
                self._settle(claim)
        for use in self._uses:
            if all(call in self._signatures for call in use.calls) and not self._of_use(use):
                self._fault(
                    use.calls[0], f"{use.place}: none of {', '.join(use.calls)} has a parameter `{use.parameter}`"
                )
        for (name, parameter), default in self._versioned.items():
            if name.startswith(only):
                self._of_versions(name, parameter, default)
        for one in self._defaults:
            other = (one.call, one.parameter, not one.good)
            if other not in {(fact.call, fact.parameter, fact.good) for fact in self._defaults}:
                self._of_default(one)  # else an absent argument is reported by one table, a bad one by the other
        if not only:
            for number, excuse in enumerate(self._excuses):
                idle = [one for one in excuse["names"] if (number, one) not in self._needed]
                self.faults += [f"unproven.toml: {one} needs no excuse any more" for one in idle]

    def _settle(self, claim: Claim) -> None:
        name = self._releases.instances.get(claim.name, claim.name)
        said = f"{claim.name} ({', '.join(sorted(claim.places))})"
        if "*" in name:
            self._fault(claim.name, f"{said}: packages.toml gives no instance of this pattern")
            return
        name = self._serve(name)
        pins = self._releases.pins(name)
        if not pins:
            self._fault(claim.name, f"{said}: packages.toml names no release")
            return
        judged = [(pin, *judge(claim, self._releases.library(pin), name)) for pin in pins]
        self._signatures[claim.name] = [one for _, _, signatures in judged for one in signatures]
        pin, verdict, _ = max(judged, key=lambda one: _worth(one[1]))
        if not verdict.how:
            self._fault(claim.name, f"{said}: not in {', '.join(pins)}")
        elif verdict.unread:
            self._fault(claim.name, f"{said}: no signature can be read in {pin}")
        elif verdict.wrong or verdict.late:
            self._fault(claim.name, f"{said}: {'; '.join((*verdict.wrong, *verdict.late))} in {pin}")
        else:
            self._proven[verdict.how] += 1
            self._through += bool(verdict.through)
            self._by_pin[pin][verdict.how] += 1

    def _serve(self, name: str) -> str:
        for prefix, other in self._releases.served.items():
            if f"{name}.".startswith(f"{prefix}."):
                return other + name[len(prefix) :]
        return name

    def _of_use(self, use: Use) -> bool:
        known = [one for call in use.calls for one in self._signatures[call]]
        return not known or any(one.more or takes(one, use.parameter) for one in known)

    def _of_default(self, fact: Default) -> None:
        """A parameter that has to be given is one whose absence is the fault, and the other way round."""
        written = [one.default(fact.parameter) for one in self._signatures.get(fact.call, [])]
        known = [text for text in written if text is not None]
        if known and all(meets(fact.condition, text) for text in known):
            how = "is as required already" if fact.good else "is what the table forbids"
            self._fault(fact.call, f"{fact.place}: the default of `{fact.parameter}` of {fact.call}, {known[0]}, {how}")

    def _of_versions(self, name: str, parameter: str, default: VersionedDefault) -> None:
        """Compare what an absent argument means, by version, with the default that each release writes down."""
        for pin in self._releases.pins(self._serve(name)):
            version = pin.partition("==")[2] or pin.split()[1]
            meant = next((one for low, high, one in default.ranges if _within(version, low, high)), None)
            found = self._releases.library(pin).find(self._serve(name))
            signatures = self._releases.library(pin).signatures(found) if found else []
            written = next((text for one in signatures if (text := one.default(parameter))), None)
            answer = None if written in (None, "None", "...") or meant is None else meets(meant, written)
            if answer is False:
                self.faults.append(f"defaults: {name} has {parameter}={written} in {pin}")
            how = "as said" if answer else "the signature leaves it open" if written else "no such parameter yet"
            self._meanings.append(f"| `{name}` | `{parameter}` | {pin} | {f'`{written}`' if written else ''} | {how} |")

    def _fault(self, name: str, text: str) -> None:
        for number, excuse in enumerate(self._excuses):
            for pattern in excuse["names"]:
                if name == pattern or fnmatchcase(name, pattern):
                    self._needed.add((number, pattern))
                    self._excused.add(name)
                    return
        self.faults.append(text)

    # ------------------------------------------------------------ telling

    def summary(self) -> str:
        proven = sum(self._proven.values())
        excused = len(self._excused & self._claims.keys())
        return (
            f"{len(self._claims)} names: {proven} proven ({self._proven[DIRECT]} where they are written, "
            f"{self._proven[REEXPORT]} by re-exports followed, {self._proven[LAZY]} through tables of lazy imports; "
            f"{self._through} take a parameter in **kwargs), {excused} excused, {len(self.faults)} faults"
        )

    def report(self) -> str:
        """Return the report as Markdown."""
        lines = [
            "# Facts about libraries, proven",
            "",
            f"Written by `nox -s apis` on {date.today().isoformat()}. {self.summary()}.",
            "",
            "What the rules say of a library (its dotted names, the parameters of its callables, their order, and what an",
            "absent argument means) is looked up in the text of its releases, without importing or running it. A name is",
            "proven where it is written, by following re-exports, or through the table of a package that imports lazily.",
            "Where several releases are named, a fact holds in one of them: rules speak of old releases too.",
            "",
            "## By release",
            "",
            "| release | names proven | by re-export | through lazy imports |",
            "| --- | ---: | ---: | ---: |",
        ]
        for pin, count in sorted(self._by_pin.items(), key=lambda one: one[0].lower()):
            lines.append(f"| {pin} | {sum(count.values())} | {count[REEXPORT]} | {count[LAZY]} |")
        lines += [
            "",
            "## Defaults by version",
            "",
            "| callable | parameter | release | default written | |",
            "| --- | --- | --- | --- | --- |",
        ]
        lines += self._meanings
        lines += ["", "## Not proven this way", ""]
        for number, excuse in enumerate(self._excuses):
            names = [one for one in excuse["names"] if (number, one) in self._needed]
            lines.append(f"- {excuse['reason']}: {', '.join(f'`{one}`' for one in names)}")
        return "\n".join(lines) + "\n"


def _within(version: str, low: str, high: str) -> bool:
    """Return whether a version lies in a range that ends before `high`; an empty bound is none."""
    here = Version(version)
    return (not low or here >= Version(low)) and (not high or here < Version(high))


def _worth(verdict: Verdict) -> tuple[bool, bool, int, int]:
    return bool(verdict.how), not verdict.unread, -len(verdict.wrong), -len(verdict.late)
