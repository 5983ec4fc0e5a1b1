# SPDX-License-Identifier: Apache-2.0
# To be sourced: build TOP builds the tree in TOP and sets $build. Another
# user's build folder is left alone; STOCKADE_BUILD names one.

# The distribution's own tools first: a python of somebody's version manager,
# say, is not there for the user that the tests run as.
export PATH="/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$PATH"

build_failed() {
	tail -n 40 "$build/build.log" >&2
	printf 'the build failed: %s\n' "$build/build.log" >&2
	exit 1
}

build() {
	build=${STOCKADE_BUILD:-$1/build}
	if [ -e "$build" ] && [ ! -w "$build" ]; then
		build=$1/build-$(id -un)
	fi
	mkdir -p "$build"
	if [ ! -e "$build/build.ninja" ]; then
		werror=
		[ "${CI:-}" != true ] || werror=--werror
		# shellcheck disable=SC2086
		meson setup $werror "$build" "$1" >"$build/build.log" 2>&1 ||
			build_failed
	fi
	ninja -C "$build" >"$build/build.log" 2>&1 || build_failed
}
