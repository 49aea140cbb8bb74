"""Commands that only run another one (`sudo`, `env`, `timeout 5`, `conda run`): where that other one begins.

Must not know what is run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mlsec_lint.commands.words import Word, program_name

ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=")
RESERVED = frozenset({"if", "then", "elif", "else", "while", "until", "do", "!", "{", "time", "coproc"})
# Wrapper -> its options that take a value, and how many words of its own follow them.
WRAPPERS: dict[str, tuple[str, int]] = {
    "sudo": ("-u -g -h -p -C -T -r -t -U -D -R --user --group --host --prompt --chdir", 0),
    "doas": ("-u -C", 0),
    "env": ("-u -C -S --unset --chdir", 0),
    "time": ("-f -o --format --output", 0),
    "nice": ("-n --adjustment", 0),
    "ionice": ("-c -n -p --class --classdata", 0),
    "timeout": ("-s -k --signal --kill-after", 1),
    "stdbuf": ("-i -o -e --input --output --error", 0),
    "nohup": ("", 0),
    "exec": ("-a", 0),
    "command": ("", 0),
    "builtin": ("", 0),
    "setsid": ("", 0),
    "chronic": ("", 0),
    "unbuffer": ("", 0),
    "watch": ("-n -d --interval", 0),
    "xvfb-run": ("-s -n -e -w --server-args --server-num", 0),
    "xargs": ("-n -P -I -d -L -s -a -E --max-args --max-procs --replace --delimiter --max-lines --arg-file", 0),
    "travis_retry": ("", 0),
    "travis_wait": ("", 1),
    "retry": ("-t -s --tries --sleep", 0),
}
RUNNERS: dict[tuple[str, str], str] = {
    ("conda", "run"): "-n --name -p --prefix --cwd",
    ("mamba", "run"): "-n --name -p --prefix --cwd",
    ("micromamba", "run"): "-n --name -p --prefix --cwd -r --root-prefix",
    ("poetry", "run"): "-C --directory -P --project",
    ("pipenv", "run"): "",
    ("pdm", "run"): "-p --project",
    ("hatch", "run"): "",
    ("uv", "run"): "--with --with-requirements --with-editable --extra --group --package -p --python --env-file "
    "--directory --project --index-url --index --extra-index-url -i -f --find-links",
}


def unwrap(words: Sequence[Word]) -> tuple[int, list[tuple[str, str | None]]]:
    """Return the index at which the real command begins, and the variables set for it; the end where there is none."""
    at, environment = 0, list[tuple[str, str | None]]()
    while at < len(words):
        text = words[at].text
        assigned = ASSIGNMENT.match(words[at].known)
        if assigned:
            environment.append((assigned[1], None if text is None else text[assigned.end() :]))
            at += 1
            continue
        if text is None:
            break
        if text in RESERVED and text != "time":
            at += 1
            continue
        name = program_name(text)
        if name == "command" and at + 1 < len(words) and words[at + 1].text in ("-v", "-V"):
            break  # it asks where a program is
        if name in WRAPPERS:
            options, own = WRAPPERS[name]
            after = _after_options(words, at + 1, options.split())
            if name in ("command", "time", "env", "sudo") and after >= len(words):
                break  # nothing is wrapped: the command is itself
            at = after + own
            continue
        following = words[at + 1].text if at + 1 < len(words) else None
        runner = RUNNERS.get((name, following or ""))
        if runner is None:
            break
        after = _after_options(words, at + 2, runner.split())
        if after >= len(words):
            break
        at = after
    return min(at, len(words)), environment


def _after_options(words: Sequence[Word], at: int, valued: Sequence[str]) -> int:
    while at < len(words) and (text := words[at].text) is not None and text.startswith("-"):
        at += 2 if text in valued else 1
        if text == "--":
            break
    return at
