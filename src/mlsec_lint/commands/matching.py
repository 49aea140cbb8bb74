"""Does a command fit a rule's `[[command]]` table.

Must not know where the command was found.
"""

from __future__ import annotations

import re
from functools import cache

from mlsec_lint import holds as plain
from mlsec_lint.commands.words import Command, Word, module_at, program_name
from mlsec_lint.model import Predicate, Words

# Options of well-known programs that take the next word as their value, so that it is no operand.
VALUED = {
    "pip": "-r --requirement -c --constraint -i --index-url --extra-index-url -f --find-links -t --target "
    "--prefix --root --src --platform --python-version --implementation --abi --trusted-host --proxy "
    "--timeout --retries --cert --client-cert --cache-dir --log --progress-bar --no-binary --only-binary "
    "--upgrade-strategy -C --config-settings --global-option --install-option --exists-action --report "
    "--root-user-action -d --dest -w --wheel-dir --python -p --build --no-build-package --index "
    "--default-index --index-strategy -b --override --group --extra",
    "conda": "-n --name -p --prefix -c --channel -f --file --solver",
    "curl": "-o --output --output-dir -H --header -A --user-agent -e --referer -u --user -b --cookie -c --cookie- "
    "jar -X --request -d --data --data-raw --data-binary -F --form -T --upload-file -w --write-out -x "
    "--proxy -m --max-time --retry --retry-delay --connect-timeout --cacert --cert --key -K --config -C "
    "--continue-at -r --range",
    "wget": "-O --output-document -P --directory-prefix -o --output-file -a --append-output -U --user-agent "
    "--header -e --execute -t --tries -T --timeout -w --wait -Q --quota --user --password --ca- "
    "certificate -A -R -l",
    "git": "-b --branch --depth -C -c --config -o --origin -j --jobs --reference --filter -u --upload-pack --template",
    "docker": "-p --publish -v --volume -e --env --env-file --name --network --net -w --workdir --entrypoint --gpus "
    "-u --user --shm-size --ipc --mount --runtime --restart -m --memory --cpus --platform --ulimit -h "
    "--hostname -l --label --device --pull -f --file -t --tag --target --build-arg --add-host --cap-add "
    "--security-opt",
    "aria2c": "-x -s -d --dir -o --out -k -j --header --checksum",
    "tar": "-C --directory -f --file",
    "unzip": "-d -x",
}
VALUED |= {"mamba": VALUED["conda"], "micromamba": VALUED["conda"], "uv": VALUED["pip"], "podman": VALUED["docker"]}
_valued = {program: frozenset(options.split()) for program, options in VALUED.items()}
_CLUSTER = re.compile(r"-[A-Za-z0-9]{2,8}")


@cache
def _phrase(program: str) -> tuple[str, ...]:
    """Return the words of a table's `program`; `python -m pip` is `pip`, `pip3` too."""
    parts = program.split()
    if len(parts) > 2 and program_name(parts[0]) == "python" and parts[1] == "-m":
        parts = parts[2:]
    return (program_name(parts[0]), *parts[1:]) if parts else ()


def match(command: Command, words: Words) -> bool:
    """Return whether everything that the table asks for is known to hold of the command."""
    return arguments(command, words) is not None


def arguments(command: Command, words: Words) -> list[Word] | None:
    """Return the words behind the table's program, if everything that it asks for is known to hold; else None."""
    if not command.words:
        return None
    start = module_at(command.words)
    for first in (0, start) if start else (0,):
        name = program_name(command.words[first].text)
        if first == 0 and start and not name:
            name = "python"  # `{sys.executable} -m …`
        for program in words.program:
            phrase = _phrase(program)
            if not phrase or name != phrase[0]:
                continue
            taken = _take(command.words, first, phrase)
            rest = [word for i, word in enumerate(command.words) if i > first and i not in taken]
            if taken and _holds(command, words, rest, first):
                return rest
    return None


def _take(words: tuple[Word, ...], first: int, phrase: tuple[str, ...]) -> frozenset[int]:
    """Return the indexes of the words that are `phrase`, options between them passed over; empty where they are not."""
    taken, at = [first], first + 1
    for part in phrase[1:]:
        found = next((i for i in range(at, len(words)) if words[i].text == part), -1)
        if found < 0:
            return frozenset()
        for i in range(at, found):  # only options, and words that may be an option's value
            text = words[i].text
            previous = words[i - 1].text if i - 1 > taken[-1] else None
            if not (text or "").startswith("-") and not (previous or "").startswith("-"):
                return frozenset()
        taken.append(found)
        at = found + 1
    return frozenset(taken)


def _holds(command: Command, words: Words, rest: list[Word], first: int) -> bool:
    if words.before and not any(program_name(name) in command.into for name in words.before):
        return False
    for option in words.absent:
        if values_of(rest, option):
            return False
    for option, predicate in words.options:
        values = values_of(rest, option)
        if not values or not (predicate.op == "given" or any(holds(predicate, value) for value in values)):
            return False
    if words.operand is None and words.first is None:
        return True
    others = operands(rest, valued_of(command, first))
    if words.first is not None and not (others and holds(words.first, others[0])):
        return False
    return words.operand is None or any(holds(words.operand, word) for word in others)


def valued_of(command: Command, first: int = 0) -> frozenset[str]:
    """Return the options of a command's program that take the next word."""
    return _valued.get(program_name(command.words[first].text), frozenset())


def operands(rest: list[Word], valued: frozenset[str]) -> list[Word]:
    """Return the words that are neither options nor the value of one that takes the next word."""
    found, skip, only = [], False, False
    for word in rest:
        text = word.known
        if skip:
            skip = False
        elif not only and text.startswith("-") and text != "-":
            only = text == "--"
            cluster = _CLUSTER.fullmatch(text)
            skip = text in valued or bool(cluster and text[1] != "-" and "-" + text[-1] in valued and len(valued) > 0)
        else:
            found.append(word)
    return found


def values_of(rest: list[Word], option: str) -> list[Word]:
    """Return a word for each time that `option` is given: its value, or an empty one where it has none."""
    found: list[Word] = []
    short = len(option) == 2 and option[0] == "-"
    for number, word in enumerate(rest):
        known = word.known
        if known == option and word.text is not None:
            following = rest[number + 1] if number + 1 < len(rest) else None
            takes = following is not None and not following.known.startswith("-")
            found.append(following if following is not None and takes else Word(""))
        elif known.startswith(option + "="):
            found.append(_after(word, len(option) + 1))
        elif short and _CLUSTER.fullmatch(known) and option[1] in known[1:]:
            at = known.index(option[1], 1) + 1
            following = rest[number + 1] if number + 1 < len(rest) else None
            found.append(_after(word, at) if at < len(known) else following or Word(""))
        elif short and known.startswith(option) and not known.startswith("--"):
            found.append(_after(word, 2))
    return found


def _after(word: Word, at: int) -> Word:
    return Word(None if word.text is None else word.text[at:], word.known[at:], word.line, word.column + at)


def holds(predicate: Predicate, word: Word) -> bool | None:
    """Return whether a word satisfies a predicate; None where that is not known."""
    return plain.holds(predicate, plain.UNKNOWN if word.text is None else word.text, word.known)
