"""Chromium of this machine on pages made for the test, opened from the disk as a reader opens them."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edgeline import merkle
from edgeline.auditing import page as pages
from edgeline.auditing.answers import VALID, Entry, Status
from edgeline.digest import canonical_json, sha256_bytes
from edgeline.provenance.record import Deployment

STRANGER = "evil.example"
NAMES = ("chromium", "chromium-browser", "google-chrome")
ACCOUNT = f"0x{'a1' * 20}"
NOON = 1_795_521_600
DEPLOYMENT = Deployment(1337, f"0x{'0e' * 32}", f"0x{'c0' * 20}", f"0x{'cd' * 32}")
FILE = b"weights of a network"
ROUNDS = 12

Document = dict[str, Any]


def document(
    kind: str, subjects: dict[str, str], parents: list[str], about: dict[str, Any]
) -> Document:
    """A statement as its canonical JSON has it, with whatever names a test wants."""
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": "urn:edgeline:lineage:1",
        "predicate": {"kind": kind, "parents": sorted(parents), "about": about},
        "subject": [
            {"name": name, "digest": {"sha256": digest}} for name, digest in subjects.items()
        ],
    }


def entry(made: Document, block: int, tree: str = "") -> pages.Exhibit:
    """Anchored alone, where no tree is named: the events say kind, subject and parents too."""
    predicate = made["predicate"]
    about = predicate["about"]
    name = f"{about.get('recipe', '')} {about.get('number', about.get('index', ''))}".strip()
    numbers = (f"0x{hashlib.sha256(f'{what} {block}'.encode()).hexdigest()}" for what in "bt")
    known = Entry(
        sha256_bytes(canonical_json(made)),
        predicate["kind"],
        made["subject"][0]["digest"]["sha256"],
        name or made["subject"][0]["name"],
        ACCOUNT,
        NOON + 60 * block,
        block,
        next(numbers),
        next(numbers),
        tree,
        tuple(predicate["parents"]),
        Status(VALID),
        about,
    )
    return pages.Exhibit(known, made)


def subject(name: str) -> str:
    return sha256_bytes(name.encode())


def line(rounds: int = ROUNDS) -> list[pages.Exhibit]:
    """What one build leaves on the chain: 8 statements and one for each round."""
    entries: list[pages.Exhibit] = []

    def add(kind: str, name: str, parents: list[int], **about: Any) -> int:
        subjects = {name: subject(f"{kind} {about}")}
        if kind == "artifact":
            subjects |= {"model.onnx": sha256_bytes(FILE), "preprocessing.json": subject("pre")}
        digests = [entries[at].entry.statement for at in parents]
        entries.append(entry(document(kind, subjects, digests, about), len(entries) + 5))
        return len(entries) - 1

    data = add(
        "data", "card.json", [], recipe="digits", revision="d41d8cd98f00b204e9800998ecf8427e"
    )
    pretrained = add("pretrained", "checkpoint.safetensors", [], recipe="digits")
    tuned = add("tuned", "checkpoint.safetensors", [data, pretrained], recipe="digits")
    last = add("small", "checkpoint.safetensors", [data, tuned], recipe="digits")
    for number in range(1, rounds + 1):
        last = add("round", "checkpoint.safetensors", [data, last], recipe="digits", number=number)
    artifact = add("artifact", "manifest.json", [data, last], recipe="digits")
    for index in (0, 1):
        add("part", f"parts/{index}.onnx", [artifact], recipe="digits", index=index, of=2)
    add("release", "manifest.json", [artifact], recipe="digits", validation="0.9690")
    return entries


def tree(documents: list[Document], block: int) -> list[pages.Exhibit]:
    """Anchored together: the tree itself, and every statement in it."""
    digests = [bytes.fromhex(sha256_bytes(canonical_json(made))) for made in documents]
    built = merkle.build(digests)
    size, root = built.size, built.root.hex()
    identity = merkle.tree_id(built.root, size).hex()
    inside = [entry(made, block, identity) for made in documents]
    known = replace(
        inside[0].entry, statement=identity, kind="tree", subject=root, tree="", about={}
    )
    known = replace(known, name=f"{size} statements")
    members = tuple(one.entry.statement for one in inside)
    return [pages.Exhibit(known, size=size, members=members), *inside]


def readings(count: int) -> list[Document]:
    """Statements about small files, as many as a tree shall hold."""
    return [
        document("data", {f"reading {at}.csv": subject(f"reading {at}")}, [], {"recipe": "meter"})
        for at in range(count)
    ]


def page_of(entries: list[pages.Exhibit]) -> pages.Page:
    return pages.Page("local", DEPLOYMENT, 99, f"0x{'99' * 32}", NOON + 7200, entries)


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """What pages are made of, by name."""
    makers = (altered, document, entry, line, page_of, readings, subject, tree)
    return SimpleNamespace(**{maker.__name__: maker for maker in makers})


@dataclass(frozen=True)
class Tab:
    """One page open in the browser, and all that it asked of the network or complained about."""

    path: Path
    page: Any
    requests: list[str]
    complaints: list[str]

    def show(self, content: bytes, at: str = "") -> None:
        """Open these bytes as a file, and wait until the page has checked itself."""
        self.path.write_bytes(content)
        self.page.goto(f"{self.path.as_uri()}{at}")
        # nothing is in a shadow tree, and to look for one takes longer than the page for its checks
        self.page.wait_for_selector("css:light=body[data-checked]")

    def choose(self, digest: str) -> Any:
        """What is folded under this address, opened."""
        self.page.evaluate("digest => { location.hash = digest }", digest)
        self.page.wait_for_selector(f"details[open][id^='{digest[:12]}'] .checks li")
        return self.page.locator(f"details[id^='{digest[:12]}']")

    def search(self, words: str) -> list[str]:
        """Kinds and names of what is listed for these words."""
        self.page.get_by_label("Search").fill(words)
        return self.listed()

    def listed(self) -> list[str]:
        titles = self.page.locator("details:not([hidden]) summary")
        found = titles.evaluate_all(
            "all => all.map(one => [...one.querySelectorAll('bdi')].map(part => part.textContent).join(' '))"
        )
        return list(found)

    def check(self, digest: str, about: str) -> str:
        """How a check of a statement ended: pass, fail or none."""
        line = self.choose(digest).locator(f"[data-check={about}]")
        return str(line.get_attribute("data-state"))

    @property
    def verdict(self) -> str:
        return str(self.page.inner_text("#verdict"))

    @property
    def alarm(self) -> str:
        return str(self.page.inner_text("#alarm"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One browser for the tests of a file: what drives it may not outlive them in this process."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        missing = f"none of {', '.join(NAMES)} is on the path"
        if os.environ.get("CI"):
            pytest.fail(f"{missing}; apt-get install chromium")
        pytest.skip(missing)
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        # Chromium's sandbox refuses to work for root.
        started = driver.chromium.launch(
            executable_path=path,
            chromium_sandbox=os.geteuid() != 0,
            # a stranger's name that leads to this machine, as after DNS rebinding
            args=[f"--host-resolver-rules=MAP {STRANGER} 127.0.0.1"],
        )
        yield started
        started.close()


Open = Callable[..., Tab]

PATIENCE_MS = 240_000
"""For everything that is asked of a page: a busy machine decides no test."""


@pytest.fixture
def open_file(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens a page in a tab of its own that can reach no network."""
    contexts = []

    def open_bytes(content: bytes, at: str = "", **how: Any) -> Tab:
        context = browser.new_context(offline=True, **how)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        tab = Tab(tmp_path / "page.html", context.new_page(), [], [])
        tab.page.on("request", lambda asked: tab.requests.append(asked.url))
        tab.page.on("console", lambda message: tab.complaints.append(message.text))
        tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.show(content, at)
        return tab

    yield open_bytes
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(open_file: Open) -> Open:
    """Opens a page about these entries."""

    def opened(exhibits: list[pages.Exhibit], at: str = "", **how: Any) -> Tab:
        return open_file(pages.render(page_of(exhibits)), at, **how)

    return opened


def altered(content: bytes, change: Callable[[Any], None]) -> bytes:
    """The page with other data: what a careful forger does, who leaves the rest as it was."""
    start = content.index(b'id="data">') + len(b'id="data">')
    end = content.index(b"</script>", start)
    data = json.loads(content[start:end])
    change(data)
    return content[:start] + json.dumps(data).encode() + content[end:]
