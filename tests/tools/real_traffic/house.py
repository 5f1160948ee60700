"""The folder, the ports and the processes of a run. All of it ends with the run, however that ends."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

NOBODY = 65534
PR_SET_PDEATHSIG = 1
START_S = 60
STOP_S = 4

libc = ctypes.CDLL(None, use_errno=True)


class Trouble(Exception):
    """Why a run cannot go on, in one line."""


class Missing(Exception):
    """What a row or a target needs and this machine has not: it is left out, and this says why."""


def find(program, *folders):
    """The path of a program, on PATH, in these folders, or where Debian has its daemons; None without it."""
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    return shutil.which(program, path=path)


def needs(program, package, *folders):
    found = find(program, *folders)
    if found is None:
        raise Missing(f"needs {program} (Debian package {package})")
    return found


def version(program, option):
    """The first line of what a program calls itself."""
    return said([program, option], 60).strip().split("\n", 1)[0]


def said(words, seconds):
    """What a program says of itself, on stdout and stderr, whether or not it succeeds."""
    try:
        return subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
        ).stdout
    except subprocess.TimeoutExpired:
        raise Trouble(f"{words[0]} still ran after {seconds:.0f} s") from None
    except OSError as error:
        raise Trouble(f"{words[0]}: {error.strerror}") from None


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"


def output(words, seconds, as_nobody=False):
    """What a command prints on stdout. It is killed when it takes longer, and when this process ends.

    A deadline is no politeness: a load that hangs would hold up all that is behind it."""
    name = Path(words[0]).name
    try:
        done = subprocess.run(
            [str(word) for word in words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=seconds,
            **_child(signal.SIGKILL, as_nobody),
        )
    except subprocess.TimeoutExpired:
        raise Trouble(f"{name} still ran after {seconds:.0f} s") from None
    except OSError as error:
        raise Trouble(f"{name}: {error.strerror}") from None
    if done.returncode != 0:
        raise Trouble(f"{name} failed: {last_line(done.stderr or done.stdout)}")
    return done.stdout


def _child(dies_of, as_nobody, cpus=None, enter=None):
    """How every process is started: in a session of its own, since Ctrl-C is for this process, which ends them in order; and so that
    even kill -9 of this process ends it (prctl(2)).

    as_nobody: as the user nobody, where this one is root. enter: called in the new process, as this user."""
    parent = os.getpid()

    def before_exec():
        if cpus is not None:
            os.sched_setaffinity(0, cpus)
        if enter is not None:
            enter()
        if as_nobody and os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        # Behind the change of users, which clears it.
        libc.prctl(PR_SET_PDEATHSIG, int(dies_of), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return {"cwd": "/", "stdin": subprocess.DEVNULL, "start_new_session": True, "preexec_fn": before_exec}


class House:
    def __init__(self, first_port):
        self._next_port = first_port
        self._running = []  # (name, process, signal that stops it)
        self._last_words = contextlib.ExitStack()

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="sluice-real-traffic-"))
        self.folder.chmod(0o711)  # servers that are another user go through
        return self

    def __exit__(self, *_):
        # Nothing may keep the rest from being ended.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        while self._running:
            self.stop(self._running[-1][1])
        self._last_words.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def at_the_end(self, action, *arguments):
        """Does this when all processes have ended."""
        self._last_words.callback(action, *arguments)

    def subfolder(self, name, for_nobody=False):
        folder = self.folder / name
        folder.mkdir()
        if for_nobody and os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        return folder

    def port(self):
        """A port of loopback that nobody has: the next one from the first on."""
        while self._next_port < 65536:
            port = self._next_port
            self._next_port += 1
            with socket.socket() as probe:
                try:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue
        raise Trouble("no port is free: --port says where to begin")

    def start(self, name, words, ports, *, as_nobody=False, stop=signal.SIGTERM, env=None, cpus=None, enter=None):
        """Starts a server and waits until it accepts connections at all its ports.

        as_nobody: not as root, where this is root. cpus: those that it may use, if not those of this process. enter: called in the
        new process before it becomes the server.
        stop: the signal that ends it at once."""
        log = self.folder / f"{name.replace(' ', '-').replace('/', '-')}.log"
        with log.open("wb") as said:
            try:
                process = subprocess.Popen(
                    [str(word) for word in words], stdout=said, stderr=said, env=env, **_child(stop, as_nobody, cpus, enter)
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise Trouble(f"{name} does not start: {error}") from None
        self._running.append((name, process, stop))
        end = time.monotonic() + START_S
        while not all(accepts(port) for port in ports):
            if process.poll() is not None:
                raise Trouble(f"{name} does not start: {last_line(log.read_text(errors='replace'))}")
            if time.monotonic() > end:
                raise Trouble(f"{name} accepts no connections after {START_S} s")
            time.sleep(0.05)
        return process

    def stop(self, process):
        """Ends one, and does not return before it has ended."""
        entry = next(entry for entry in self._running if entry[1] is process)
        self._running.remove(entry)
        if process.poll() is None:
            process.send_signal(entry[2])
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                # Its group is its own: start_new_session.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def ended(self):
        """The name of one that has ended although nobody wanted it to; None if there is none."""
        return next((name for name, process, _ in self._running if process.poll() is not None), None)


def accepts(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
