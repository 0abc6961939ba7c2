"""The forest plot: an interval a line, sorted, with the numbers beside the picture.

It answers two questions in the same form: how much better than the plain network is each regularizer, and
how large are the plain network's errors beside those of its references. A filled dot is more than luck, a
hollow one may be luck. There is a wide form for a page and a narrow one for a phone, where each label stands
above its line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.textpath import TextPath
from matplotlib.ticker import FuncFormatter

from bridle.faces.palette import INK, PAPER, PLAIN, SOFT, Tone, tones
from bridle.faces.pictures import Picture, drawable
from bridle.faces.wording import (
    Diagnosed,
    Ruler,
    difference_ruler,
    error_ruler,
    gain_ruler,
    is_sure,
    p_value,
    ranked,
)
from bridle.study.diagnosis.advice import AT_MOST
from bridle.study.diagnosis.findings import Advice
from bridle.study.findings import Findings
from bridle.study.names import in_words
from bridle.study.scores import SCORES
from bridle.study.statistics import Interval

_WIDE, _NARROW = 7.4, 3.6


@dataclass(frozen=True)
class _Line:
    label: str
    interval: Interval
    tone: Tone
    filled: bool


def forest(findings: Findings, *, narrow: bool = False) -> Picture:
    """Return the paired test differences to the plain network, the largest gain first."""
    colors = tones(entry.name for entry in findings.entries)
    lines, words = [], []
    for entry in ranked(findings):
        if entry.difference is not None:
            label = in_words(entry.name)
            lines.append(_Line(label, entry.difference, colors[entry.name], is_sure(entry)))
            words.append(
                _words(label, entry.difference, difference_ruler(findings), p_value(entry.adjusted_p))
            )
    ruler = difference_ruler(findings)
    unit = f", {ruler.span}" if ruler.span else ""
    label = f"test {SCORES[findings.metric].words} against plain{unit}"
    draw = _forest(lines, ruler, label, narrow, against_plain=True)
    alt = f"Paired differences in {label}, positive is better: {'; '.join(words)}."
    return Picture("", alt, draw, _size(len(lines), narrow))


def errors(findings: Diagnosed, *, narrow: bool = False) -> Picture:
    """Return the plain network's errors on training and held-out rows beside the references' errors."""
    diagnosis = findings.diagnosis
    lines = [
        _Line("plain, training rows", diagnosis.train_error, PLAIN, False),
        _Line(f"plain, {diagnosis.held_out} rows", diagnosis.held_out_error, PLAIN, True),
    ]
    for name, interval in sorted(diagnosis.references.items(), key=lambda item: item[1].mean):
        lines.append(_Line(drawable(name.replace("_", " ")), interval, INK, name == diagnosis.reachable))
    ruler = error_ruler(findings)
    lines = [replace(line, interval=ruler.clip(line.interval)) for line in lines]
    score = SCORES[findings.metric]
    label = f"{score.words}, lower is better"
    if score.greater_is_better:
        label = f"error, 1 \N{MINUS SIGN} {score.words}" + (", in %" if score.percent else "")
    words = [_words(line.label, line.interval, ruler, None) for line in lines]
    draw = _forest(lines, ruler, label, narrow, against_plain=False)
    return Picture("", f"{label[0].upper()}{label[1:]}: {'; '.join(words)}.", draw, _size(len(lines), narrow))


def gains(advice: Sequence[Advice], metric: str, *, narrow: bool = False) -> Picture | None:
    """Return what each piece of advice would gain, in the order given; None where no gain is estimated.

    What can be gained at most is no estimate, and so much larger that the others could not be told apart.
    """
    advice = [one for one in advice if one.basis != AT_MOST]
    if not advice:
        return None
    ruler = gain_ruler(metric, [v for one in advice for v in (one.gain.mean, one.gain.low, one.gain.high)])
    lines = [_Line(drawable(one.what, 60), one.gain, INK, one.sure) for one in advice]
    label = f"lower validation error{f', {ruler.span}' if ruler.span else ''}"
    words = [f"{_words(line.label, line.interval, ruler, '')}, {one.basis}"
             for line, one in zip(lines, advice, strict=True)]  # fmt: skip
    draw = _forest(lines, ruler, label, narrow, against_plain=True)
    return Picture("", f"Expected gains: {'; '.join(words)}.", draw, _size(len(lines), narrow))


def _size(count: int, narrow: bool) -> tuple[float, float]:
    return (_NARROW, 0.75 + 0.46 * count) if narrow else (_WIDE, 0.75 + 0.31 * count)


def _words(label: str, interval: Interval, ruler: Ruler, p: str | None) -> str:
    signed = p is not None
    bounds = ruler.bounds(interval, signed=signed)
    parts = [ruler.full(interval.mean, signed=signed), f"({bounds})" if bounds else "", f"p {p}" if p else ""]
    return f"{label} {' '.join(part for part in parts if part)}"


def _forest(
    lines: Sequence[_Line], ruler: Ruler, label: str, narrow: bool, against_plain: bool
) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        values = [0.0] if against_plain else []
        for line in lines:
            values += [
                v for v in (line.interval.mean, line.interval.low, line.interval.high) if math.isfinite(v)
            ]
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        room = 0.06 * (high - low) or 0.5
        axes.set_xlim(low - room, high + room)
        axes.set_ylim(len(lines) - 0.4, -0.75 if narrow else -0.6)
        axes.grid(axis="x")
        if against_plain:
            axes.axvline(0, color=INK.light, linewidth=1.1)
        for y, line in enumerate(lines):
            _line(axes, y, line)
        _labels(axes, lines, ruler, narrow, signed=against_plain)
        axes.spines["bottom"].set_visible(False)
        axes.locator_params(axis="x", nbins=5 if narrow else 8)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: _tick(v, ruler, against_plain)))
        axes.set_xlabel(label, parse_math=False)

    return draw


def _tick(value: float, ruler: Ruler, signed: bool) -> str:
    scaled = ruler.factor * value
    text = f"{scaled:{'+' if signed and scaled else ''}.4g}".replace("-", "\N{MINUS SIGN}")
    return "0" if float(f"{scaled:.4g}") == 0 else text


def _line(axes: Axes, y: float, line: _Line) -> None:
    interval = line.interval
    if not math.isfinite(interval.mean):
        return
    if math.isfinite(interval.low) and math.isfinite(interval.high):
        axes.plot([interval.low, interval.high], [y, y], color=line.tone.light, linewidth=2.2)
    face = line.tone.light if line.filled else PAPER.light
    axes.plot(
        [interval.mean],
        [y],
        "o",
        markersize=7,
        color=face,
        markeredgecolor=line.tone.light,
        markeredgewidth=1.6,
    )


def _labels(axes: Axes, lines: Sequence[_Line], ruler: Ruler, narrow: bool, signed: bool) -> None:
    # On a phone there is no room for the unit, which the axis names.
    show = ruler.bare if narrow else ruler.full
    means = [show(line.interval.mean, signed=signed) for line in lines]
    bounds = [ruler.bounds(line.interval, signed=signed) for line in lines]
    beside = axes.get_yaxis_transform()
    if narrow:
        axes.set_yticks([])
        # On paper of its own, so that the grid does not run through the letters.
        paper = {"facecolor": PAPER.light, "edgecolor": "none", "pad": 1.5}
        place: dict[str, Any] = {"transform": beside, "va": "center", "bbox": paper}
        for y, (line, mean, bound) in enumerate(zip(lines, means, bounds, strict=True)):
            text = f"{mean}  ({bound})" if bound else mean
            axes.text(0, y - 0.38, line.label, fontsize=9, **place)
            axes.text(1, y - 0.38, text, fontsize=8, color=SOFT.light, ha="right", **place)
        return
    axes.set_yticks(range(len(lines)), [line.label for line in lines], ha="left")
    pad = 12 + _widest((line.label for line in lines), 9)
    axes.tick_params(axis="y", labelsize=9, labelcolor=INK.light, pad=pad)
    # Two columns of numbers, placed in points, so that the picture's width does not depend on theirs twice.
    place = {"xycoords": beside, "textcoords": "offset points", "va": "center", "ha": "right"}
    first = 14 + _widest(means, 9)
    second = first + 12 + _widest(bounds, 8)
    for y, (mean, bound) in enumerate(zip(means, bounds, strict=True)):
        axes.annotate(mean, (1, y), (first, 0), fontsize=9, **place)
        axes.annotate(bound, (1, y), (second, 0), fontsize=8, color=SOFT.light, **place)


def _widest(texts: Iterable[str], size: float) -> float:
    """Return the width in points of the widest text."""
    return max((TextPath((0, 0), text, size=size).get_extents().width for text in texts if text), default=0.0)
