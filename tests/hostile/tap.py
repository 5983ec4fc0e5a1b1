# SPDX-License-Identifier: Apache-2.0
"""Test functions as TAP: each name is a sentence about behaviour."""
import traceback


class Skip(Exception):
    pass


def run(tests):
    print(f"1..{len(tests)}", flush=True)
    for i, test in enumerate(tests, 1):
        try:
            test()
            print(f"ok {i} - {test.__name__}", flush=True)
        except Skip as e:
            print(f"ok {i} - {test.__name__} # SKIP {e}", flush=True)
        except Exception:
            print(f"not ok {i} - {test.__name__}")
            for text in traceback.format_exc().splitlines():
                print("# " + text[:300])
            print(end="", flush=True)
