"""axe-core, which finds what a screen reader or a weak eye would stumble over (https://github.com/dequelabs/axe-core)."""

from axe_playwright_python.sync_playwright import Axe

GRAVE = ("serious", "critical")


def serious(page, inside: str, **options) -> list[str]:
	"""What axe finds serious or critical within the selector, as lines of rule and element; frames are Stripe's own. `options` are
	axe's, such as `runOnly`."""
	found = Axe().run(
		page, context=inside, options={"resultTypes": ["violations"], "iframes": False, **options}
	)
	return [
		f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
		for violation in found.response["violations"]
		if violation["impact"] in GRAVE
		for node in violation["nodes"]
	]
