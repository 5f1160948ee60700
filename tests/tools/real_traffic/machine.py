"""CPU of processes and of the whole machine, and whether others use it."""

import os
import time
import urllib.error
import urllib.request
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
SAMPLE_S = 0.3


def cpu_of(pid):
    """Seconds of CPU that a process and its descendants have had, in nanoseconds' steps (clock_getcpuclockid(3): the clock of
    another process)."""
    seconds = 0.0
    for one in tree(pid):
        try:
            seconds += time.clock_gettime((~one << 3) | 2)
        except OSError:
            continue  # it has ended
    return seconds


def tree(pid):
    """A process and all that it has started and that still runs."""
    found = [pid]
    for one in found:
        try:
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
        except OSError:
            continue  # it has ended
    return found


def busy():
    """Seconds of CPU that the machine has not been idle since some time; differences of it only.

    What is idle is measured by the kernel, and the rest of /proc/stat sampled by the tick: short turns of many processes that wake
    at the tick, or never at it, are counted wrongly there. So it is the time of all CPUs less what they were idle or stolen."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    idle, iowait, steal = fields[3], fields[4], fields[7]
    return time.monotonic() * os.cpu_count() - (idle + iowait + steal) / TICKS


def own():
    """Seconds of CPU that this process, what it has started and what has ended of that have had."""
    seconds = 0.0
    for pid in tree(os.getpid()):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        seconds += sum(map(int, fields[11:15])) / TICKS  # utime, stime, and those of children that were waited for
    return seconds


class Quiet:
    """Waits until others use little of the machine, and has measured again what they disturbed: for so many seconds in all, so that a
    run ends also where it is never quiet."""

    def __init__(self, limit, patience):
        """limit: what others may have of one CPU; 1 is all of it."""
        self.limit = limit
        self._left = patience

    def wait(self):
        while self._left > 0:
            began = time.monotonic()
            busy_then, own_then = busy(), own()
            time.sleep(SAMPLE_S)
            passed = time.monotonic() - began
            if (busy() - busy_then - (own() - own_then)) / passed <= self.limit:
                return
            self._left -= passed

    def is_enough(self, others, seconds):
        """Whether a measurement of so many seconds is to be kept, in which others had so much of a CPU."""
        if others <= self.limit or self._left <= 0:
            return True
        self._left -= seconds
        return False


def spins(admin_port):
    """What the loops of a Sluice have spun since they started: times and seconds, with and without success; None where it does not
    tell."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{admin_port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
    except (OSError, urllib.error.URLError):
        return None
    sums = {}
    for line in text.splitlines():
        for metric, unit in (("sluice_loop_spins_total", "times"), ("sluice_loop_spin_seconds_total", "seconds")):
            for result in ("hit", "miss"):
                if line.startswith(metric + "{") and f'result="{result}"' in line:
                    key = f"{result} {unit}"
                    sums[key] = sums.get(key, 0.0) + float(line.rsplit(" ", 1)[1])
    return sums if len(sums) == 4 else None


def description():
    """What the machine is, for the head of a report."""
    model = next((l.split(":", 1)[1].strip() for l in Path("/proc/cpuinfo").read_text().splitlines() if l.startswith("model name")), "?")
    return {
        "kernel": os.uname().release,
        "cpu": model,
        "cpus": len(os.sched_getaffinity(0)),
        "congestion": Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip(),
    }
