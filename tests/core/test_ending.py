"""How Ctrl-C ends a command: told at once, closed beside the work in hand, never waited for twice."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import signal, sys, time
from edgeline.cli.ending import ended_by_ctrl_c

def cancel():
    print("cancelled", flush=True)
    {cancelling}

with ended_by_ctrl_c("the run", cancel):
    print("at work", flush=True)
    {work}
"""
WORK_THAT_HEEDS_NOTHING = "[None for _ in iter(int, 1) if time.sleep(0.01)]"
WORK_THAT_FAILS = "signal.raise_signal(signal.SIGINT); raise OSError('its server is gone')"


def started(work: str, cancelling: str = "pass") -> subprocess.Popen[str]:
    code = PROGRAM.format(work=work, cancelling=cancelling)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", code], text=True, **pipes)
    assert process.stdout
    assert process.stdout.readline() == "at work\n"
    return process


@pytest.mark.parametrize("cancelling", ["pass", "raise OSError('MLflow is away')"])
def test_it_is_told_at_once_and_ends_whatever_the_work_does(cancelling: str) -> None:
    with started(WORK_THAT_HEEDS_NOTHING, cancelling) as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == "cancelled\n"
    first, last = err.splitlines()
    assert first == "stopping; Ctrl-C again ends it now"
    assert last == (
        "edgeline: expected the run to reach its end; found an interruption; "
        "the same command goes on where this one stopped"
    )


def test_a_second_one_waits_for_nothing() -> None:
    with started(WORK_THAT_HEEDS_NOTHING, "time.sleep(1000)") as process:
        process.send_signal(signal.SIGINT)
        assert process.stdout
        assert process.stdout.readline() == "cancelled\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.startswith("stopping")


def test_what_fails_because_it_ends_is_not_what_is_told() -> None:
    with started(WORK_THAT_FAILS) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "an interruption" in err


def test_work_that_ends_by_itself_is_none() -> None:
    with started("pass") as process:
        assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0
