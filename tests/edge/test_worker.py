"""A worker without a server: what it refuses before it connects, and how it says so."""

import asyncio
import shutil
from pathlib import Path

import pytest

from edgeline.artifact import Artifact
from edgeline.errors import RecipeError, ServiceUnavailable
from edgeline.serving.broker import connect
from edgeline.serving.worker import ADDRESS, main, subject

# Port 1 is nobody's: nothing listens there unless it is asked to.
NOBODY = "nats://secret@127.0.0.1:1"


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADDRESS, NOBODY)


def test_models_never_share_a_subject() -> None:
    assert subject("0123456789abcdef" + "0" * 48, 1) == "edgeline.0123456789abcdef.1"
    assert subject("f" * 64, 0) != subject("e" * 64, 0)


def test_a_changed_part_is_refused_before_anything_else(
    golden_artifact: Artifact, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = shutil.copytree(golden_artifact.folder, tmp_path / golden_artifact.digest)
    (copy / "parts" / "1.onnx").write_bytes(b"")
    assert main([str(copy), "1"]) == 4
    said = capsys.readouterr()
    assert "parts/1.onnx" in said.err
    assert said.out == ""


def test_without_a_server_the_worker_ends(
    golden_artifact: Artifact, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(golden_artifact.folder), "0"]) == 5
    said = capsys.readouterr().err
    assert "a NATS server at nats://127.0.0.1:1;" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    "arguments", [[], ["a"], ["a", "x"], ["a", "0", "--other"], ["a", "0", NOBODY]]
)
def test_wrong_arguments_are_answered_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert "FOLDER INDEX [--follow], with NATS_URL set" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["nats://192.0.2.1:4222", "http://127.0.0.1:4222", "127.0.0.1", ""])
def test_frames_never_cross_a_network_in_the_clear(url: str) -> None:
    async def try_it() -> None:
        async with connect(url):
            pass

    with pytest.raises(RecipeError, match="tls://"):
        asyncio.run(try_it())


def test_nobody_at_the_address_is_a_missing_service() -> None:
    async def try_it() -> None:
        async with connect(NOBODY):
            pass

    with pytest.raises(ServiceUnavailable, match="edgeline up"):
        asyncio.run(try_it())
