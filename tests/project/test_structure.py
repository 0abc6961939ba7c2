"""The rules of the house hold: layers, module lengths, pins, versions, and no trace of anyone's machine."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import bridle
from bridle.penalties import smooth
from bridle.registry import penalties

PIN = re.compile(r"([A-Za-z0-9_.-]+)==([0-9][0-9a-z.]*)")
MACHINE_PATH = re.compile(r"(?<![\w.~$}])/(?:home|Users|root|work|tmp|private)/\w|[A-Za-z]:\\{1,2}Users\\")


def run(command: list[str | Path], where: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], cwd=where, capture_output=True, text=True)


def tracked(root: Path) -> list[Path]:
    if not (root / ".git").exists():
        pytest.skip("needs a git checkout: in an unpacked archive nothing is tracked")
    listing = run(["git", "ls-files", "-z"], root)
    assert listing.returncode == 0, listing.stderr
    return [root / name for name in listing.stdout.split("\0") if name and (root / name).is_file()]


def pins(root: Path) -> dict[str, str]:
    lines = (root / "requirements" / "lock.txt").read_text(encoding="utf-8").splitlines()
    found = {}
    for line in lines:
        if not line.startswith("#"):
            match = PIN.fullmatch(line)
            assert match, f"lock.txt: a line must be name==version; got {line!r}"
            found[canonicalize_name(match[1])] = match[2]
    return found


def doctest_failures(function: Callable[..., object]) -> int:
    runner = doctest.DocTestRunner()
    (example,) = doctest.DocTestFinder().find(
        function, function.__name__, globs={function.__name__: function}
    )
    return runner.run(example).failed


def test_imports_only_point_down(root: Path) -> None:
    done = run([Path(sys.executable).parent / "lint-imports", "--no-cache"], root)
    assert done.returncode == 0, done.stdout + done.stderr


def test_modules_are_short_named_and_documented(root: Path) -> None:
    done = run([sys.executable, "tools/check_module_length.py"], root)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "text", "complaint"),
    [
        ("src/bridle/long.py", '"""Long."""\n' + "x = 1\n" * 300, "at most 300 lines; got 301"),
        ("tests/utils.py", "x = 1\n", "got 'utils'"),
        ("src/bridle/common/__init__.py", '"""Anything."""\n', "got 'common'"),
        ("src/bridle/silent.py", "x = 1\n", "must be a docstring"),
    ],
)
def test_module_check_finds_what_it_looks_for(
    root: Path, tmp_path: Path, module: str, text: str, complaint: str
) -> None:
    good = tmp_path / "src" / "bridle" / "__init__.py"
    good.parent.mkdir(parents=True)
    good.write_text('"""Good."""\n' + "x = 1\n" * 299)
    check = [sys.executable, root / "tools" / "check_module_length.py", tmp_path]
    assert run(check, root).returncode == 0
    bad = tmp_path / module
    bad.parent.mkdir(parents=True, exist_ok=True)
    bad.write_text(text)
    done = run(check, root)
    assert done.returncode == 1
    (line,) = done.stdout.splitlines()
    assert line.startswith(module)
    assert complaint in line


def test_no_tracked_file_names_a_path_of_a_machine(root: Path) -> None:
    found = []
    for path in tracked(root):
        text = path.read_bytes().decode("utf-8", errors="ignore")
        for number, line in enumerate(text.splitlines(), start=1):
            if MACHINE_PATH.search(line) or str(root) + "/" in line:
                found.append(f"{path.relative_to(root)}:{number}: {line.strip()[:120]}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("folders", [("", "home", "ann", "x"), ("", "Users", "ann"), ("C:", "Users", "ann")])
def test_machine_paths_are_recognized(folders: tuple[str, ...]) -> None:
    separator = "\\" if folders[0] else "/"
    assert MACHINE_PATH.search(f'data = "{separator.join(folders)}"')
    assert not MACHINE_PATH.search("https://example.org/home/ann and src/home/ann")


def test_changelog_and_package_agree_on_the_version(root: Path) -> None:
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(.+?)\]", text, flags=re.MULTILINE)
    assert versions[:1] == [bridle.__version__]


def test_every_stated_requirement_is_pinned_within_its_bounds(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = pins(root)
    for text in project["dependencies"] + project["optional-dependencies"]["dev"]:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        assert name in pinned, f"{name} is not in lock.txt; run make lock"
        assert requirement.specifier.contains(pinned[name]), (
            f"{text}, but {pinned[name]} is pinned; run make lock"
        )


def test_contributing_shows_a_regularizer_that_works(root: Path) -> None:
    """Run the code of CONTRIBUTING.md with the names of the modules it goes to, and check what it defines."""
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    scope = {**vars(smooth), **vars(penalties)}
    for block in blocks:
        exec(compile(block, "CONTRIBUTING.md", "exec"), scope)
    record = scope["HUBER"]
    assert record.strength.off == 0
    assert doctest_failures(scope["huber_value"]) == 0
    (term,) = record.terms
    strength = term.strength({record.name: 0.7})
    w = np.array([[-3.0, -0.9, 0.0], [0.2, 1.3, 40.0]])
    assert float(term.value(w, strength)) == pytest.approx(0.7 * (2.5 + 0.405 + 0 + 0.02 + 0.8 + 39.5))
    step = 1e-6
    for place in np.ndindex(w.shape):
        nudge = np.zeros_like(w)
        nudge[place] = step
        slope = (term.value(w + nudge, strength) - term.value(w - nudge, strength)) / (2 * step)
        assert term.gradient(w, strength)[place] == pytest.approx(slope, abs=1e-7)
