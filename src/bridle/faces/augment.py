"""``bridle augment``: write a larger set of images, off line."""

from __future__ import annotations

import math
from pathlib import Path

import click

from bridle.faces.parameters import Place
from bridle.faces.tabular import Size


@click.command(short_help="Write a larger set of images.")
@click.argument("images", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=Place(),
    required=True,
    metavar="PLACE",
    help="Where the larger set goes, in the form of IMAGES: a new folder, or a new .npz.",
)
@click.option(
    "--ops",
    required=True,
    metavar="flip,rotate:15",
    help="Augmentations, each with its strength; see bridle list. flip and rotate are horizontal_flip and "
    "rotation; a name alone takes the middle of its grid.",
)
@click.option(
    "--copies", type=int, default=5, metavar="N", show_default=True, help="How many copies of each image."
)
@click.option(
    "--seed", type=int, default=0, metavar="N", show_default=True, help="Seed of all that is drawn."
)
@click.option(
    "--fill",
    type=click.Choice(["edge", "constant", "reflect"]),
    default="edge",
    show_default=True,
    help="What moved images show outside of themselves: their border, the mean, or their mirror image.",
)
@click.option("--labels", metavar="FILE", help="The labels of idx images.  [default: the file beside them]")
@click.option(
    "--corrupt",
    type=click.Choice(["refuse", "skip"]),
    default="refuse",
    show_default=True,
    help="What to do with pictures that cannot be read.",
)
@click.option("--size", type=Size(), metavar="HxW", help="Bring all pictures of a folder to this size.")
def augment(
    images: Path,
    out: Path,
    ops: str,
    copies: int,
    seed: int,
    fill: str,
    labels: str | None,
    corrupt: str,
    size: tuple[int, int] | None,
) -> None:
    """Write a larger set of images: each one, and copies of it that are flipped, turned, moved ...

    IMAGES is a folder of classes with PNG or JPEG pictures, a file or folder of idx (MNIST), or an .npz with
    X of (N, H, W) or (N, H, W, C). Test images that it keeps apart stay as they are. A manifest says what
    made each copy; bridle compare keeps copies with their original, and scores none.

    \b
    Example:
      bridle augment photos --out more-photos --copies 5 --ops flip,rotate:15,zoom:0.1
    """  # noqa: D301  (click wants the character)
    from bridle.faces.progress import progress_on

    with progress_on() as progress:
        progress("reading", 0.0, math.inf)
        from bridle.study.augment import Request
        from bridle.study.augment import augment as run
        from bridle.study.enlarge import parse_operations
        from bridle.study.readers import Layout

        request = Request(parse_operations(ops), copies, seed, fill)
        layout = Layout(labels=labels, corrupt=corrupt, size=size)
        made = run(images, out, request, layout, progress)
    total = made.originals * (made.copies + 1)
    test = f", and {made.test:,} test images" if made.test else ""
    kept = (
        f"{made.originals:,} as they were and {made.copies} cop{'y' if made.copies == 1 else 'ies'} of each"
    )
    click.echo(f"{total:,} images, {kept}{test}: {out}")
