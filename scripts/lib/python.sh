# shellcheck shell=bash
# Finds a Python for the commands themselves; everything else they do is in Python, beside this file.

runs_commands() {
	"$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

find_python() {
	local name
	for name in python3 /usr/bin/python3 python3.12 python3.11 python3.10 python3.13; do
		if command -v "$name" >/dev/null && runs_commands "$name"; then
			printf '%s' "$name"
			return
		fi
	done
	return 1
}

install_python() {
	local become=()
	if ! command -v apt-get >/dev/null; then
		return 1
	fi
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || return 1
		become=(sudo)
	fi
	echo "Installing python3 (system package) ..."
	"${become[@]}" apt-get update -qq &&
		"${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 python3-venv
}

tell_no_python() {
	{
		echo "STOPPED: Python 3.10 or later is needed; found: $(python3 --version 2>&1 | head -n 1)."
		echo "WAY OUT: Install it (as root on Debian 12 or Ubuntu 24.04: apt-get install python3 python3-venv), then run again."
	} >&2
}

# run_python FOLDER-OF-SCRIPTS COMMAND [ARGUMENT ...]
run_python() {
	local scripts=$1 python
	shift
	if ! command -v python3 >/dev/null && ! find_python >/dev/null; then
		install_python >/dev/null || true
	fi
	if ! python=$(find_python); then
		tell_no_python
		exit 1
	fi
	# No bytecode: the repo may be another user's.
	PYTHONDONTWRITEBYTECODE=1 exec "$python" "$scripts/lib/start.py" "$@"
}
