"""The kinds of tests: where they are, in which Python they run, and whether they need a site."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
	name: str
	paths: tuple[str, ...]
	needs_site: bool
	about: str
	ends: tuple[str, ...] = ()  # run once for each end of the range of stripe-python versions
	browser: bool = False


KINDS = {
	kind.name: kind
	for kind in (
		Kind("unit", ("tests/unit",), False, "money, states, gateway: no site", ends=("oldest", "newest")),
		Kind("emulator", ("tests/emulator",), False, "the emulator's contract", ends=("oldest", "newest")),
		Kind(
			"site", ("tests/site", "stripe_service"), True, "scenarios on a site, and the DocTypes' own tests"
		),
		Kind("install", ("tests/install",), True, "install, migrate, uninstall, beside other apps"),
		Kind(
			"browser",
			("tests/browser",),
			False,
			"Chromium; the pay form's test page needs no site",
			browser=True,
		),
		Kind("faults", ("tests/faults",), True, "what goes wrong on the way"),
	)
}
LINT = "lint"
EVERYTHING = (LINT, *KINDS)
