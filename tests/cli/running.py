"""How tests of `hiddenmix fit` run it, and read what it wrote."""

import csv

from click.testing import CliRunner

from hiddenmix.cli import main

QUICK = ("-k", "3", "--shape", "tied", "--starts", "3")
PLAIN = ("--no-pictures",)


def run(*args):
    return CliRunner().invoke(main, [str(a) for a in args], prog_name="hiddenmix")


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
