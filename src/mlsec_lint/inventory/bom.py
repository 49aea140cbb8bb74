"""What a project fetches and depends on -> a CycloneDX 1.6 bill of materials, JSON or XML (extra `bom`).

Held against the schema by the library that writes it, before anybody sees it.  How artefacts and the project itself were
made (formulation) is left out: the code does not say it.  Must not know how files are found.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.component_evidence import ComponentEvidence, Occurrence
from cyclonedx.model.license import DisjunctiveLicense, License, LicenseExpression
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.spdx import fixup_id
from cyclonedx.validation import make_schemabased_validator
from packageurl import PackageURL

from mlsec_lint import __version__
from mlsec_lint.forms import UNKNOWN, is_commit
from mlsec_lint.inventory.asking import now
from mlsec_lint.lockfile import Artefact, File
from mlsec_lint.model import Form
from mlsec_lint.requirements import Entry

FORMATS = {"json": OutputFormat.JSON, "xml": OutputFormat.XML}
_EXACT = re.compile(r"={2,3}\s*([^\s,;*]+)")
_VCS = re.compile(r"(?:git|hg|svn|bzr)\+|git@")
_OWN = uuid.UUID("6f2a6a1e-6f0c-5a43-9c57-3f1f0b8b7f4e")  # the name space of our serial numbers, drawn once


class Invalid(Exception):
    """What was written does not keep to the schema: an error of ours."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bill of materials is about; paths are those that it shows."""

    project: str
    artefacts: tuple[Artefact, ...]
    packages: tuple[tuple[str, Entry], ...]
    forms: Mapping[str, Form]
    classes: Mapping[str, str]


def render(contents: Contents, form: str, *, timestamp: bool = True) -> str:
    """Return the bill of materials as `json` or `xml`; raises Invalid.

    The serial number follows from the contents.  The time is that of `SOURCE_DATE_EPOCH` where it is set, and left out
    without `timestamp`, so that the same contents give the same text.
    """
    bom = _bom(contents)
    bom.metadata.timestamp = now() if timestamp else None  # type: ignore[assignment]
    text = make_outputter(bom, FORMATS[form], SchemaVersion.V1_6).output_as_string(indent=2)
    faults = make_schemabased_validator(FORMATS[form], SchemaVersion.V1_6).validate_str(text)
    if faults is not None:
        raise Invalid(str(faults)[:500])
    return text if text.endswith("\n") else text + "\n"


def _bom(contents: Contents) -> Bom:
    bom = Bom()
    root = Component(name=contents.project, type=ComponentType.APPLICATION, bom_ref=f"project:{contents.project}")
    bom.metadata.component = root
    bom.metadata.tools.components.add(
        Component(name="mlsec-lint", version=__version__, type=ComponentType.APPLICATION, bom_ref="tool:mlsec-lint")
    )
    parts = [*_artefacts(contents), *_packages(contents.packages)]
    for part in parts:
        bom.components.add(part)
    bom.register_dependency(root, parts)
    said = "\n".join(sorted(repr(one) for one in (*contents.artefacts, *contents.packages)))
    bom.serial_number = uuid.uuid5(_OWN, hashlib.sha256(f"{contents.project}\n{said}".encode()).hexdigest())
    return bom


# ---------------------------------------------------------------- models, data, files


def _artefacts(contents: Contents) -> Iterable[Component]:
    by_kind: dict[str, Form] = {}
    for form in contents.forms.values():
        by_kind.setdefault(form.kind, form)
    for one in contents.artefacts:
        yield _artefact(one, by_kind.get(one.kind))


def _artefact(one: Artefact, form: Form | None) -> Component:
    revision = "" if one.revision == UNKNOWN else one.revision
    version = one.commit or revision
    hashes = [file.sha256 for file in one.files if file.sha256]
    digest = one.digest.rpartition(":")[2].lower()
    if re.fullmatch(r"[0-9a-f]{64}", digest):
        hashes = [digest]
    reference = f"{one.kind}:{one.name}@{one.revision or 'unpinned'}"
    page = form.page.format_map({"name": one.name, "commit": version}) if form is not None and form.page else ""
    page = page or (one.name if re.match(r"https?://", one.name) else "")
    return Component(
        name=one.name,
        type=_type(form),
        version=version or None,
        bom_ref=reference,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=hashes[0])] if len(hashes) == 1 else None,
        licenses=[_license(one.license)] if one.license else None,
        purl=_purl(form.purl if form is not None else "", one.name, version),
        external_references=[_page(page)] if page else None,
        properties=list(_properties(one, revision)),
        components=[_file(file, reference) for file in one.files],
        evidence=ComponentEvidence(occurrences=[_occurrence(*use, reference) for use in one.uses]),
    )


def _type(form: Form | None) -> ComponentType:
    return ComponentType(form.component) if form is not None else ComponentType.DATA


def _page(url: str) -> ExternalReference:
    return ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(url))


def _properties(one: Artefact, revision: str) -> Iterable[Property]:
    yield Property(name="mlsec-lint:kind", value=one.kind)
    pinned = is_commit(revision) or bool(one.digest)
    yield Property(name="mlsec-lint:pinned", value="true" if pinned else "false")
    if one.revision:
        yield Property(name="mlsec-lint:revision", value=one.revision)
    for name in one.holds or ():
        yield Property(name="mlsec-lint:holds", value=name)


def _file(file: File, owner: str) -> Component:
    return Component(
        name=file.path,
        type=ComponentType.FILE,
        bom_ref=f"{owner}#{file.path}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=file.sha256)] if file.sha256 else None,
        properties=[Property(name="mlsec-lint:size", value=str(file.size))] if file.size is not None else None,
    )


def _occurrence(path: str, line: int, owner: str) -> Occurrence:
    return Occurrence(location=path, line=line, bom_ref=f"{owner}!{path}:{line}")


def _license(name: str) -> License:
    """Return a licence by its SPDX id, as a choice between such, or by the name that it has elsewhere."""
    known = [fixup_id(one) for one in name.split(" OR ")]
    if len(known) > 1 and all(known):
        return LicenseExpression(" OR ".join(map(str, known)))
    return DisjunctiveLicense(id=known[0]) if len(known) == 1 and known[0] else DisjunctiveLicense(name=name)


def _purl(kind: str, name: str, version: str) -> PackageURL | None:
    if not kind:
        return None
    space, _, leaf = name.rpartition("/")
    return PackageURL(type=kind, namespace=space or None, name=leaf, version=version or None)


# ---------------------------------------------------------------- libraries


def _packages(packages: Sequence[tuple[str, Entry]]) -> Iterable[Component]:
    by_name: dict[str, list[tuple[str, Entry]]] = {}
    for path, entry in packages:
        if entry.name and entry.name != "python" and not entry.option:
            by_name.setdefault(entry.name, []).append((path, entry))
    for name, found in sorted(by_name.items()):
        yield _package(name, found)


def _package(name: str, found: list[tuple[str, Entry]]) -> Component:
    versions = {match[1] for _, entry in found if (match := _EXACT.fullmatch(entry.specifier))}
    version = versions.pop() if len(versions) == 1 else ""
    urls = sorted({entry.url for _, entry in found if entry.url and not entry.url.startswith("file:")})
    qualifiers: dict[str, Any] = {}
    if urls:
        qualifiers["vcs_url" if _VCS.match(urls[0]) else "download_url"] = urls[0]
    said = sorted({entry.specifier for _, entry in found if entry.specifier})
    reference = f"package:{name}"
    return Component(
        name=name,
        type=ComponentType.LIBRARY,
        version=version or None,
        bom_ref=reference,
        purl=PackageURL(type="pypi", name=name, version=version or None, qualifiers=qualifiers),
        properties=[Property(name="mlsec-lint:specifier", value=one) for one in said],
        evidence=ComponentEvidence(
            occurrences=[_occurrence(path, line, reference) for path, line in sorted({(p, e.line) for p, e in found})]
        ),
    )
