"""docs/permissions.md is made of the tables that the site tests try."""

import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]


def test_the_page_is_what_the_tables_say():
	done = subprocess.run(
		[sys.executable, REPO / "scripts" / "permissions_doc.py", "--check"],
		capture_output=True,
		text=True,
		check=False,
	)
	assert done.returncode == 0, done.stderr
