"""The wheel is what users get: build it, install it where the checkout is out of sight, and use it.

The quick tests install the wheel alone (no index, no dependencies) into a bare environment that borrows the
dependencies of the running one through a ``.pth`` file. A ``.pth`` file inside a borrowed folder is not
followed, so the editable install of the checkout stays out of sight. What they cannot show, that the stated
dependencies suffice, the slow test does with a true installation.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import bridle


def run(command: list[str | Path], where: Path) -> str:
    """Run a command from a folder, in an environment without Python's own variables; return what it prints."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=where,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, f"{command} exited with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, root], folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the scripts' folder of an environment with the wheel in it, dependencies borrowed."""
    folder = tmp_path_factory.mktemp("bare")
    run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], folder)
    python = folder / "venv" / "bin" / "python"
    install = ["install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps", wheel]
    run([sys.executable, "-m", "pip", "--python", python, *install], folder)
    own = Path(run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder).strip())
    borrowed = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    (own / "borrowed.pth").write_text("\n".join(borrowed) + "\n", encoding="utf-8")
    return python.parent


def test_wheel_holds_the_package_whole_and_nothing_else(root: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    source = root / "src"
    files = (
        path for path in (source / "bridle").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    )
    metadata = {name for name in names if name.startswith(f"bridle-{bridle.__version__}.dist-info/")}
    assert names - metadata == {path.relative_to(source).as_posix() for path in files}
    assert f"bridle-{bridle.__version__}.dist-info/licenses/LICENSE" in metadata


def test_wheel_has_types_and_templates_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "bridle/py.typed" in names
    assert [name for name in names if "/templates/" in name], "no report template in the wheel"
    assert not [name for name in names if Path(name).stem.startswith(("test_", "conftest"))]
    assert not [name for name in names if "tests" in Path(name).parts]


def test_command_runs_outside_the_checkout(bare: Path, tmp_path: Path) -> None:
    assert bridle.__version__ in run([bare / "bridle", "--version"], tmp_path)


def test_import_outside_the_checkout_finds_the_installed_package(bare: Path, tmp_path: Path) -> None:
    question = "import bridle, bridle.registry; print(bridle.__file__); print(bridle.__version__)"
    place, version = run([bare / "python", "-c", question], tmp_path).split()
    assert Path(place).is_relative_to(bare.parent)
    assert version == bridle.__version__


@pytest.mark.slow
def test_stated_dependencies_suffice(root: Path, wheel: Path, tmp_path: Path) -> None:
    """Install as a user does, from the package index (this one test needs the network)."""
    run([sys.executable, "-m", "venv", tmp_path / "venv"], tmp_path)
    scripts = tmp_path / "venv" / "bin"
    lock = root / "requirements" / "lock.txt"
    run([scripts / "python", "-m", "pip", "install", "--quiet", "--constraint", lock, wheel], tmp_path)
    assert bridle.__version__ in run([scripts / "bridle", "--version"], tmp_path)
    assert "dropout" in run([scripts / "bridle", "list"], tmp_path)
    question = (
        "from bridle import Dense, Members, Plan, train\n"
        "plan = Plan(inputs=1, layers=(Dense(1, 'linear'),), loss='squared_error', epochs=2)\n"
        "print(len(train(plan, Members(seed=[0, 1], learning_rate=0.1), [[0.0], [1.0]], [0.0, 1.0]).status))"
    )
    assert run([scripts / "python", "-W", "error", "-c", question], tmp_path).strip() == "2"
