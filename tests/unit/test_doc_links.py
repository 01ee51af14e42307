"""Links and pictures in docs/ and README lead somewhere, and each picture is shown."""

import re
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
PAGES = [*REPO.glob("*.md"), *(REPO / "docs").rglob("*.md")]
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_each_link_leads_somewhere(page):
	for path, anchor in LINK.findall(page.read_text()):
		there = (page.parent / path).resolve() if path else page
		assert there.exists(), path
		assert not anchor or anchor in _anchors(there), f"{path}#{anchor}"


def _anchors(page: Path) -> set[str]:
	"""As GitHub makes them of the headings."""
	headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
	return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_each_picture_is_shown():
	shown = {(page.parent / path).resolve() for page in PAGES for path, _ in LINK.findall(page.read_text())}
	assert [path.name for path in (REPO / "docs/images").iterdir() if path not in shown] == []
