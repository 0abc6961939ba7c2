"""A figure as SVG for the middle of a page: small, accessible, and in the page's own colors and letters.

Matplotlib's SVG is correct but made for a file of its own: long numbers, identifiers that collide when many
pictures share a page, fixed colors, one style for every mark. Here each picture loses what it does not need,
takes its colors from the page's variables (so it follows light and dark), and gains a title and a
description. Marks that several pictures have in common, such as the training points, are drawn once.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from xml.etree import ElementTree

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from bridle.faces.palette import ALL
from bridle.faces.pictures import Picture, alone
from bridle.faces.wording import tidy

_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_VARIABLES = {tone.light: f"var(--{tone.name})" for tone in ALL}
_COLOR = re.compile(r"#[0-9a-f]{6}\b")
_NUMBER = re.compile(r"-?\d+\.\d+")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
# What every picture has alike goes to the page's style sheet; see report.css.
_DROPPED = re.compile(r"(?:font-family|stroke-linejoin|image-rendering|stroke-miterlimit): ?[^;]*(?:; ?|$)")
_UNTURNED = re.compile(r"rotate\(-?0 [^)]*\)")


class Vectors:
    """Turns the pictures of one page into SVG; identifiers are unique within the page."""

    def __init__(self) -> None:
        self._count = 0
        self._shared: dict[str, str] = {}

    def svg(self, picture: Picture, title: str, style: str = "") -> str:
        """Return a picture as an ``<svg>`` element; ``title`` names it for those who cannot see it."""
        self._count += 1
        root = ElementTree.fromstring(_drawn(alone(picture)))
        for child in list(root):
            if child.tag.endswith("metadata") or (child.tag == f"{_SVG}defs" and _styles(child)):
                root.remove(child)
        self._rename(root)
        for element in root.iter():
            _lighten(element)
        _prune(root)
        _join_styles(root)
        self._share(root)
        self._describe(root, title, picture.alt)
        if style:
            root.set("class", style)
        ElementTree.register_namespace("", _SVG[1:-1])
        text = ElementTree.tostring(root, encoding="unicode")
        return text.replace(' xmlns="http://www.w3.org/2000/svg"', "").replace("\n", "").replace(" />", "/>")

    def _rename(self, root: ElementTree.Element) -> None:
        """Keep only identifiers that something refers to, and make them unique within the page."""
        used = set()
        for element in root.iter():
            for key, value in element.attrib.items():
                used.update(_REFERENCE.findall(value))
                if key == _LINK and value.startswith("#"):
                    used.add(value[1:])
        names = {old: f"v{self._count}-{position}" for position, old in enumerate(sorted(used))}
        for element in root.iter():
            link = element.attrib.pop(_LINK, None)
            if link is not None:
                element.set("href", f"#{names[link[1:]]}" if link.startswith("#") else link)
            for key, value in list(element.attrib.items()):
                element.set(key, _REFERENCE.sub(lambda found: f"url(#{names[found[1]]})", value))
            identifier = element.attrib.pop("id", None)
            if identifier in names:
                element.set("id", names[identifier])
            elif identifier is not None and identifier.startswith("points-"):
                element.set("data-shared", identifier)

    def _share(self, root: ElementTree.Element) -> None:
        """Draw a group of points once a page, and refer to it afterwards."""
        for group in [element for element in root.iter() if element.attrib.pop("data-shared", None)]:
            marks = ElementTree.tostring(group, encoding="unicode")
            # The identifiers within differ from picture to picture, what they stand for does not.
            key = re.sub(rf"v{self._count}-\d+", "", marks)
            if key in self._shared:
                tail = group.tail
                group.clear()
                group.tail = tail
                group.tag = f"{_SVG}use"
                group.set("href", f"#{self._shared[key]}")
            else:
                self._shared[key] = f"shared-{len(self._shared)}"
                group.set("id", self._shared[key])

    def _describe(self, root: ElementTree.Element, title: str, alt: str) -> None:
        for position, (tag, text) in enumerate((("title", title), ("desc", alt))):
            element = ElementTree.Element(f"{_SVG}{tag}", {"id": f"v{self._count}-{tag}"})
            element.text = tidy(text, 2000)
            root.insert(position, element)
        root.set("role", "img")
        root.set("aria-labelledby", f"v{self._count}-title v{self._count}-desc")
        for name in ("width", "height", "version"):
            root.attrib.pop(name, None)


def _drawn(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    # Identifiers come from a salt instead of chance, so that the same findings give the same bytes.
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "bridle", "text.parse_math": False}):
        figure.set_facecolor("none")
        # Not savefig, which draws everything twice.
        FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None})
    return buffer.getvalue()


def _styles(defs: ElementTree.Element) -> bool:
    return any(child.tag == f"{_SVG}style" for child in defs)


def _lighten(element: ElementTree.Element) -> None:
    """Round the numbers, and let the page's style sheet say what all pictures have in common."""
    for key in ("d", "points", "transform", "x", "y", "width", "height", "viewBox"):
        if key in element.attrib:
            element.set(key, _shorter(element.attrib[key], 3 if key == "transform" else 1))
    transform = _UNTURNED.sub("", element.attrib.pop("transform", "")).strip()
    if transform:
        element.set("transform", transform)
    style = element.attrib.pop("style", "")
    style = _COLOR.sub(lambda found: _VARIABLES.get(found[0], found[0]), _DROPPED.sub("", style))
    style = (
        _NUMBER.sub(lambda found: f"{float(found[0]):.3g}", style)
        .replace(": ", ":")
        .replace("; ", ";")
        .strip("; ")
    )
    if style:
        element.set("style", style)


def _shorter(text: str, decimals: int) -> str:
    def rounded(found: re.Match[str]) -> str:
        return f"{float(found[0]):.{decimals}f}".rstrip("0").rstrip(".")

    shorter = re.sub(r"(?<![\d.])-0(?![\d.])", "0", _NUMBER.sub(rounded, text))
    return re.sub(r" ?\b([MLCQzZ])\b ?|\s+", lambda found: found[1] or " ", shorter).strip()


def _prune(element: ElementTree.Element) -> None:
    """Drop what draws nothing: empty groups and the invisible patches behind figures and axes."""
    for child in list(element):
        _prune(child)
        empty = child.tag == f"{_SVG}g" and not len(child) and "data-shared" not in child.attrib
        if empty or (child.tag == f"{_SVG}path" and child.get("style") == "fill:none"):
            element.remove(child)
    element.text = (element.text or "").strip() or None
    element.tail = None


def _groups(root: ElementTree.Element) -> Iterator[ElementTree.Element]:
    return (element for element in root.iter() if element.tag == f"{_SVG}g")


def _join_styles(root: ElementTree.Element) -> None:
    """Give a group the style that all its marks have."""
    for group in _groups(root):
        marks = [child for child in group if child.tag == f"{_SVG}use"]
        styles = {mark.get("style") for mark in marks}
        if (
            len(marks) > 1
            and len(styles) == 1
            and None not in styles
            and len(marks) == len(group) - _definitions(group)
        ):
            group.set("style", str(styles.pop()))
            for mark in marks:
                del mark.attrib["style"]


def _definitions(group: ElementTree.Element) -> int:
    return sum(child.tag == f"{_SVG}defs" for child in group)
