"""Make the picture of the README: ``python docs/pictures/moons.py``, about half a minute."""

from pathlib import Path

from bridle import compare


def main() -> None:
    """Compare on the two moons and save the decision boundaries."""
    axes = compare("moons").plot.boundaries()
    axes[0].figure.savefig(Path(__file__).with_suffix(".png"), dpi=110)


if __name__ == "__main__":
    main()
