"""The items of *Guidelines for secure AI system development* (2023), and what a program can hold code to in each."""

from __future__ import annotations

from dataclasses import dataclass

from mlsec_lint.model import GUIDELINES


@dataclass(frozen=True, slots=True)
class Item:
    """One item; `by_rules` is false where no reading of code can tell whether it is met."""

    id: str
    checked: str
    by_rules: bool = True

    @property
    def title(self) -> str:
        return GUIDELINES[self.id]


CHAPTERS = {"1": "Secure design", "2": "Secure development", "3": "Secure deployment", "4": "Secure operation"}

ITEMS = (
    Item(
        "1.1",
        "Not checked; each finding explains the attack where the code is written.",
        by_rules=False,
    ),
    Item(
        "1.2",
        "Cannot be checked in code; `mlsec-lint bom` lists what is fetched from where, which is material for it.",
        by_rules=False,
    ),
    Item(
        "1.3",
        "Files that run code when they are loaded, remote code that is switched on, model output that is run as code.",
    ),
    Item(
        "1.4",
        "Models named without a version, an origin or a format that can be evaluated.",
    ),
    Item(
        "2.1",
        "Models, data, code and packages that are not pinned, not verified, or fetched over connections that are not.",
    ),
    Item(
        "2.2",
        "Secrets in code and notebooks, artefacts known by a name that moves, endpoints that anybody can reach.",
    ),
    Item(
        "2.3",
        "Models and data published or used with no card, no hash and no record.",
    ),
    Item(
        "2.4",
        "Suppressions with no reason or no effect, files that nobody checks, a baseline that may only shrink.",
    ),
    Item(
        "3.1",
        "Servers, trackers and dashboards open to every network, debug servers, public links.",
    ),
    Item(
        "3.2",
        "Model files saved, shared or loaded with nobody recording or verifying their hash.",
    ),
    Item("3.3", "Cannot be checked in code.", by_rules=False),
    Item("3.4", "Cannot be checked in code.", by_rules=False),
    Item(
        "3.5",
        "Functions and command lines of your own whose default is the unsafe choice.",
    ),
    Item("4.1", "Cannot be checked in code.", by_rules=False),
    Item("4.2", "Cannot be checked in code.", by_rules=False),
    Item(
        "4.3",
        "Aliases and tags that move by themselves, programs that update themselves while they run.",
    ),
    Item(
        "4.4",
        "Not checked; the rules name the published vulnerabilities that they would have caught.",
        by_rules=False,
    ),
)
