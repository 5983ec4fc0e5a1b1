# SPDX-License-Identifier: Apache-2.0
"""Hostile peers against the relay."""
print("1..0 # SKIP")
