#!/usr/bin/env bash
# Finds a Python for the commands themselves, or installs one; everything else they do is in Python, beside this file.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

install_python() {
	local sudo=()
	[ "$(id -u)" = 0 ] || sudo=(sudo)
	echo "Installing python3 (system package) ..." >&2
	"${sudo[@]}" apt-get update -qq
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 python3-venv
}

command -v python3 >/dev/null || install_python >/dev/null || true
for name in python3 /usr/bin/python3 python3.{12,11,10,13,14}; do
	if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
		exec "$name" -B "$here/start.py" "$@" # -B: the repo may be another user's
	fi
done
echo "STOPPED: Python 3.10 or later is needed; found: $(python3 --version 2>/dev/null || echo none)." >&2
echo "WAY OUT: As root: apt-get install python3 python3-venv; then run the same command again." >&2
exit 1
