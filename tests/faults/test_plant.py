"""The faults that `make faults` plants still fit the code: each replaces one line that is there, by one that parses."""

from __future__ import annotations

import ast

import pytest

from tests.faults.plant import FAULTS, ROOT, Fault


def test_there_are_enough_of_them_and_each_has_a_name():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 10


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_replaces_one_line_that_is_there(fault: Fault):
    text = (ROOT / fault.file).read_text("utf-8")
    assert text.count(fault.right) == 1
    assert ast.dump(ast.parse(text.replace(fault.right, fault.wrong))) != ast.dump(ast.parse(text))
