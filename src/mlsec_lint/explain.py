"""Turn a rule into its page, for the site, the terminal, SARIF and editors; must not know how rules are read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from mlsec_lint.model import GUIDELINES, Example, Rule

_STATUS = {
    "preview": "preview: reported only with `preview = true`",
    "stable": "stable",
    "deprecated": "deprecated: still reported, and will be removed",
    "removed": "removed: no longer reported; the code stays taken",
}
_LANGUAGES = {".py": "python", ".pyi": "python", ".ipynb": "json", ".sh": "shell", ".toml": "toml", ".cfg": "ini"}
_LANGUAGES |= {".yml": "yaml", ".yaml": "yaml", ".json": "json"}
_OWASP = {
    "LLM": "https://genai.owasp.org/llm-top-10/",
    "ML": "https://owasp.org/www-project-machine-learning-security-top-10/",
}
_GUIDELINES = "https://www.ncsc.gov.uk/collection/guidelines-secure-ai-system-development"
_BOLD, _DIM, _CYAN, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[0m"


def page(rule: Rule) -> str:
    """Return the rule's page as Markdown; parts that were not loaded are left out."""
    parts = [f"# {rule.code} {rule.name}", _sentence(rule.summary), _facts(rule)]
    for title, body in _sections(rule):
        parts += [f"## {title}", body]
    return "\n\n".join(parts) + "\n"


def terminal(rule: Rule, color: bool = False) -> str:
    """Return the rule's page as plain text; with `color` it holds ANSI escapes."""
    bold, dim, plain = (_BOLD, _DIM, _PLAIN) if color else ("", "", "")
    parts = [f"{bold}{rule.code} {rule.name}{plain}", _sentence(rule.summary), f"{dim}{_bare(_facts(rule))}{plain}"]
    for title, body in _sections(rule):
        parts.append(f"{bold}{title}{plain}\n\n{_plain(body, color)}")
    return "\n\n".join(parts) + "\n"


def _sentence(summary: str) -> str:
    return f"{summary[:1].upper()}{summary[1:]}." if summary[:1].isalpha() else f"{summary}."


def _facts(rule: Rule) -> str:
    facts = (
        f"**Severity:** {rule.severity}",
        f"**Confidence:** {rule.confidence}",
        f"**Status:** {_STATUS[rule.status]}",
        f"**Since:** {rule.since}",
    )
    return " · ".join(facts)


def _sections(rule: Rule) -> Iterator[tuple[str, str]]:
    """Yield title and Markdown of each part of the page, in order."""
    if rule.why:
        yield "What happens", rule.why
    if rule.case:
        yield "Who did this to whom", rule.case
    if rule.instead:
        yield "What to write instead", rule.instead
    if rule.fine:
        yield "When not to worry", rule.fine
    for title, bad in (("Reported", True), ("Not reported", False)):
        shown = [_example(one) for one in rule.examples if one.bad is bad]
        if shown:
            yield title, "\n\n".join(shown)
    safeties = {one.safety for one in rule.fixes}
    if safeties:
        yield "Fix", "\n\n".join(_fix(safety) for safety in ("safe", "unsafe", "display") if safety in safeties)
    if rule.over:
        codes = ", ".join(rule.over)
        yield "Beside other rules", f"Where this rule reports a line, {codes} about the same call stays silent."
    yield "Guidelines", "\n".join(_guideline(item) for item in rule.guidelines)
    yield "Classification", "\n".join(_classes(rule))
    if rule.references:
        yield "References", "\n".join(f"- <{url}>" for url in rule.references)
    yield "How to allow it", _allowing(rule)


def _example(example: Example) -> str:
    parts = [example.note.strip()] if example.note else []
    if example.filename != "example.py":
        parts.append(f"In `{example.filename}`:")
    parts.append(_fenced(example.code, example.filename))
    if example.fixed:
        parts += ["Mended:", _fenced(example.fixed, example.filename)]
    return "\n\n".join(parts)


def _fenced(code: str, filename: str) -> str:
    name = PurePath(filename).name
    language = "dockerfile" if name.startswith("Dockerfile") else _LANGUAGES.get(PurePath(name).suffix, "text")
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code.strip(chr(10))}\n{fence}"


def _fix(safety: str) -> str:
    if safety == "safe":
        return "`mlsec-lint check --fix` mends it; what a working program does is not changed."
    if safety == "unsafe":
        return "`mlsec-lint check --fix --unsafe-fixes` mends it; what the program does may change, so look at it."
    return "A fix is shown, and never applied: something has to be looked up."


def _guideline(item: str) -> str:
    title = GUIDELINES.get(item, "")
    return f"- [{item} {title}]({_GUIDELINES})" if title else f"- {item}"


def _classes(rule: Rule) -> Iterator[str]:
    for number in rule.cwe:
        yield f"- [CWE-{number}](https://cwe.mitre.org/data/definitions/{number}.html)"
    for technique in rule.atlas:
        yield f"- [MITRE ATLAS {technique}](https://atlas.mitre.org/techniques/{technique})"
    for item in rule.owasp:
        yield f"- [OWASP {item}]({_OWASP[item.rstrip('0123456789')]})"


def _allowing(rule: Rule) -> str:
    return (
        f"On one line, with the reason:\n\n"
        f"```python\n...  # noqa: {rule.code} -- why this is safe here\n```\n\n"
        f"For some files, or everywhere, in `pyproject.toml`:\n\n"
        f'```toml\n[tool.mlsec-lint]\nper-file-ignores = {{ "tests/**" = ["{rule.code}"] }}\nignore = ["{rule.code}"]\n```'
    )


def _plain(markdown: str, color: bool) -> str:
    """Return Markdown as it reads best without a renderer: code indented, links written out."""
    lines: list[str] = []
    fence = ""
    for line in markdown.splitlines():
        ticks = re.match(r"`{3,}", line)
        if fence and line.rstrip() == fence:
            fence = ""
        elif not fence and ticks:
            fence = ticks[0]
        elif fence:
            lines.append(f"    {_CYAN}{line}{_PLAIN}" if color and line else f"    {line}".rstrip())
        else:
            lines.append(_bare(line))
    return "\n".join(lines)


def _bare(text: str) -> str:
    text = re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", r"\1 <\2>", text)
    return re.sub(r"\*\*([^*]+)\*\*", r"\1", text)
