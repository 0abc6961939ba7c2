"""Which regularizers a comparison compares: the names as they were asked for, and what "all" stands for.

"all" is every name of the registry that the data and the network allow. What they do not allow is left out
and named with the reason, because a list that is silently shorter would be taken for a complete one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from bridle.checks import Problems, did_you_mean, one_of
from bridle.ops import ACTIVATIONS
from bridle.registry import REGISTRY, Regularizer

PLAIN = "plain"
ALL = "all"


def in_words(name: str) -> str:
    """Return the name of a regularizer, of a combination or of a setting for reading.

    Examples
    --------
    >>> in_words("l2+early_stopping")
    'l2+early stopping'
    """
    return name.replace("_", " ")


def setting_in_words(name: str, value: float, title: str = "") -> str:
    """Return a setting with its value for reading, without its name where that is the title.

    Examples
    --------
    >>> setting_in_words("patience", 1.0), setting_in_words("l2", 0.01), setting_in_words("l2", 0.01, "l2")
    ('patience 1 epoch', 'l2 0.01', '0.01')
    """
    known = {one.name: one for record in REGISTRY.values() for one in record.settings}
    words = [] if name == title else [in_words(name)]
    words.append(f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}")
    if name in known and known[name].unit == "epochs":
        words.append("epoch" if value == 1 else "epochs")
    return " ".join(words)


def counted(count: int, word: str) -> str:
    """Return how many there are of something: ``1 seed``, ``10 splits``."""
    return f"{count:,} {word}{'s' if count != 1 else ''}"


class Setting(NamedTuple):
    """What decides which regularizers a comparison can have.

    ``task`` is "classification" or "regression", ``activation`` the hidden layers', ``chooses`` says whether
    there are validation rows, ``image`` is (C, H, W) where rows are pictures, and ``convolves`` says whether
    the network has convolutions.
    """

    task: str
    activation: str
    chooses: bool
    image: tuple[int, int, int] | None = None
    convolves: bool = False


def unmet(record: Regularizer, setting: Setting) -> str:
    """Return why a comparison cannot have a regularizer, in words, or nothing."""
    if record.requires == "classification" and setting.task != "classification":
        return "needs classes to predict"
    if record.requires in ACTIVATIONS and record.requires != setting.activation:
        return f"needs layers of {record.requires}, and these are of {setting.activation}"
    if record.name == "early_stopping" and not setting.chooses:
        return "needs validation rows"
    return _lacking_pictures(record, setting)


def _lacking_pictures(record: Regularizer, setting: Setting) -> str:
    if record.requires.startswith("pictures") and setting.image is None:
        return "needs rows that are pictures"
    if record.requires == "pictures in color" and setting.image is not None and setting.image[0] != 3:
        return "needs pictures of three channels"
    if record.requires == "pictures in convolutions" and not setting.convolves:
        return "needs convolutions"
    return ""


def expanded(names: Iterable[str], setting: Setting) -> tuple[str, ...]:
    """Return names without repetition, parts of ``a+b`` in the registry's order, "all" spelled out."""
    found = []
    for name in names:
        if name.strip() == ALL:
            found += [record.name for record in REGISTRY.values() if not unmet(record, setting)]
        else:
            found.append("+".join(sorted(parts_of(name), key=_place)))
    return tuple(dict.fromkeys(found))


def left_out(names: Iterable[str], setting: Setting) -> tuple[str, ...]:
    """Return what "all" leaves out, each with its reason: "alpha_dropout (needs ...)"."""
    if ALL not in {name.strip() for name in names}:
        return ()
    reasons = {record.name: unmet(record, setting) for record in REGISTRY.values()}
    return tuple(f"{name} ({reason})" for name, reason in reasons.items() if reason)


def parts_of(name: str) -> list[str]:
    """Return the names that a combination ``a+b`` joins."""
    return [part.strip() for part in name.split("+")]


def check_names(names: tuple[str, ...], setting: Setting, problems: Problems) -> None:
    """Collect what is wrong with the names that were asked for."""
    if not names:
        problems.add("regularizers", "at least one name", names)
    for name in names:
        parts = parts_of(name)
        for part in parts:
            if part not in REGISTRY and not (part in (PLAIN, ALL) and len(parts) == 1):
                known = (ALL, PLAIN, *REGISTRY)
                alone = f"{part!r} stands alone, without +." if part in (PLAIN, ALL) else ""
                hint = alone or did_you_mean(part, known) or "Join names with + to combine them."
                problems.add("regularizers", one_of(known), part, hint)
            elif part in REGISTRY and REGISTRY[part].requires == "classification" != setting.task:
                reason = "Its targets are probabilities of classes."
                problems.add("regularizers", f"without {part} in a {setting.task}", name, reason)
            elif part in REGISTRY and REGISTRY[part].requires in {*ACTIVATIONS} - {setting.activation}:
                hint = f"Make the hidden layers so: --activation {REGISTRY[part].requires}."
                problems.add("regularizers", f"without {part} on layers of {setting.activation}", name, hint)
            elif part in REGISTRY and (lacks := _lacking_pictures(REGISTRY[part], setting)):
                problems.add("regularizers", f"without {part} on these data", name, f"It {lacks}.")
        if len(set(parts)) < len(parts):
            problems.add("regularizers", "combinations without repetition", name)


def _place(part: str) -> int:
    return list(REGISTRY).index(part) if part in REGISTRY else -1
