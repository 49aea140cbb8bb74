"""The nouns: what a rule, a source, a finding and a report are.  No behaviour beyond trivial properties."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

HOME = "https://mlsec-lint.readthedocs.io/"  # of the documentation; a page for each rule under rules/


class Level(enum.IntEnum):
    """An ordered level, used for severity and for confidence."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, text: str) -> Level:
        """Return the level called `text`; raises KeyError for any other word."""
        return cls[text.upper()]


class Problem(Exception):
    """A mistake in what we were given: where it is and one sentence about it."""

    def __init__(self, path: str, place: str, message: str) -> None:
        self.path, self.place, self.message = path, place, message
        super().__init__(f"{path}: {place}: {message}" if place else f"{path}: {message}")


class RuleError(Problem):
    """A mistake in a rule file; `place` is the key."""


class ConfigError(Problem):
    """A mistake in the settings; `place` is the key."""


class SourceError(Problem):
    """A file that cannot be read; `place` is empty or a line."""


# ---------------------------------------------------------------- rules


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition on one value; the forms are described in docs/writing-rules.md.

    `op` is one of: equals (a constant), is (a dotted library name), given, regex, prefix, suffix, entropy, kind, origin, made,
    has, entry (of a mapping), any, not.  `value` holds the constant, name, pattern or tuple of names; `parts` the operands of any / not.
    """

    op: str
    value: object = None
    parts: tuple[Predicate, ...] = ()


Conditions = tuple[tuple[str, Predicate], ...]  # (parameter name or position, condition on it)


@dataclass(frozen=True, slots=True)
class RuleFix:
    """A `[fix]` table: what to write in place of what was found.  Names and values are described in docs/writing-rules.md."""

    safety: str  # safe, unsafe, display
    set: tuple[tuple[str, str], ...] = ()  # parameter, option or `version` -> source text of its new value
    remove: tuple[str, ...] = ()  # parameters or options
    call: str = ""  # the dotted name to call instead
    value: str = ""  # source text of what is assigned, or is the default, instead
    delete: bool = False  # the whole statement goes
    replace: tuple[tuple[str, str], ...] = ()  # regex -> replacement, on the text of what is at fault


@dataclass(frozen=True, slots=True)
class Match:
    """One `[[match]]` table: calls that are wrong in themselves."""

    calls: tuple[str, ...]  # dotted names, groups expanded; `*` stands for one or more parts
    methods: tuple[str, ...] = ()  # bare method names accepted on receivers that cannot be resolved
    require: Conditions = ()
    forbid: Conditions = ()
    unless: Conditions = ()
    when: Conditions = ()
    subject: str = ""  # the parameter that names the artefact
    data: str = ""  # the parameter that carries the bytes or the path that is loaded
    reference: bool = False
    message: str = ""
    severity: Level | None = None
    confidence: Level | None = None
    fix: RuleFix | None = None
    artefacts: tuple[str, ...] = ()  # keys of `[artefacts]`: the call fetches one, whether it is at fault or not
    revision: str = ""  # the parameter that says which revision is fetched
    digests: tuple[str, ...] = ()  # the parameters that may say which digest is expected
    file: str = ""  # the parameter that names a file of the artefact
    consent: tuple[str, ...] = ()  # switches, functions `f()`, missing names `!n`: where one says yes, nothing is told
    words: tuple[str, ...] = ()  # plain texts, one of which has to stand in the file
    harmless: str = ""  # regex: what follows the result wherever it is used; where nothing else does, nothing is told
    callers: bool = False  # who calls a function of the project that leaves the choice to them is told of it

    @property
    def asks_receiver(self) -> bool:
        """Whether it matters what a method is called on."""
        return "self" in (self.data, *(parameter for parameter, _ in (*self.when, *self.unless)))


@dataclass(frozen=True, slots=True)
class Assign:
    """One `[[assign]]` table: attributes and items of library objects set to a bad value."""

    targets: tuple[str, ...]  # `requests.Session.verify`, `os.environ['NAME']`
    value: Predicate
    message: str = ""
    confidence: Level | None = None
    fix: RuleFix | None = None
    severity: Level | None = None


@dataclass(frozen=True, slots=True)
class Default:
    """One `[[default]]` table: a parameter, field or option of the project's own with an unsafe default."""

    names: tuple[str, ...]
    value: Predicate
    message: str = ""
    confidence: Level | None = None
    words: tuple[str, ...] = ()  # plain texts, one of which has to stand in the file
    fix: RuleFix | None = None
    severity: Level | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One `[[entry]]` table: a dictionary entry (or keyword of an unresolved call) set to a bad value."""

    keys: tuple[str, ...]
    value: Predicate
    message: str = ""
    confidence: Level | None = None
    words: tuple[str, ...] = ()  # plain texts, one of which has to stand in the file
    beside: tuple[str, ...] = ()  # keys, one of which a whole dictionary has to have as well
    fix: RuleFix | None = None
    severity: Level | None = None
    consent: tuple[str, ...] = ()  # as of a `Match`
    unless: Conditions = ()  # of what stands beside it: in the dictionary, or in the call around


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A place where a value arrives: argument `parameter` of a call of `call`."""

    call: str
    parameter: str
    unless: Conditions = ()
    fix: RuleFix | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """The `[flow]` table: a value of one of the origins `kinds` that arrives at one of the endpoints."""

    kinds: tuple[str, ...]
    to: tuple[Endpoint, ...]
    checks: bool = True  # a hash check in between ends the flow
    message: str = ""
    consent: tuple[str, ...] = ()  # as of a `Match`


@dataclass(frozen=True, slots=True)
class Words:
    """One `[[command]]` table: a shell command, after splitting it into words."""

    program: tuple[str, ...]  # leading words: "pip install", "curl"
    options: Conditions = ()  # options that must be present: ("--trusted-host", given)
    absent: tuple[str, ...] = ()  # options any of which is an excuse
    operand: Predicate | None = None  # what one of the other words must look like
    first: Predicate | None = None  # what the first of them must look like
    before: tuple[str, ...] = ()  # programs that this one is piped into, or that run the file it saves
    checks: bool = False  # a later check of what was fetched is an excuse
    message: str = ""
    severity: Level | None = None
    confidence: Level | None = None
    fix: RuleFix | None = None
    artefacts: tuple[str, ...] = ()  # keys of `[artefacts]`: the command fetches one, whether it is at fault or not
    subject: str = ""  # the option that names it; otherwise each operand of the artefact's form does
    revision: str = ""  # the option that says which revision is fetched


@dataclass(frozen=True, slots=True)
class Text:
    """One `[[text]]` table: a string literal of a telling shape."""

    regex: str
    unless: Predicate | None = None  # holds for texts that are placeholders
    entropy: float = 0.0  # least Shannon entropy, bits per character, of group 1 or of the whole
    words: tuple[str, ...] = ()  # one of these stands in every matching text (for the word scan)
    message: str = ""
    confidence: Level | None = None
    fix: RuleFix | None = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """One `[[requirement]]` table: a line of a dependency file."""

    names: tuple[str, ...]  # canonical distribution names, "*" for any
    fault: str  # unpinned, vcs, url, extra-index, look-alike, vulnerable, no-hash, option
    introduced: str = ""  # for `vulnerable`: the first version that has the fault
    below: str = ""  # for `vulnerable`: the first good version
    options: Conditions = ()  # for `option`: options of the installer, one of which has this value
    advisory: str = ""
    message: str = ""
    severity: Level | None = None
    fix: RuleFix | None = None
    artefacts: tuple[str, ...] = ()  # keys of `[artefacts]`: what an address of this form fetches


@dataclass(frozen=True, slots=True)
class Drift:
    """One `[[lock]]` table: a way in which code and lock file may disagree."""

    fault: str  # new, gone, moved
    message: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """Keys that show which framework a configuration file is for: dotted paths, `*` for an item or any key."""

    has: tuple[str, ...]  # all of them
    any: tuple[str, ...] = ()  # and one of these


@dataclass(frozen=True, slots=True)
class Config:
    """One `[[config]]` table: an entry of a configuration file."""

    keys: tuple[str, ...]  # the end of the entry's path
    value: Predicate
    shapes: tuple[str, ...] = ()  # keys of `[shapes]`, of one of which the file has to be
    when: Conditions = ()  # entries beside it, all of which have to hold
    require: Conditions = ()  # entries beside it, one of which would make it right
    unless: Conditions = ()  # entries beside it, any of which is an excuse
    message: str = ""
    severity: Level | None = None
    confidence: Level | None = None
    fix: RuleFix | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A `[[bad]]` or `[[good]]` table.  In `code` a line ending in `# MLS101` is to be reported with that code."""

    code: str
    bad: bool
    note: str = ""
    fixed: str = ""
    filename: str = "example.py"
    lock: str = ""  # the lock file beside it


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule file."""

    code: str
    name: str
    family: str
    summary: str
    message: str
    severity: Level
    confidence: Level
    status: str
    since: str
    guidelines: tuple[str, ...]
    cwe: tuple[int, ...]
    atlas: tuple[str, ...]
    owasp: tuple[str, ...]
    references: tuple[str, ...]
    why: str
    instead: str
    path: str
    case: str = ""  # who did this to whom
    fine: str = ""  # when not to worry
    over: tuple[str, ...] = ()  # codes that stay silent where this rule reports the same node
    matches: tuple[Match, ...] = ()
    assigns: tuple[Assign, ...] = ()
    defaults: tuple[Default, ...] = ()
    entries: tuple[Entry, ...] = ()
    flow: Flow | None = None
    commands: tuple[Words, ...] = ()
    texts: tuple[Text, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    configs: tuple[Config, ...] = ()
    drifts: tuple[Drift, ...] = ()
    visitor: str = ""
    fix: RuleFix | None = None
    examples: tuple[Example, ...] = ()

    @property
    def fixes(self) -> tuple[RuleFix, ...]:
        """The rule's fix and those of its tables."""
        every = [self.fix, *(one.fix for one in self.matches), *(one.fix for one in self.assigns)]
        every += [*(one.fix for one in self.defaults), *(one.fix for one in self.entries)]
        every += [*(one.fix for one in self.commands), *(one.fix for one in self.texts)]
        every += [*(one.fix for one in self.requirements), *(one.fix for one in self.configs)]
        every += [one.fix for one in self.flow.to] if self.flow is not None else []
        return tuple(dict.fromkeys(fix for fix in every if fix is not None))


@dataclass(frozen=True, slots=True)
class VersionedDefault:
    """What an absent argument means, by the library's version."""

    package: str
    ranges: tuple[tuple[str, str, Predicate], ...]  # (from version or "", before version or "", condition it equals)


@dataclass(frozen=True, slots=True)
class Api:
    """How a registry is asked for a commit: a request that is answered in JSON."""

    address: str  # scheme and host
    path: str  # a template over `name` and `revision`
    answer: str  # the key of the answer that holds the commit
    default: str = ""  # the revision that stands for none
    endpoint: tuple[str, ...] = ()  # environment variables that hold another address
    token: tuple[str, ...] = ()  # environment variables that hold a key
    header: str = "Authorization"  # that carries the key


@dataclass(frozen=True, slots=True)
class Form:
    """One table of `[artefacts]`: how an artefact is written in code, and who knows what a moving name stands for."""

    kind: str  # what lock files and bills of materials call it
    form: str  # regex with the group `name`, and perhaps `revision` and `file`
    component: str  # type of component in a bill of materials
    source: str = ""  # who knows its commits: hub, git, api; "" for nobody
    type: str = ""  # of repository, for hubs
    url: str = ""  # the address of its git repository, a template over the groups
    name: str = ""  # its name, a template over the groups; the group `name` where this is empty
    purl: str = ""  # type of package URL
    page: str = ""  # its address for people, a template over `name` and `commit`
    pinned: str = ""  # what the text becomes once it is pinned, a template over the groups and `commit`
    also: tuple[tuple[str, str], ...] = ()  # what a pinned call needs beside: parameter -> source text
    api: Api | None = None  # for the source `api`


@dataclass(frozen=True, slots=True)
class Members:
    """`[members]`: by what a loop over an archive's members is told to turn away those that would land outside."""

    lists: tuple[str, ...]  # what gives the members
    paths: str  # regex of a word in a test of their paths
    links: str  # regex of a word in a test of what kind they are


@dataclass(frozen=True, slots=True)
class Apis:
    """`rules/apis.toml`: what rules may assume of libraries."""

    params: Mapping[str, tuple[str, ...]]  # callable -> parameter names in order; "*" starts the keyword-only ones
    aliases: Mapping[str, str]  # dotted prefix -> the canonical one
    returns: Mapping[str, str]  # callable -> class of what it returns
    defaults: Mapping[tuple[str, str], VersionedDefault]  # (callable, parameter) -> default
    sources: Mapping[str, tuple[str, ...]]  # origin kind -> callables or attributes whose value has it
    handlers: Mapping[str, tuple[str, ...]]  # origin kind -> decorators whose function's parameters have it
    registrars: Mapping[
        str, tuple[str, ...]
    ]  # the same of calls that are given the function (and may decorate one, too)
    callbacks: Mapping[str, tuple[str, ...]]  # origin kind -> methods of library classes whose parameters have it
    saves: Mapping[str, tuple[str, str]]  # callable -> (parameter: where from, parameter: path written)
    digests: Mapping[str, tuple[str, ...]]  # "strong" / "weak" -> callables that compute a digest
    checks: tuple[str, ...]  # callables that compare digests, verify signatures or scan; raise or return the verdict
    groups: Mapping[str, tuple[str, ...]]
    options: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # callable -> (parameter: name, its default)
    phrases: Mapping[str, str] = field(default_factory=dict)  # origin kind -> what messages say of it
    restricts: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # class -> methods whose override makes it safe
    artefacts: Mapping[str, Form] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)  # class of files -> regex of their names
    shapes: Mapping[str, Shape] = field(default_factory=dict)  # framework -> keys that prove its configuration files
    members: Members | None = None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules in force, with what they may assume."""

    rules: tuple[Rule, ...]
    apis: Apis
    digest: str  # of all the files read, for caches


GUIDELINES: Mapping[str, str] = {  # items of "Guidelines for secure AI system development": id -> title
    "1.1": "Raise staff awareness of threats and risks",
    "1.2": "Model the threats to your system",
    "1.3": "Design your system for security as well as functionality and performance",
    "1.4": "Consider security benefits and trade-offs when selecting your AI model",
    "2.1": "Secure your supply chain",
    "2.2": "Identify, track and protect your assets",
    "2.3": "Document your data, models and prompts",
    "2.4": "Manage your technical debt",
    "3.1": "Secure your infrastructure",
    "3.2": "Protect your model continuously",
    "3.3": "Develop incident management procedures",
    "3.4": "Release AI responsibly",
    "3.5": "Make it easy for users to do the right things",
    "4.1": "Monitor your system's behaviour",
    "4.2": "Monitor your system's inputs",
    "4.3": "Follow a secure by design approach to updates",
    "4.4": "Collect and share lessons learned",
}


# ---------------------------------------------------------------- sources


@dataclass(frozen=True, slots=True)
class Place:
    """Where one line of `Source.text` stands in a notebook: 1-based line of the file, cell, line in the cell."""

    line: int
    cell: int
    cell_line: int


@dataclass(frozen=True, slots=True)
class Shell:
    """A shell command line found in a file that is not Python (or in a notebook's `!` line)."""

    text: str
    line: int  # 1-based line of Source.text where it starts
    column: int  # 1-based
    holes: tuple[str, ...] = ()  # words standing for values that are not known


@dataclass(frozen=True, slots=True)
class Source:
    """One file to check, already read."""

    path: str  # as shown: relative, forward slashes
    text: str  # Python code (notebooks: cells joined, magics blanked), or the file's text
    kind: str = "python"  # python, notebook, shell, dockerfile, workflow, requirements, config
    module: str = ""  # dotted module name, where the packages above it tell
    is_package: bool = False
    places: tuple[Place, ...] = ()  # notebooks: one for each line of text
    shell: tuple[Shell, ...] = ()
    outputs: tuple[tuple[str, Place], ...] = ()  # notebooks: saved output texts
    raw: str = ""  # notebooks: the file's own text
    troubles: tuple[tuple[int, str], ...] = ()  # (line, reason): parts that could not be read


# ---------------------------------------------------------------- findings


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text between two positions of `Source.text` (1-based lines and columns, end exclusive)."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that mend a finding, made together or not at all."""

    safety: str  # safe, unsafe, display
    edits: tuple[Edit, ...]
    in_file: tuple[Edit, ...] = ()  # notebooks: the same edits of the file's own text, which is JSON


@dataclass(frozen=True, slots=True)
class Related:
    """Another place that belongs to a finding, such as where the data came from."""

    message: str
    path: str
    line: int
    column: int
    cell: int | None = None  # notebooks: as in Finding
    cell_line: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault at one place.  Lines and columns are 1-based; the end column is exclusive."""

    path: str
    line: int
    column: int
    code: str
    name: str
    message: str
    severity: Level
    confidence: Level
    end_line: int
    end_column: int
    guidelines: tuple[str, ...] = ()
    cwe: tuple[int, ...] = ()
    cell: int | None = None
    cell_line: int | None = None
    group: str = ""  # equal for places that are one decision (one artefact, one file, one rule)
    url: str = ""
    fingerprint: str = ""
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    scope: str = ""  # the enclosing function, dotted; empty at module level
    excerpt: str = ""  # the stripped first line
    subject: str = ""  # the artefact's name, where the rule names one
    text_line: int = 0  # the line in Source.text (differs from `line` in notebooks)

    @property
    def order(self) -> tuple[str, int, int, str]:
        return (self.path, self.line, self.column, self.code)


@dataclass(frozen=True, slots=True)
class Fetch:
    """One artefact that code fetches, at one place.  Lines and columns are 1-based."""

    path: str
    line: int
    column: int
    form: str  # key of `[artefacts]`
    kind: str
    name: str  # "" where it is not known
    revision: str = ""  # as the code says; "" where it says none, "?" where it is not known
    files: tuple[str, ...] = ()  # of the artefact, where the call names one
    digest: str = ""  # that the code expects
    confidence: Level = Level.HIGH
    text: str = ""  # the artefact as the code writes it
    end_line: int = 0
    end_column: int = 0
    text_line: int = 0  # the line in Source.text (differs from `line` in notebooks)

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        return (self.path, self.line, self.column, self.kind, self.name)


@dataclass(frozen=True, slots=True)
class Hidden:
    """A finding that is not shown, and why."""

    finding: Finding
    by: str  # noqa, baseline, per-file-ignores, diff-base
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that was not checked."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What one run has to say."""

    findings: tuple[Finding, ...]
    hidden: tuple[Hidden, ...] = ()
    unread: tuple[Unread, ...] = ()
    files: int = 0
    parsed: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()  # things to tell on stderr, such as stale baseline entries
    interrupted: bool = False
    cache: str = ""  # what became of the results of earlier runs, for people who ask
    failing: int = 0  # findings at or above the `fail-on` that holds for their file
    stale: int = 0  # baseline entries that nothing matches any more
    lines: Mapping[tuple[str, int], str] = field(default_factory=dict)  # (path, line of a finding) -> the line's text


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings for one path; keys as in `[tool.mlsec-lint]`, dashes as underscores."""

    select: tuple[str, ...] = ("MLS",)
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    exclude: tuple[str, ...] = ()
    fail_on: str = "medium"  # low, medium, high, never
    min_severity: str = "low"
    require_reasons: bool = False
    baseline: str = ""
    allow: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    assume: tuple[tuple[str, str], ...] = ()  # distribution -> oldest version run on
    preview: bool = False
    audit: bool = False
    only: tuple[str, ...] = ()  # kinds of files
    root: str = ""  # folder of the file the settings came from
    origin: tuple[tuple[str, str], ...] = field(default=())  # setting -> where it was set
