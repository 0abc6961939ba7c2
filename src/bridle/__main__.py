"""``python -m bridle`` is the command ``bridle``."""

from bridle.faces.cli import main

if __name__ == "__main__":
    main()
