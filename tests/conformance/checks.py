"""What the Python judges share: options, one line per check, counts at the end."""

import argparse
import itertools
import os
import sys
import time
import traceback
import uuid

RUN = uuid.uuid4().hex[:8]
PATIENCE = 90  # seconds; a bound for what has to come, on a busy machine too


def options():
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("bootstrap", help="host:port[,host:port...] of the cluster to judge")
    parser.add_argument(
        "--sasl", metavar="MECHANISM", help="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; without it nobody has to log in"
    )
    parser.add_argument("--user", default="admin")
    parser.add_argument(
        "--authorizer", action="store_true", help="the cluster has an authorizer; the user is a super user"
    )
    parser.add_argument("--ca", metavar="FILE", help="the listeners are encrypted, with this authority")
    return parser.parse_args()


def password():
    """The judges' user's password, from the environment so that it is on no command line."""
    return os.environ.get("JUDGE_PASSWORD", "user-secret")


NUMBERS = itertools.count(1)


def name(stem):
    """A name nobody else uses, so that a judge can run against a cluster that is in use."""
    return f"judge-{stem}-{RUN}-{next(NUMBERS)}"


def until(what, probe, seconds=PATIENCE):
    """Waits for something that is allowed to take a moment."""
    end = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s (last: {found!r})")
        time.sleep(0.05)


def same(found, wanted, what="value"):
    if found != wanted:
        raise AssertionError(f"{what} is {found!r}, expected {wanted!r}")


class Judge:
    """Collects checks in the order they are written and runs them."""

    def __init__(self, title):
        self.title = title
        self.checks = []

    def __call__(self, title):
        def keep(function):
            self.checks.append((title, function))
            return function

        return keep

    def run(self):
        failed = 0
        for title, function in self.checks:
            try:
                function()
                print(f"ok    {title}", flush=True)
            except Exception as error:  # a judge reports whatever goes wrong and goes on
                failed += 1
                where = traceback.extract_tb(error.__traceback__)[-1]
                words = str(error).replace("\n", " ") or type(error).__name__
                print(f"FAIL  {title}: {words[:300]} (line {where.lineno})", flush=True)
        print(f"{self.title}: {len(self.checks) - failed} passed, {failed} failed", flush=True)
        sys.exit(1 if failed else 0)
