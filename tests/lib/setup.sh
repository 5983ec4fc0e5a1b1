#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what a step needs and is missing, as root or as a user with sudo:
#
#   tests/lib/setup.sh PART...
#
# build   compiler and libraries                          (Debian packages)
# check   what the checks of .ci/run need                 (Debian packages)
# test    tools that the tests call                       (Debian packages)
# demo    node, and server-filesystem in .cache/npm       (npm)
# e2e     all servers and clients in .cache               (npm, PyPI)
# guest   an emulator, and a kernel in .cache/kernel      (Debian packages)
#
# One line for whatever it installs, nothing at all when nothing is missing.
# A part that cannot be had ends with status 1 and says what was missing.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
cache=$top/.cache
packages=$top/tests/e2e/packages
log=$cache/setup.log
export DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1

say() {
	printf '%s\n' "$*" >&2
}

fail() {
	say "setup: $*"
	exit 1
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		command -v sudo >/dev/null ||
			fail "install the package sudo, or start this as root"
		sudo DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

# logged WHAT COMMAND...: runs it, its output kept; shown when it fails.
logged() {
	what=$1
	shift
	say "installing: $what"
	if ! "$@" >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		say "setup: could not install $what"
		return 1
	fi
}

# debian PACKAGE...: installs those that are missing, in one go.
debian() {
	missing=
	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" \
		2>/dev/null | sed -n 's/^installed //p')
	for package; do
		case "
$installed
" in
		*"
$package
"*) ;;
		*) missing="$missing $package" ;;
		esac
	done
	[ -n "$missing" ] || return 0
	# shellcheck disable=SC2086
	logged "$missing (Debian)" debian_install $missing
}

debian_install() {
	as_root apt-get update -qq
	as_root apt-get install -y -qq --no-install-recommends "$@"
}

# Whoever brought a newer node has npm with it, and Debian's packages of the
# two do not go together with others'.
node_and_npm() {
	if ! command -v node >/dev/null; then
		debian nodejs
	fi
	if ! command -v npm >/dev/null; then
		debian npm
	fi
}

# stamped NAME FILE...: true when NAME was made from just these files before.
stamped() {
	stamp=$cache/stamp/$1
	shift
	key=$(cat "$@" | sha256sum)
	[ "$(cat "$stamp" 2>/dev/null)" = "$key" ]
}

stamp_write() {
	mkdir -p "$cache/stamp"
	printf '%s\n' "$key" >"$stamp"
}

npm_folder() {
	from=$packages/$1
	to=$cache/npm/$1
	if stamped "npm-$1" "$from/package.json" "$from/package-lock.json"; then
		return 0
	fi
	node_and_npm
	rm -rf "$to"
	mkdir -p "$to"
	cp "$from/package.json" "$from/package-lock.json" "$to"
	cat "$packages/npmrc" >"$to/.npmrc"
	# What a package can do without, and weighs more than all the rest.
	if [ "$1" = modern ]; then
		echo omit=optional >>"$to/.npmrc"
	fi
	logged "$1 (npm)" npm_install "$to" || return 1
	# Tests run as several users.
	chmod -R a+rX "$to"
	stamp_write
}

# The lock has no addresses, so that whichever registry npm is set to serves.
npm_install() (
	cd "$1"
	npm ci --no-progress --fetch-retries=1
)

python_packages() {
	if stamped python "$packages/requirements.txt" "$packages/uv.txt"; then
		return 0
	fi
	debian python3 python3-venv
	rm -rf "$cache/python"
	mkdir -p "$cache/python"
	logged "MCP servers, client and uv (PyPI)" python_install || return 1
	chmod -R a+rX "$cache/python"
	stamp_write
}

# The same server three ways: in a virtual environment, installed by `uv
# tool`, and in a project for `uv run`. umask: they are run by others too.
python_install() (
	umask 022
	folder=$cache/python
	unset PYTHONDONTWRITEBYTECODE VIRTUAL_ENV
	/usr/bin/python3 -m venv "$folder/venv"
	"$folder/venv/bin/pip" install -q --require-hashes --only-binary :all: \
		-r "$packages/requirements.txt"
	/usr/bin/python3 -m venv "$folder/uv"
	"$folder/uv/bin/pip" install -q --require-hashes --only-binary :all: \
		-r "$packages/uv.txt"
	sed -n 's/^\([^ ]*==[^ ]*\).*/\1/p' "$packages/requirements.txt" \
		>"$folder/constraints.txt"
	export UV_TOOL_DIR="$folder/tools" UV_TOOL_BIN_DIR="$folder/bin"
	export UV_CACHE_DIR="$folder/uv-cache" UV_PYTHON_DOWNLOADS=never
	export UV_NO_CONFIG=1 UV_LINK_MODE=copy
	uv=$folder/uv/bin/uv
	"$uv" tool install -q --no-build --compile-bytecode \
		--python /usr/bin/python3 \
		--constraints "$folder/constraints.txt" mcp-server-time
	mkdir -p "$folder/project"
	printf '%s\n' '[project]' 'name = "tests-project"' 'version = "1"' \
		'requires-python = ">=3.11"' 'dependencies = ["mcp-server-time"]' \
		>"$folder/project/pyproject.toml"
	"$uv" venv -q --python /usr/bin/python3 "$folder/project/.venv"
	"$uv" pip install -q --no-build --compile-bytecode \
		-p "$folder/project/.venv" --constraints \
		"$folder/constraints.txt" mcp-server-time
	rm -rf "$folder/uv-cache"
)

version_managers() {
	npm_folder managers
	if stamped managers "$packages/managers/requirements.txt"; then
		return 0
	fi
	debian python3 python3-venv
	rm -rf "$cache/managers"
	logged "virtualenv and pipx (PyPI)" managers_install || return 1
	chmod -R a+rX "$cache/managers"
	stamp_write
}

managers_install() (
	umask 022
	/usr/bin/python3 -m venv "$cache/managers"
	"$cache/managers/bin/pip" install -q --require-hashes \
		--only-binary :all: -r "$packages/managers/requirements.txt"
)

# A terminal, windows and notifications, to be asked on; and what looks at them.
desktop_parts() {
	debian tmux zenity xvfb xdotool dunst libnotify-bin dbus-daemon \
		imagemagick desktop-file-utils fonts-dejavu-core shellcheck
}

guest_kernel() {
	debian qemu-system-x86 busybox-static
	if [ -e "$cache/kernel/release" ]; then
		return 0
	fi
	rm -rf "$cache/kernel"
	mkdir -p "$cache/kernel/package"
	logged "a second kernel, into .cache/kernel (Debian)" guest_fetch
}

# Nothing of it is installed: only the image and the modules are taken out.
guest_fetch() (
	[ -n "$(apt-cache pkgnames linux-image-amd64)" ] ||
		as_root apt-get update -qq
	package=$(apt-cache depends linux-image-amd64 |
		sed -n 's/^ *Depends: //p' | head -n 1)
	[ -n "$package" ]
	cd "$cache/kernel/package"
	apt-get download -qq "$package"
	dpkg-deb --fsys-tarfile ./*.deb | tar -x -C .. ./boot ./lib
	rm -rf "$cache/kernel/package"
	printf '%s\n' "${package#linux-image-}" >"$cache/kernel/release"
)

part() {
	case $1 in
	build)
		debian gcc libc6-dev meson ninja-build pkg-config python3 \
			libseccomp-dev libcap-ng-dev libjansson-dev \
			libpcre2-dev libsodium-dev libcmocka-dev
		;;
	check)
		debian clang clang-tidy clang-format libclang-rt-14-dev mandoc
		;;
	test)
		debian bubblewrap git mandoc procps strace util-linux
		;;
	demo)
		node_and_npm
		npm_folder node
		npm_folder filesystem
		;;
	e2e)
		node_and_npm
		for folder in node filesystem servers vulnerable fixed \
			clients inspector claude conformance modern; do
			npm_folder "$folder"
		done
		python_packages
		version_managers
		desktop_parts
		;;
	guest)
		guest_kernel
		;;
	*)
		fail "unknown part: $1"
		;;
	esac
}

mkdir -p "$cache" 2>/dev/null || true
[ -w "$cache" ] || fail "$cache is not writable: it was made by another user"
for name; do
	part "$name"
done
