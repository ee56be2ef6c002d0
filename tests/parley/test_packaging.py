"""What the packages hold: subcommands in parley/, and nothing that hides the standard library."""

import subprocess
import sys
from pathlib import Path

from parley.main import COMMANDS

ROOT = Path(__file__).parents[2]
PACKAGES = ("benchmarks", "bots", "migrations", "parley", "pipeline", "proving", "web", "workers")
PROVING = {"prove", "bench", "seed"}


def test_parley_holds_one_module_or_folder_for_each_subcommand() -> None:
    there = {path.stem for path in (ROOT / "parley").iterdir() if not path.name.startswith("_")}
    commands = {path.partition(":")[0].split(".")[1] for path in COMMANDS.values()}
    assert there - {"main", "Procfile"} == commands


def test_no_module_hides_one_of_the_standard_library() -> None:
    """A script's folder comes first on the path: its `token.py` would be everybody's `token`."""
    modules = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    names = [(path, path.parent.name if path.stem == "__init__" else path.stem) for path in modules]
    assert [str(path) for path, name in names if name in sys.stdlib_module_names] == []


def test_other_commands_do_not_import_the_proofs() -> None:
    modules = [path.partition(":")[0] for name, path in COMMANDS.items() if name not in PROVING]
    code = f"import sys, parley.main, {', '.join(modules)}; sys.exit('proving' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
