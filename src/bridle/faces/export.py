"""``bridle export``: a saved network as an ONNX file, or as the code that trains it in another library."""

from __future__ import annotations

from pathlib import Path

import click

from bridle.faces.parameters import Place

_LIBRARIES = ("torch", "keras", "sklearn")


@click.command(short_help="Use a saved network elsewhere.")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "form",
    type=click.Choice(["onnx", *_LIBRARIES]),
    default="onnx",
    show_default=True,
    help="The trained network with its preparation, or the code that trains it again.",
)
@click.option(
    "--out",
    type=Place(),
    metavar="FILE",
    help="Where it goes.  [default: model.onnx, or code is printed]",
)
def export(model: Path, form: str, out: Path | None) -> None:
    """Write a saved network in a form that needs no bridle.

    ONNX holds the trained network and all that turns raw cells into its inputs; it needs the extra 'export'.
    Its metadata say which columns it takes, and how missing cells are written. The other forms are readable
    code that trains the network again, with every strength in the library's own unit.

    \b
    Examples:
      bridle export bridle-report/model.safetensors --to onnx --out model.onnx
      bridle export bridle-report/model.safetensors --to torch
    """  # noqa: D301  (click wants the character)
    from bridle.storage import check_apart, write
    from bridle.study.model import Model

    if out is not None:
        check_apart(out, model)
    loaded = Model.load(model)
    if form == "onnx":
        from bridle.study.export.onnx_model import to_onnx

        content = to_onnx(loaded).SerializeToString()
        out = out or Path("model.onnx")
    else:
        from bridle.study.export.code import LIBRARIES

        text = LIBRARIES[form][1](loaded)
        if out is None:
            click.echo(text, nl=False)
            return
        content = text.encode()
    write(out.parent, {out.name: content})
    click.echo(f"{form}: {out}")
