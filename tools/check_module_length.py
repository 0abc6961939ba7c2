"""Check that modules stay readable: short, named for what they hold, and opening with what they are for.

Run from the repository's root, or give another root: ``python tools/check_module_length.py [ROOT]``.
Prints one line a problem and exits 1 if there is any.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

LONGEST = 300
FOLDERS = ("src", "tests", "benchmarks", "tools", "docs/scripts")
DOCUMENTED = Path("src", "bridle")
SAY_NOTHING = {"utils", "helpers", "common", "misc", "base"}


def modules(root: Path) -> Iterator[Path]:
    """Yield every Python file of the checked folders, as paths relative to the root."""
    for folder in FOLDERS:
        yield from sorted(path.relative_to(root) for path in (root / folder).rglob("*.py"))


def problems(root: Path) -> list[str]:
    """Return one line for each module that is too long, badly named or without an opening docstring."""
    found = []
    for module in modules(root):
        text = (root / module).read_text(encoding="utf-8")
        length = len(text.splitlines())
        if length > LONGEST:
            found.append(
                f"{module}: length must be at most {LONGEST} lines; got {length}. Split it by topic."
            )
        for name in (module.stem, *module.parent.parts):
            if name.strip("_") in SAY_NOTHING:
                found.append(
                    f"{module}: name must say what the module holds; got {name!r}. Name it for its topic."
                )
        if module.is_relative_to(DOCUMENTED) and not ast.get_docstring(ast.parse(text)):
            found.append(f"{module}: opening must be a docstring; got none. Say what lives here and why.")
    return found


def main(arguments: list[str]) -> int:
    """Print the problems under a root and return the exit code."""
    root = Path(arguments[0]) if arguments else Path()
    if not any(modules(root)):
        print(f"check_module_length: root must be a folder with modules; got {str(root)!r}.", file=sys.stderr)
        return 2
    found = problems(root)
    print(*found, sep="\n") if found else print("Modules: short, named and documented.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
