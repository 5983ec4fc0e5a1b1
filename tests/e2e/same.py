# SPDX-License-Identifier: Apache-2.0
"""Whether two clients saw the same, but for what no two runs share."""

import base64
import json
import re

# Times, and ids made of them.
VARIES = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.]*(?:Z|[+-]\d\d:?\d\d)?"
    r"|\w{3} \w{3} \d\d \d{4} \d\d:\d\d:\d\d GMT[+-]\d{4} \([^)]*\)"
    r"|\d+:\d\d:\d\d [AP]M"
    r"|\b[0-9a-f]{7,40}\b|session [0-9a-f-]{36}")


def readable(item):
    """A blob that is text, as text: it may hold a time."""
    if isinstance(item.get("blob"), str):
        try:
            item["blob"] = base64.b64decode(item["blob"]).decode()
        except ValueError:
            pass
    return item


def steady(seen):
    """What was seen, without what varies, in lines that can be compared."""
    seen = json.loads(json.dumps(seen), object_hook=readable)
    text = json.dumps(seen, indent=1, sort_keys=True, ensure_ascii=False)
    return VARIES.sub("VARIES", text)


def difference(bare, wrapped):
    a, b = steady(bare).splitlines(), steady(wrapped).splitlines()
    lines = [f"bare    {x}\nwrapped {y}" for x, y in zip(a, b) if x != y]
    if len(a) != len(b):
        lines.append(f"{len(a)} lines bare, {len(b)} wrapped")
    return "\n".join(lines[:20])
