"""Which regularizers a comparison compares: the names as they were asked for, and what "all" stands for.

"all" is every name of the registry that the data and the network allow. What they do not allow is left out
and named with the reason, because a list that is silently shorter would be taken for a complete one.
"""

from __future__ import annotations

from collections.abc import Iterable

from bridle.checks import Problems, did_you_mean, one_of
from bridle.registry import REGISTRY, Regularizer

PLAIN = "plain"
ALL = "all"


def unmet(record: Regularizer, task: str, chooses: bool) -> str:
    """Return why a comparison cannot have a regularizer, in words, or nothing.

    Parameters
    ----------
    record
        The regularizer's.
    task
        "classification" or "regression".
    chooses
        Whether there are validation rows.
    """
    if record.requires == "classification" and task != "classification":
        return "needs classes to predict"
    if record.requires == "selu":
        return "needs layers of selu, and these are of relu"
    if record.name == "early_stopping" and not chooses:
        return "needs validation rows"
    return ""


def expanded(names: Iterable[str], task: str, chooses: bool) -> tuple[str, ...]:
    """Return names without repetition, parts of ``a+b`` in the registry's order, "all" spelled out."""
    found = []
    for name in names:
        if name.strip() == ALL:
            found += [record.name for record in REGISTRY.values() if not unmet(record, task, chooses)]
        else:
            found.append("+".join(sorted(parts_of(name), key=_place)))
    return tuple(dict.fromkeys(found))


def left_out(names: Iterable[str], task: str, chooses: bool) -> tuple[str, ...]:
    """Return what "all" leaves out, each with its reason: "alpha_dropout (needs ...)"."""
    if ALL not in {name.strip() for name in names}:
        return ()
    reasons = {record.name: unmet(record, task, chooses) for record in REGISTRY.values()}
    return tuple(f"{name} ({reason})" for name, reason in reasons.items() if reason)


def parts_of(name: str) -> list[str]:
    """Return the names that a combination ``a+b`` joins."""
    return [part.strip() for part in name.split("+")]


def check_names(names: tuple[str, ...], task: str, problems: Problems) -> None:
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
            elif part in REGISTRY and REGISTRY[part].requires == "classification" != task:
                reason = "Its targets are probabilities of classes."
                problems.add("regularizers", f"without {part} in a {task}", name, reason)
        if len(set(parts)) < len(parts):
            problems.add("regularizers", "combinations without repetition", name)


def _place(part: str) -> int:
    return list(REGISTRY).index(part) if part in REGISTRY else -1
