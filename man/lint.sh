#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One test a manual page: mandoc finds nothing worth a warning.
echo "1..$#"
n=0
failed=0
for page; do
	n=$((n + 1))
	name=$(basename "$page")
	if ! command -v mandoc >/dev/null; then
		echo "ok $n - $name # SKIP no mandoc here"
	elif said=$(mandoc -T lint -W warning "$page" 2>&1); then
		echo "ok $n - $name"
	else
		printf '%s\n' "$said" | sed 's/^/# /'
		echo "not ok $n - $name"
		failed=1
	fi
done
exit $failed
