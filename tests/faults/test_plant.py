"""The faults that `make faults` plants still fit the code: each replaces one line that is there, by one that parses."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.plant import FAULTS, ROOT, Fault
from tests.faults.switch import switched


def test_there_are_enough_of_them_and_each_has_a_name():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 10


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_replaces_one_line_that_is_there(fault: Fault):
    text = (ROOT / fault.file).read_text("utf-8")
    assert text.count(fault.right) == 1
    assert ast.dump(ast.parse(text.replace(fault.right, fault.wrong))) != ast.dump(ast.parse(text))


RIGHT = """'''Words.'''

def f(a, b):
    if a > b:
        c = a
    else:
        c = b
    return c
"""


def played(text: str, switch: int) -> Callable[[int, int], int]:
    """`f` of a switched source, with one fault on."""
    known: dict[str, Any] = {"planted": lambda n: int(n == switch)}
    exec(text.replace("from simcore.kernel.planted import planted", ""), known)
    return known["f"]


def test_one_source_holds_many_faults_and_each_has_its_switch():
    changes = [
        (3, RIGHT.replace("c = a", "c = -a")),
        (4, RIGHT.replace("a > b", "a < b")),
        (5, RIGHT.replace("c = b", "c = 0")),
    ]
    text = switched(RIGHT, changes)
    # off: the larger; 3: minus a where a is larger; 4: the smaller; 5: nothing where b is
    assert [[played(text, n)(*pair) for pair in ((2, 1), (1, 2))] for n in (-1, 3, 4, 5)] == [
        [2, 2],
        [-2, 2],
        [1, 1],
        [2, 0],
    ]


@pytest.mark.parametrize("file", sorted({fault.file for fault in FAULTS if fault.in_kernel}))
def test_the_kernel_with_its_faults_asks_for_each_once(file: str):
    right = (ROOT / file).read_text("utf-8")
    changes = [(n, fault.planted(right)) for n, fault in enumerate(FAULTS) if fault.file == file]
    text = switched(right, changes)
    assert [text.count(f"planted({n}) != 0") for n, _ in changes] == [1] * len(changes)
