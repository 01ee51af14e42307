"""What the desk is given as files: workspaces, the sidebars beside them on Frappe 16, and what an empty list says."""

import json
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "stripe_service"
MODULE = APP / "stripe_service"


def documents(pattern: str) -> list[dict]:
	found = [json.loads(path.read_text()) for path in APP.glob(pattern)]
	assert found
	return found


# The sidebar of the workspace Payments can't be a file (setup/frappe_16.py).
@pytest.mark.parametrize("title", ["Stripe", "Payment Set-up"])
def test_the_sidebar_leads_wherever_its_workspace_does(title):
	(workspace,) = (one for one in documents("stripe_service/workspace/*/*.json") if one["title"] == title)
	(sidebar,) = (one for one in documents("workspace_sidebar/*.json") if one["title"] == title)

	linked = {(link["link_type"], link["link_to"]) for link in workspace["links"] if link["type"] == "Link"}
	beside = {(item["link_type"], item["link_to"]) for item in sidebar["items"] if item["type"] == "Link"}
	assert linked and linked | {("Workspace", title)} <= beside
