"""Lint real packages: findings by rule, severity and confidence, and a random sample to be read by a person.

usage: python benchmarks/packages.py [--wild] [--folder FOLDER] [--sample N] [--seed S] [NAME==VERSION ...]

By default the frameworks' wheels are read; with `--wild` the source archives of applications, libraries and research
code that use machine learning, with their notebooks, tests and Dockerfiles. Packages are fetched with `unearth`, which
downloads without building; they are unpacked as text, and nothing of them is imported or run.
What flow costs and is worth on the first list is told by `benchmarks/flow.py`.
`benchmarks/readings/wild.tsv` holds the last reading of a sample of the second list (`--wild --sample 100 --seed 99173`):
verdict and kind of each finding, judged in its context as the owner of the code would.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

FRAMEWORKS = (
    "transformers==4.57.1",
    "diffusers==0.35.2",
    "vllm==0.11.0",
    "langchain-community==0.3.31",
    "mlflow==3.5.0",
)
WILD = (
    "open-interpreter==0.4.3",
    "gpt-engineer==0.3.1",
    "metagpt==0.8.2",
    "gpt-researcher==0.15.1",
    "pandasai==3.0.0",
    "ragas==0.4.3",
    "smolagents==1.26.0",
    "txtai==9.14.0",
    "paper-qa==2026.8.12",
    "llmware==0.4.3",
    "embedchain==0.1.128",
    "fschat==0.2.36",
    "axolotl==0.19.0",
    "llamafactory==0.9.5",
    "autotrain-advanced==0.8.36",
    "simpletransformers==0.70.8",
    "aitextgen==0.6.0",
    "lm-eval==0.5.0.dev1",
    "mteb==2.26.24",
    "deepeval==4.3.1",
    "openai-whisper==20250625",
    "whisperx==3.8.7rc1",
    "TTS==0.22.0",
    "so-vits-svc-fork==4.2.30",
    "demucs==4.1.0",
    "rembg==2.0.86",
    "easyocr==1.0",
    "iopaint==1.6.0",
    "deepface==0.0.103",
    "sahi==0.12.8",
    "clip-interrogator==0.6.0",
    "pix2tex==0.0.8",
    "ludwig==0.11.0",
    "zenml==0.98.0",
    "fair-esm==2.0.0",
    "textattack==0.3.11",
    "d2l==1.0.3",
    "segment-geospatial==1.4.2",
    "label-studio-ml==1.0.9",
    "pyannote.audio==4.0.7",
)
BINARY = (".png", ".jpg", ".gif", ".mp3", ".mp4", ".wav", ".pdf", ".ttf", ".onnx")
LARGEST = 5_000_000  # bytes of one file; nothing larger is text that a person wrote


def fetch(requirement: str, folder: Path, kind: str, python: str = "") -> Path:
    """Return the folder that holds the unpacked text of a package, downloading it the first time.

    `kind`: `sdist`, `wheel` (its Python files and notebooks), or `texts` (whatever in its wheel is text); `python`: the
    version that a wheel is for, where that is not the one that runs.
    """
    target = folder / requirement.replace("==", "-")
    if not target.exists():
        with tempfile.TemporaryDirectory() as archives:
            only = "--no-binary" if kind == "sdist" else "--only-binary"
            other = ["--python-version", python] if python else []
            unearth = [sys.executable, "-m", "unearth", only, *other, "--download", archives, requirement]
            subprocess.run(unearth, check=True, stdout=subprocess.DEVNULL)
            unpack = {"sdist": unpack_sdist, "wheel": unpack_wheel, "texts": unpack_texts}[kind]
            unpack(next(Path(archives).iterdir()), target)
    return target


def unpack_wheel(archive: Path, target: Path) -> None:
    """Unpack the Python files and notebooks of a wheel."""
    with zipfile.ZipFile(archive) as wheel:
        wheel.extractall(target, [name for name in wheel.namelist() if name.endswith((".py", ".ipynb"))])


def unpack_texts(archive: Path, target: Path) -> None:
    """Unpack whatever a person may have written of a wheel."""
    with zipfile.ZipFile(archive) as wheel:
        kept = [one for one in wheel.infolist() if one.file_size < LARGEST and not one.filename.endswith(BINARY)]
        wheel.extractall(target, [one.filename for one in kept if not one.filename.endswith((".so", ".pyd", ".dll"))])


def unpack_sdist(archive: Path, target: Path) -> None:
    """Unpack the text of a source archive, without its first folder."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            for one in zipped.infolist():
                _, _, one.filename = one.filename.partition("/")
                if one.filename and not one.is_dir() and one.file_size < LARGEST and not one.filename.endswith(BINARY):
                    zipped.extract(one, target)
        return
    with tarfile.open(archive) as sdist:
        for member in sdist.getmembers():
            _, _, member.name = member.name.partition("/")
            if member.isfile() and member.size < LARGEST and not member.name.endswith(BINARY):
                sdist.extract(member, target, filter="data")


def lint(path: Path) -> tuple[list[dict[str, object]], float]:
    """Return the findings of one folder at the default settings, and the seconds it took."""
    start = time.monotonic()
    command = [sys.executable, "-m", "mlsec_lint", "check", "--isolated", "--exit-zero", "--format", "json", path.name]
    out = subprocess.run(command, cwd=path.parent, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(out)["findings"], time.monotonic() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("packages", nargs="*")
    parser.add_argument("--wild", action="store_true", help="source archives of programs that use frameworks")
    parser.add_argument("--folder", type=Path, default=Path(".benchmarks"))
    parser.add_argument("--sample", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    everything: list[dict[str, object]] = []
    kind = "sdist" if options.wild else "wheel"
    for package in options.packages or (WILD if options.wild else FRAMEWORKS):
        path = fetch(package, options.folder, kind)
        found, seconds = lint(path)
        everything += found
        print(f"\n{package}: {len(found)} findings in {seconds:.0f} s")
        counts = collections.Counter((str(f["code"]), str(f["severity"]), str(f["confidence"])) for f in found)
        for (code, severity, confidence), count in sorted(counts.items()):
            print(f"  {code} {severity:6} {confidence:6} {count}")
    everything.sort(key=lambda one: tuple(one[key] for key in ("path", "line", "column", "code")))
    chosen = random.Random(options.seed).sample(everything, min(options.sample, len(everything)))
    for finding in chosen:
        path, line = options.folder / str(finding["path"]), int(str(finding["line"]))
        text = path.read_text(encoding="utf-8", errors="replace").splitlines()[line - 1].strip()
        print(f"\n{finding['code']} {finding['path']}:{line}\n    {text}\n    {finding['message']}")


if __name__ == "__main__":
    main()
