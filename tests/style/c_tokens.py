# SPDX-License-Identifier: Apache-2.0
"""Enough of C to tell where functions begin and end."""

import re
from dataclasses import dataclass

TOKEN = re.compile(r"""
    (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
  | (?P<directive>^[ \t]*\#(?:\\\n|[^\n])*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<mark>[{}();=,\[\]])
  | (?P<other>[^\s])
""", re.X | re.S | re.M)


@dataclass
class Token:
    kind: str
    text: str
    line: int


@dataclass
class Function:
    name: str
    first: int
    last: int

    @property
    def lines(self):
        return self.last - self.first + 1


def tokens(text):
    line, at = 1, 0
    for match in TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        if match.lastgroup not in ("comment", "directive"):
            yield Token(match.lastgroup, match.group(), line)


def declarator_name(head):
    """The word before the first ( at depth 0 of a function's head, or None.

    Attributes, which may have brackets of their own, are passed over.
    """
    depth = 0
    for i, token in enumerate(head):
        if token.text == "(":
            before = head[i - 1] if i else None
            if depth == 0 and before and before.kind == "word" \
                    and not before.text.startswith("__attribute"):
                return before.text
            depth += 1
        elif token.text == ")":
            depth -= 1
    return None


def functions(text):
    """All function definitions of a C file, from head to closing brace."""
    head, depth, found, current = [], 0, [], None
    for token in tokens(text):
        if token.text == "{":
            if depth == 0:
                current = function_begin(head)
            depth += 1
        elif token.text == "}":
            depth -= 1
            if depth == 0:
                if current:
                    found.append(Function(*current, token.line))
                    head = []
                current = None
        elif depth == 0:
            if token.text == ";":
                head = []
            else:
                head.append(token)
    return found


def function_begin(head):
    """(name, first line) if this head is a function's, not an object's."""
    if any(t.text == "=" for t in head) or not head:
        return None
    if head[-1].text != ")":
        return None
    name = declarator_name(head)
    return (name, head[0].line) if name else None
