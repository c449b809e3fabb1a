# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory of its own for a test, with files in it, and scripts that are run there."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tap import run  # noqa: E402


def enter_home():
    """Makes a directory that is current and is the home directory; returns its path."""
    home = tempfile.mkdtemp()
    os.environ.update(HOME=home)
    os.chdir(home)
    return home


def write(name, content):
    """Returns the name."""
    with open(name, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode(errors="surrogateescape"))
    return name


def read(name):
    with open(name, "rb") as file:
        return file.read()


def read_text(name):
    return read(name).decode()


def script(text, *words, **more):
    """Status, standard output and standard error of a script that is called "script"."""
    status, out, err = run("-f", write("script", text), *words, **more)
    return status, out.decode(), err.decode()
