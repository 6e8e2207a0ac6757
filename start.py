"""Install hiddenmix into a private environment beside this file, and run it.

    python3 start.py                  fit the built-in penguins and write out/penguins
    python3 start.py test             the whole gate: lint, types, imports, docs, tests
    python3 start.py test ruff mypy   some steps of it
    python3 start.py lock             write requirements-lock.txt again, from the newest versions

Needs Python 3.11 or newer and nothing else. Each command is printed before it runs. The environment is
`.venv`; it is kept, and the installation is repeated only when pyproject.toml or the lock file changes.
"""

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.abspath(__file__))
OLDEST = (3, 11)
NEEDED = "Python 3.11 or newer"
VENV = ".venv"
LOCK = "requirements-lock.txt"
DEMO = ["hiddenmix", "fit", "penguins", "--labels", "species,island,sex,year", "--out", "out/penguins"]
STEPS = {
    "ruff": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "imports": ["lint-imports"],
    "docs": ["sphinx-build", "-W", "--keep-going", "-E", "-q", "docs", "docs/_build/html"],
    "pytest": ["pytest", "-n", "logical", "--maxprocesses", "8", "--dist", "worksteal", "--durations", "10"],
}
# Workers share the cores among themselves; a BLAS that starts threads in each of them only slows all down.
STEP_ENV = {"pytest": {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}}


def say(text):
    print(f"start.py: {text}", flush=True)


def stop(text):
    print(f"start.py: {text}", file=sys.stderr, flush=True)
    raise SystemExit(1)


def run(command, env=None):
    """Print a command, run it in the repository's root and return its exit code."""
    shown = [f"{name}={value}" for name, value in (env or {}).items()]
    print("$ " + " ".join(shown + [shlex.quote(word) for word in command]), flush=True)
    return subprocess.call(command, env={**os.environ, **(env or {})})


def tool(name, venv=VENV):
    """Path of a program of the environment, relative to the root."""
    return os.path.join(venv, "Scripts" if os.name == "nt" else "bin", name)


def works(python):
    """Whether this program is a Python that is new enough."""
    check = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        return subprocess.call([python, "-c", check], **quiet) == 0
    except OSError:
        return False


def start_again_with_newer_python():
    """This Python is too old: hand over to a newer one on the PATH, or say what is needed."""
    here = f"{sys.executable} is Python {sys.version.split()[0]}; hiddenmix needs {NEEDED}"
    for minor in range(OLDEST[1], 30):
        newer = shutil.which(f"python3.{minor}")
        if newer and works(newer):
            say(f"{here}. Going on with {newer}.")
            raise SystemExit(run([newer, *sys.argv]))
    stop(
        f"{here}, and no python3.11, python3.12, ... was found on the PATH.\n"
        "  Install one (Debian and Ubuntu: sudo apt install python3.11 python3.11-venv; macOS: brew install "
        "python; Windows: winget install Python.Python.3.13)\n"
        "  and start again with its name: python3.11 start.py"
    )


def make_environment(venv=VENV):
    """Make the environment unless there is one that works."""
    if os.path.exists(venv):
        if works(tool("python", venv)):
            return
        say(f"{venv} no longer has a {NEEDED} that works; making it again")
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        stop(
            f"{sys.executable} comes without ensurepip, which is needed to make {venv}.\n"
            f"  Debian and Ubuntu: sudo apt install python{version}-venv    and then start again"
        )
    if run([sys.executable, "-m", "venv", "--clear", venv]) != 0:
        stop(f"{venv} could not be made; the message above says why")


def install(extras):
    """Install hiddenmix with these extras, unless that was done since pyproject.toml or the lock changed."""
    make_environment()
    digest = hashlib.sha256(ROOT.encode())  # an environment that was moved must be installed again
    for name in ("pyproject.toml", LOCK):
        with open(name, "rb") as file:
            digest.update(file.read())
    stamp = os.path.join(VENV, "installed.txt")
    if os.path.exists(stamp):
        with open(stamp) as file:
            seen, *present = file.read().split()
        if seen == digest.hexdigest() and set(extras) <= set(present):
            return
        os.remove(stamp)
    say("installing; this takes a minute or two, and the next start skips it")
    pip = [tool("python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    wanted = ["--editable", f".[{','.join(extras)}]"]
    if run([*pip, "--constraint", LOCK, *wanted]) != 0:
        say(f"the versions in {LOCK} (made for CPython 3.11 on Linux) could not be installed here;")
        say("trying without them: whatever versions pyproject.toml allows")
        if run([*pip, *wanted]) != 0:
            stop("the installation failed; pip's message above says why")
    with open(stamp, "w") as file:
        file.write(" ".join([digest.hexdigest(), *extras]))


def gate(names):
    """Run steps of the gate, all of them even when one fails, and print how each went."""
    went = []
    for name in names:
        print(f"\n--- {name} ---", flush=True)
        started = time.monotonic()
        command = [tool(STEPS[name][0]), *STEPS[name][1:]]
        code = run(command, STEP_ENV.get(name))
        went.append((name, code, time.monotonic() - started))
    print("\nThe gate, step by step:")
    for name, code, seconds in went:
        print(f"  {name:8} {'ok' if code == 0 else f'FAILED (exit code {code})':25} {seconds:7.1f} s")
    failed = [name for name, code, _ in went if code != 0]
    print(f"The gate is red: {', '.join(failed)}." if failed else "The gate is green.", flush=True)
    return 1 if failed else 0


def lock():
    """Write the lock file: names and versions, nothing about where they came from."""
    if sys.version_info[:2] != OLDEST:
        stop("the lock file is for Python 3.11: python3.11 start.py lock")
    with tempfile.TemporaryDirectory() as folder:
        fresh = os.path.join(folder, "venv")
        make_environment(fresh)
        pip = [tool("python", fresh), "-m", "pip", "--disable-pip-version-check"]
        if run([*pip, "install", "--quiet", "--editable", ".[all,dev]"]) != 0:
            stop("the installation failed; pip's message above says why")
        frozen = subprocess.check_output([*pip, "freeze", "--exclude-editable"], universal_newlines=True)
    pins = [line for line in frozen.splitlines() if "==" in line]
    with open(LOCK, "w") as file:
        file.write("# The gate passes with these versions (CPython 3.11, Linux). Made by: python3 start.py lock\n")
        file.write("\n".join(pins) + "\n")
    say(f"{LOCK}: {len(pins)} packages")
    return 0


def main(words):
    os.chdir(ROOT)
    if words[:1] == ["test"] and set(words[1:]) <= set(STEPS):
        install(["all", "dev"])
        return gate(words[1:] or list(STEPS))
    if words == ["lock"]:
        return lock()
    if words:
        print(f"{__doc__}\nSteps: {', '.join(STEPS)}")
        return 0 if words[0] in ("-h", "--help") else 2
    install(["all"])
    return run([tool(DEMO[0]), *DEMO[1:]])


if __name__ == "__main__":
    try:
        if sys.version_info < OLDEST:
            start_again_with_newer_python()
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
