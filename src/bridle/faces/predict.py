"""``bridle predict`` and ``bridle inspect``: what a model file is good for once the study is over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridle.faces.parameters import Place
from bridle.faces.tabular import layout_options, take_layout

if TYPE_CHECKING:
    import pandas as pd

    from bridle.study.model import Model

_MOST_LISTED = 12


@click.command(short_help="Predict new rows with a saved model.")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@layout_options
@click.option(
    "--out",
    type=Place(),
    metavar="FILE",
    help="Where predictions go, .csv or .parquet.  [default: printed as CSV]",
)
def predict(model: Path, new: Path, out: Path | None, **given: Any) -> None:
    """Predict the rows of a file with a model that bridle compare left.

    NEW is a file of any format that bridle compare reads, with the columns of training by name, in any
    order; more columns are ignored. Its layout is taken to be that of training where nothing else is said.
    For a model of images it is a folder of pictures, an idx file or an .npz.
    The output has a row for each of its rows: the target, and for classes their probabilities.

    \b
    Example:
      bridle predict bridle-report/model.safetensors new.csv --out predictions.csv
    """  # noqa: D301  (click wants the character)
    from bridle.storage import check_apart, write
    from bridle.study.model import Model

    if out is not None:
        check_apart(out, model, new)
    loaded = Model.load(model)
    frame = read_new(loaded, new, given)
    predictions = loaded.predictions(frame)
    if loaded.preparation.structure.image is not None:
        predictions.insert(0, "image", frame.index, allow_duplicates=True)
    content = encode(predictions, out)
    if out is None:
        click.echo(content, nl=False)
        return
    write(out.parent, {out.name: content})
    click.echo(f"{len(frame):,} predictions: {out}")


@click.command(short_help="Show what a saved model is.")
@click.argument("model", type=click.Path(path_type=Path))
def inspect(model: Path) -> None:
    """Show what a saved model was trained on, what it takes, and how well it did.

    MODEL is checked against its checksum first; nothing in it is run.
    """
    from bridle.study.model import Model

    for label, value in describe(Model.load(model)):
        click.echo(f"{label + ':':<14} {value}")


def read_new(model: Model, new: Path, given: dict[str, Any]) -> pd.DataFrame:
    """Return a file's rows with the columns as the model knows them.

    Raises
    ------
    DataError
        If the file cannot be read, or nameless columns do not line up with those of training.
    """
    from bridle.checks import problem
    from bridle.errors import DataError
    from bridle.study.images import frame_of
    from bridle.study.readers import Images, read

    layout = take_layout(given, model.source)
    text, form = model.preparation.structure.of("category"), model.preparation.structure.image
    found = read(new, layout, text=text)
    if isinstance(found, Images):
        if found.form != form:
            allowed = "a table" if form is None else f"images of the form {form} (C, H, W), as in training"
            raise DataError(problem(str(new), "file", allowed, f"images of the form {found.form}"))
        return frame_of(found).set_axis(list(found.names))
    frame = found.frame
    columns = model.source.get("columns", [])
    if layout.header is not False or model.source.get("header", True) or len(frame.columns) == len(columns):
        return frame
    # Without names, columns are known by position; leaving out the last one shifts no other.
    if len(frame.columns) == len(columns) - 1 and model.target == columns[-1]:
        return frame
    hint = "Without a header, columns are known by their positions, the target's included."
    raise DataError(problem(str(new), "columns", f"{len(columns)}, as in training", len(frame.columns), hint))


def encode(predictions: pd.DataFrame, out: Path | None) -> Any:
    """Return predictions as text of CSV, or as the bytes of the file whose name is given."""
    from bridle.checks import problem
    from bridle.errors import OutputError

    if out is None:
        return predictions.to_csv(index=False, lineterminator="\n")
    if out.suffix == ".csv":
        return predictions.to_csv(index=False, lineterminator="\n").encode("utf-8", "replace")
    if out.suffix == ".parquet":
        try:
            return predictions.to_parquet(engine="pyarrow", index=False)
        except ImportError:
            hint = "Run: pip install 'bridle[parquet]'."
            raise OutputError(problem("output", "format", "CSV without pyarrow", ".parquet", hint)) from None
    raise OutputError(problem("output", "file", "named .csv or .parquet", str(out)))


def describe(model: Model) -> list[tuple[str, str]]:
    """Return label and value pairs about a model."""
    from bridle.faces.wording import tidy

    structure = model.preparation.structure
    kinds = {"number": "numbers", "boolean": "booleans", "category": "categories", "date": "dates"}
    layers = " - ".join(map(str, model.plan.sizes))
    settings = ", ".join(f"{name} {value:g}" for name, value in model.settings.items())
    pairs = [
        ("trained on", tidy(model.data) or "unknown data"),
        ("target", tidy(model.target)),
        ("task", "regression" if model.classes is None else "classification"),
    ]
    learned = [
        arrays
        for pair, arrays in zip(model.plan.pairs * 2, model.weights, strict=False)
        if pair.kind != "statistics"
    ]
    if model.classes is not None:
        pairs.append(("classes", _listed([str(one) for one in model.classes.tolist()])))
    if structure.image is not None:
        channels, height, width = structure.image
        pairs.append(("images", f"{height} x {width} pixels, {'gray' if channels == 1 else 'in color'}"))
    else:
        pairs += [(text, _listed(structure.of(kind))) for kind, text in kinds.items() if structure.of(kind)]  # type: ignore[arg-type]
    pairs += [
        ("network", f"{layers}, {', '.join(map(_layer_words, model.plan.layers))}"),
        ("parameters", f"{sum(first.size + second.size for first, second in learned):,}"),
        ("regularizer", model.regularizer + (f" ({settings})" if settings else "")),
        ("learning rate", f"{model.learning_rate:g}"),
        ("seed", str(model.seed)),
    ]
    if model.scores:
        scores = ", ".join(f"{part} {value!r}" for part, value in model.scores.items())
        pairs.append((model.metric.replace("_", " "), scores))
    return pairs


def _layer_words(layer: Any) -> str:
    kind = type(layer).__name__
    if kind in ("Pool", "GlobalPool"):
        return f"{layer.kind} pool {layer.size}" if kind == "Pool" else "global average pool"
    block = {"Dense": "", "Residual": "residual "}.get(kind, "")
    if kind in ("Conv", "ResidualConv"):
        side = f"{layer.kernel} x {layer.kernel}"
        block = f"{'residual ' if kind == 'ResidualConv' else ''}convolution {side} "
    return f"{block}{layer.activation}" + (f" with {layer.normalization} norm" if layer.normalization else "")


def _listed(names: list[str]) -> str:
    from bridle.faces.wording import tidy

    shown = ", ".join(tidy(name) for name in names[:_MOST_LISTED])
    return shown + (f", and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else "")
