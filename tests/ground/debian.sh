#!/bin/bash
# Installs those of the named Debian packages that are missing; does nothing when all are there.
set -euo pipefail

missing=()
for package in "$@"; do
	status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	echo "Missing packages. As root, run:" >&2
	echo "  apt-get update && apt-get install --no-install-recommends --yes ${missing[*]}" >&2
	exit 1
fi

# Tests start servers of their own: Debian shall start none on its default ports.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap 'rm -f "$policy"' EXIT
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
fi

echo "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { apt-get update && apt-get install --no-install-recommends --yes "${missing[@]}"; } >"$log" 2>&1; then
	cat "$log" >&2
	exit 1
fi
rm -f "$log"
