"""axe-core, which finds what a screen reader or a weak eye would stumble over (https://github.com/dequelabs/axe-core)."""

from axe_playwright_python.base import AXE_SCRIPT

GRAVE = ("serious", "critical")


def serious(page, inside: str, **options) -> list[str]:
	"""What axe finds serious or critical within the selector, as lines of rule and element; frames are Stripe's own. `options` are
	axe's, such as `runOnly`."""
	if not page.evaluate("Boolean(window.axe)"):
		page.evaluate(AXE_SCRIPT)
	given = {"resultTypes": ["violations"], "iframes": False, **options}
	found = page.evaluate("([inside, options]) => axe.run(inside, options)", [inside, given])
	return [
		f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
		for violation in found["violations"]
		if violation["impact"] in GRAVE
		for node in violation["nodes"]
	]
