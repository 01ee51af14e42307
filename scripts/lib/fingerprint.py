"""Remembers of each slow step what it was done for, so that it is done again only when that has changed."""

import hashlib
import json
from pathlib import Path

from .place import Place


def of_files(folder: Path, *patterns: str, leave_out: str = "/__pycache__/") -> str:
	"""One hash over the files' names and contents."""
	digest = hashlib.sha256()
	for path in sorted({path for pattern in patterns for path in folder.glob(pattern)}):
		if path.is_file() and leave_out not in str(path):
			digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
	return digest.hexdigest()


def same(place: Place, step: str, now) -> bool:
	return _all(place).get(step) == _hash(now)


def remember(place: Place, step: str, now):
	known = _all(place) | {step: _hash(now)}
	_path(place).write_text(json.dumps(known, indent=1) + "\n")


def forget(place: Place, beginning: str):
	"""Forget the steps whose names begin so."""
	known = {step: value for step, value in _all(place).items() if not step.startswith(beginning)}
	_path(place).write_text(json.dumps(known, indent=1) + "\n")


def known_steps(place: Place) -> set[str]:
	return set(_all(place))


def _hash(value) -> str:
	return hashlib.sha256(json.dumps(value, default=str, sort_keys=True).encode()).hexdigest()


def _all(place: Place) -> dict:
	return json.loads(_path(place).read_text()) if _path(place).exists() else {}


def _path(place: Place) -> Path:
	return place.home / "done.json"
