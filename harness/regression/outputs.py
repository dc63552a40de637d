"""A comparison for machines: JSON, JUnit, GitHub annotations, and a badge."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from ..arrow_files import atomic_writer
from ..formatting import printable
from ..text import printable_json
from .outcome import AreaOutcome, Comparison, TaskOutcome, Verdict
from .report import headline, sees

__all__ = ["annotation_lines", "as_badge", "as_json", "as_junit", "headline_of", "write_text"]

SCHEMA_VERSION = "comparison/1"
_COLOURS: dict[Verdict, str] = {
    "ok": "#2e7d32",
    "regression": "#b3261e",
    "inconclusive": "#8a6100",
    "unstable": "#6a3fa0",
}


def as_json(found: Comparison) -> str:
    """All of it, with the version of its form."""
    facts = {"schema_version": SCHEMA_VERSION} | dataclasses.asdict(found)
    return printable_json(facts, sort_keys=True) + "\n"


def as_junit(found: Comparison) -> str:
    """One suite per area with a test case of the area's own, and one per task.

    A regression is a failure, an unstable area an error; an inconclusive one is skipped, so that nobody takes it for
    passed.
    """
    root = ElementTree.Element("testsuites", name="sectorbench compare")
    totals = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for area in found.areas:
        suite = ElementTree.SubElement(root, "testsuite", name=area.area)
        properties = ElementTree.SubElement(suite, "properties")
        for name, value in (("base", found.base), ("candidate", found.cand), ("sees", sees(area))):
            ElementTree.SubElement(properties, "property", name=name, value=printable(value))
        cases = [_case(suite, area, "mean of the area", area.verdict, _area_text(area))]
        cases += [_case(suite, area, task.name, _task_verdict(area, task), _task_text(task)) for task in area.tasks]
        counts = {
            "tests": len(cases),
            "failures": cases.count("regression"),
            "errors": cases.count("unstable"),
            "skipped": cases.count("inconclusive"),
        }
        for name, n in counts.items():
            suite.set(name, str(n))
            totals[name] += n
    for name, n in totals.items():
        root.set(name, str(n))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, area: AreaOutcome, name: str, verdict: Verdict, text: str) -> Verdict:
    case = ElementTree.SubElement(
        suite, "testcase", classname=f"sectorbench.{area.area}", name=printable(name), time="0"
    )
    message = printable(text)
    if verdict == "regression":
        ElementTree.SubElement(case, "failure", type="regression", message=message)
    elif verdict == "unstable":
        ElementTree.SubElement(case, "error", type="unstable", message=message)
    elif verdict == "inconclusive":
        ElementTree.SubElement(case, "skipped", message=message)
    else:
        ElementTree.SubElement(case, "system-out").text = message
    return verdict


def _task_verdict(area: AreaOutcome, task: TaskOutcome) -> Verdict:
    """A task is guilty where its contract is broken, or Holm finds it among the tasks of an area that got worse."""
    if task.broken:
        return "regression"
    if area.verdict == "regression" and task.p_adjusted is not None and task.p_adjusted < _GUILTY:
        return "regression"
    return "ok"


_GUILTY = 0.05


def _area_text(area: AreaOutcome) -> str:
    return f"{area.verdict}: {area.why}"


def _task_text(task: TaskOutcome) -> str:
    if task.broken:
        return task.broken
    interval = "" if task.low is None or task.high is None else f", 95 % interval [{task.low:+.2f}, {task.high:+.2f}]"
    p = "" if task.p is None else f", p {task.p:.4f}"
    holm = "" if task.p_adjusted is None else f", Holm {task.p_adjusted:.4f}"
    sees_text = "" if task.detectable is None else f", sees {task.detectable:.2f}"
    return f"{task.difference:+.2f} skill points{interval}{p}{holm}{sees_text}, n {task.clusters}"


def annotation_lines(found: Comparison, policy: Path | None) -> Iterator[str]:
    """GitHub's workflow commands: an error per area that got worse, a warning where nothing can be said."""
    file = "" if policy is None else f"file={_property(str(policy))},line=1,"
    for area in found.areas:
        if area.verdict != "ok":
            kind = "error" if area.verdict == "regression" else "warning"
            title = _property(f"sectorbench: {area.area} {area.verdict}")
            yield f"::{kind} {file}title={title}::{_data(_area_text(area))}"
            guilty = [task for task in area.tasks if _task_verdict(area, task) == "regression"]
            yield from (f"::error {file}title={_property(task.name)}::{_data(_task_text(task))}" for task in guilty)


def _data(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_badge(found: Comparison) -> str:
    """An SVG of the verdict, for a README."""
    left, right = "sectorbench", found.verdict
    widths = [8 * len(word) + 16 for word in (left, right)]
    total = sum(widths)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="22" role="img" aria-label="{left}: {right}">'
        f"<title>{left}: {right}, {printable(found.cand).translate(_XML)}</title>"
        f'<rect width="{total}" height="22" rx="4" fill="#444"/>'
        f'<rect x="{widths[0]}" width="{widths[1]}" height="22" rx="4" fill="{_COLOURS[right]}"/>'
        '<g fill="#fff" font-family="Verdana,sans-serif" font-size="12" text-anchor="middle">'
        f'<text x="{widths[0] / 2:g}" y="15">{left}</text>'
        f'<text x="{widths[0] + widths[1] / 2:g}" y="15">{right}</text></g></svg>\n'
    )


_XML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def write_text(path: Path, text: str) -> None:
    """Writes a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_writer(path) as handle:
        handle.write(text.encode())


def headline_of(found: Comparison) -> str:
    """The verdict in a line, printable."""
    return printable(headline(found))
