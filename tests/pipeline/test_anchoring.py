"""The chain in the life of a project: away, back again, wiped, and asked about what must not be used any more.

Takes twenty seconds: one test makes and registers three models.
"""

import json
import sqlite3

import pytest

from edgeline.workspace import Workspace
from tests.pipeline.checkout import quick

pytestmark = pytest.mark.xdist_group("line")

NOWHERE = {"WEB3_PROVIDER_URI": "http://127.0.0.1:9"}


def anchored(project):
    """(kind, subject) of every statement that the chain knows."""
    entries = project.ask("audit", "log")["entries"]
    return [(entry["kind"], entry["subject"]) for entry in entries]


def test_every_product_of_the_line_is_anchored_with_its_parents(built, project):
    asked = project.edgeline("audit", "lineage", built["artifact"]["digest"], "--up", "--json")
    assert asked.returncode == 0, asked.stderr
    kinds = [kind for kind, _ in anchored(project)]
    for kind in ("data", "pretrained", "tuned", "small", "round", "part", "artifact", "release"):
        assert kind in kinds
    came_from = [entry["kind"] for entry in json.loads(asked.stdout)["entries"]]
    # so quick a run may keep the network that the rounds began with
    assert [kind for kind in came_from if kind != "round"] == [
        *("data", "pretrained", "tuned", "small", "part", "part", "artifact", "release")
    ]


def test_rounds_follow_one_another_with_a_root_over_the_updates(built, project):
    entries = json.loads(project.edgeline("audit", "log", "--json").stdout)["entries"]
    ours = [one for one in entries if one["kind"] == "round" and one["about"]["recipe"] == "digits"]
    asked = project.edgeline("audit", "round", ours[0]["subject"], "--json")
    assert asked.returncode == 0, asked.stderr
    first, second = json.loads(asked.stdout)["rounds"][:2]
    assert [(one["number"], one["clients"]) for one in (first, second)] == [(1, 10), (2, 10)]
    assert second["previous"] == first["entry"]["statement"]
    assert len(first["updates"]) == 64


def test_receipt_proves_the_whole_history_without_a_network(built, project):
    folder = project.root / built["artifact"]["path"]
    offline = project.edgeline("verify", str(folder), "--offline", "--json", env=NOWHERE)
    assert offline.returncode == 0, offline.stderr
    assert json.loads(offline.stdout)["level"] == 2


def test_the_key_of_the_chain_is_in_one_file_alone(built, project):
    home = Workspace(project.root)
    assert home.chain_key.stat().st_mode & 0o777 == 0o600
    secret = bytes.fromhex(home.chain_key.read_text().strip()[2:])
    kept = [path for path in home.state.rglob("*") if path.is_file() and path != home.chain_key]
    assert kept
    contents = (path.read_bytes() for path in kept)
    assert not [one for one in contents if secret in one or secret.hex().encode() in one]


def test_chain_that_is_away_is_waited_for_by_nobody(chainless, monkeypatch):
    chainless.run("rehearse.items=20")
    changed = quick("quantise.calibration_items=60")
    done = chainless.edgeline("run", "digits", *changed, "--json", env=NOWHERE)
    assert done.returncode == 0, done.stderr
    assert "no chain answers at http://127.0.0.1:9, as WEB3_PROVIDER_URI says" in " ".join(
        done.stderr.split()
    )
    summary = json.loads(done.stdout)
    assert "127.0.0.1:9" in summary["anchor"]["pending"]
    assert chainless.edgeline("verify", summary["artifact"]["path"]).returncode == 6
    registry = chainless.tracked(monkeypatch)
    number = summary["registered"]["version"]
    assert registry.get_model_version("digits", number).tags["transaction"] == "pending"

    again = chainless.run("quantise.calibration_items=60")

    assert again["artifact"] == summary["artifact"]
    assert not again["anchor"]["pending"]
    assert chainless.edgeline("verify", summary["artifact"]["path"]).returncode == 0
    tags = registry.get_model_version("digits", number).tags
    assert tags["transaction"] == again["anchor"]["transaction"]
    known = anchored(chainless)
    assert len(known) == len(set(known))

    revoked_data_stop_what_is_made_of_them(chainless, summary)


def revoked_data_stop_what_is_made_of_them(project, summary):
    revoked = project.edgeline(
        "chain", "revoke", str(project.root / "data" / "digits"), "--reason", "data withdrawn"
    )
    assert revoked.returncode == 0, revoked.stderr
    refused = project.edgeline("verify", summary["artifact"]["path"])
    assert refused.returncode == 7
    assert "data withdrawn" in refused.stderr
    stopped = project.edgeline("run", "digits", *quick("quantise.calibration_items=50"))
    assert stopped.returncode == 7
    assert "revoked" in stopped.stderr
    waiting = project.root / ".edgeline" / "anchoring" / "local" / "outbox.db"
    with sqlite3.connect(waiting) as outbox:
        assert outbox.execute("PRAGMA integrity_check").fetchone() == ("ok",)
