"""The pay form's pure modules, by Node's own test runner: amounts, and the states between Pay and the result."""

import shutil
import subprocess
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).parent / "js").glob("*.test.mjs"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_in_node(file):
	node = shutil.which("node")
	assert node, "Node is needed to test the pay form's modules (it comes with every bench)."
	done = subprocess.run([node, "--test", str(file)], capture_output=True, text=True, timeout=120)
	assert done.returncode == 0, done.stdout + done.stderr
