"""Errors that a person can act on."""

import pickle
from itertools import pairwise

import pytest

from edgeline import errors

CODES = {
    "EdgelineError": 1,
    "RecipeError": 2,
    "GateMissed": 3,
    "Tampered": 4,
    "EnvironmentUnfit": 5,
    "ServiceUnavailable": 5,
    "WorkspaceBusy": 5,
    "NotAnchored": 6,
}


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_every_error_has_its_exit_code(name: str, code: int) -> None:
    assert getattr(errors, name).exit_code == code


def test_the_message_says_what_to_do() -> None:
    error = errors.RecipeError(expected="a number", found="'x'", remedy="write a number")
    assert str(error) == "expected a number; found 'x'; write a number"


def test_an_error_survives_a_trip_between_processes() -> None:
    error = errors.Tampered(expected="a", found="b", remedy="c")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is errors.Tampered
    assert (again.expected, again.found, again.remedy) == ("a", "b", "c")


def test_callers_may_catch_what_they_would_expect() -> None:
    bases = (errors.ServiceUnavailable, errors.EnvironmentUnfit, errors.EdgelineError, Exception)
    assert all(issubclass(narrow, wide) for narrow, wide in pairwise(bases))
    assert issubclass(errors.ServiceUnavailable, ConnectionError)
    assert issubclass(errors.RecipeError, ValueError)
