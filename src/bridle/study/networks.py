"""The networks that a comparison scored, in one file: what is left of its populations in the end.

Of hundreds of candidates only those stay that each split chose and scored, for every entry, split and seed.
The file is a safetensors file: for every entry its parameters, stacked over splits and seeds, to the bit; and
in the metadata one JSON text, in which whatever networks share is written once: the preparation a split, the
plan an entry. Each network comes back as the :class:`~bridle.study.model.Model` that was scored.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from bridle.checks import one_of, problem
from bridle.errors import DataError
from bridle.study.findings import Run, as_plain
from bridle.study.model import Model
from bridle.study.modelfile import fields_of, record_of, tensors_of

_OF_ALL = ("version", "classes", "data", "target", "metric", "source")
_OF_SPLIT = ("preparation", "scale")
_OF_ENTRY = ("plan", "regularizer")
_OF_RUN = ("split", "seed", "settings", "learning_rate", "epoch", "train", "validation", "test")


def encode_networks(scored: Sequence[tuple[Run, Model]]) -> bytes:
    """Return the file of some networks, each beside the run that scored it.

    Parameters
    ----------
    scored
        Networks of an entry are of one plan, those of a split of one preparation.
    """
    contents: dict[str, Any] = {"all": {}, "splits": {}, "entries": {}}
    stacks: dict[str, list[np.ndarray]] = {}
    for run, model in scored:
        record = record_of(model)
        contents["all"] = {name: record[name] for name in _OF_ALL}
        contents["splits"][str(run.split)] = {name: record[name] for name in _OF_SPLIT}
        fresh = {**{name: record[name] for name in _OF_ENTRY}, "runs": []}
        own = contents["entries"].setdefault(model.regularizer, fresh)
        own["runs"].append({name: as_plain(getattr(run, name)) for name in _OF_RUN})
        for name, tensor in tensors_of(model).items():
            stacks.setdefault(f"{model.regularizer}/{name}", []).append(tensor)
    tensors = {name: np.stack(stack) for name, stack in stacks.items()}
    return save_tensors(tensors, {"bridle": json.dumps(contents, allow_nan=False)})


@dataclasses.dataclass(frozen=True, eq=False)
class Networks:
    """The networks of a file: what is known of each, and each as a model.

    ``entries`` maps names to a plan and runs, ``splits`` numbers to preparations, as the file has them.
    """

    shared: dict[str, Any]
    splits: dict[str, Any]
    entries: dict[str, Any]
    tensors: dict[str, np.ndarray]

    @classmethod
    def of(cls, raw: bytes) -> Networks:
        """Return the networks of a file's bytes.

        Raises
        ------
        DataError
            If they are none.
        """
        try:
            tensors = load_tensors(raw)
            length = int.from_bytes(raw[:8], "little")
            contents = json.loads(json.loads(raw[8 : 8 + length])["__metadata__"]["bridle"])
            return cls(contents["all"], contents["splits"], contents["entries"], tensors)
        except (SafetensorError, ValueError, LookupError, TypeError) as error:
            raise DataError(problem("networks", "file", "one that bridle wrote", "another")) from error

    def model(self, entry: str, split: int = 0, seed: int = 0) -> Model:
        """Return a network that was scored.

        Raises
        ------
        DataError
            If there is no such network.
        """
        if entry not in self.entries:
            raise DataError(problem("networks", "entry", one_of(self.entries), entry))
        own = self.entries[entry]
        places = [(run["split"], run["seed"]) for run in own["runs"]]
        if (split, seed) not in places:
            allowed = f"a split and seed among {len(places)}, from {places[0]} to {places[-1]}"
            raise DataError(problem("networks", "split and seed", allowed, (split, seed)))
        at = places.index((split, seed))
        run = own["runs"][at]
        scores = {part: run[part] for part in ("train", "validation", "test") if run[part] is not None}
        record = {
            **self.shared,
            **self.splits[str(split)],
            **{name: own[name] for name in _OF_ENTRY},
            **{name: run[name] for name in ("settings", "learning_rate")},
            "seed": split,
            "scores": scores,
        }
        start = f"{entry}/"
        tensors = {
            name.removeprefix(start): stack[at]
            for name, stack in self.tensors.items()
            if name.startswith(start)
        }
        return Model(**fields_of(record, tensors))
