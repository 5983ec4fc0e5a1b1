# SPDX-License-Identifier: Apache-2.0
"""Tests that mostly wait, side by side."""

import concurrent.futures

import parts  # noqa: F401
from tap import Script


class Together(Script):
    """All start with the first; each is reported in its turn. width: how many
    run at a time."""

    def __init__(self, width=4):
        super().__init__()
        self.width = width

    def main(self):
        pool = concurrent.futures.ThreadPoolExecutor(self.width)
        started = {}

        def run(name):
            for other, function in self.chosen if not started else ():
                started[other] = pool.submit(function)
            started[name].result()

        self.chosen = self.tests
        self.tests = [(name, lambda name=name: run(name))
                      for name, _ in self.tests]
        super().main()

    def select(self, patterns):
        super().select(patterns)
        names = {name for name, _ in self.tests}
        self.chosen = [test for test in self.chosen if test[0] in names]
