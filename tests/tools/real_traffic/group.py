"""A control group (cgroups(7), version 1 or 2) that lets a process use so much CPU."""

import contextlib
import os
import time
from pathlib import Path

from .house import Missing

PERIOD_US = 100_000


class Group:
    def __init__(self, house, name, cpus):
        mount, self._version = _mount()
        self._folder = mount / f"{house.folder.name}-{name}"
        try:
            if self._version == 2:
                control = mount / "cgroup.subtree_control"
                if "cpu" not in control.read_text().split():
                    control.write_text("+cpu")
                    house.at_the_end(_switch_off, control)
            self._folder.mkdir()
            house.at_the_end(self._remove)
            quota = int(cpus * PERIOD_US)
            if self._version == 2:
                (self._folder / "cpu.max").write_text(f"{quota} {PERIOD_US}")
            else:
                (self._folder / "cpu.cfs_period_us").write_text(str(PERIOD_US))
                (self._folder / "cpu.cfs_quota_us").write_text(str(quota))
        except OSError as error:
            raise Missing(f"needs a control group with a quota of CPU, which cannot be made ({error.strerror}: {error.filename})") from None

    def enter(self):
        """Puts this process into it."""
        (self._folder / "cgroup.procs").write_text(str(os.getpid()))

    def throttled(self):
        """Seconds that CPUs have stood still for it."""
        fields = dict(line.split() for line in (self._folder / "cpu.stat").read_text().splitlines())
        return int(fields["throttled_usec"]) / 1e6 if self._version == 2 else int(fields["throttled_time"]) / 1e9

    def _remove(self):
        # The kernel may take a moment after the last process has been waited for.
        for _ in range(20):
            with contextlib.suppress(OSError):
                self._folder.rmdir()
                return
            time.sleep(0.05)


def _switch_off(control):
    """As it was before; unless somebody else has begun to use it, whom the kernel does not take it from."""
    with contextlib.suppress(OSError):
        control.write_text("-cpu")


def _mount():
    """Where the CPU controller is mounted, and its version."""
    second = None
    for line in Path("/proc/mounts").read_text().splitlines():
        _, folder, kind, options, *_ = line.split()
        if kind == "cgroup" and "cpu" in options.split(","):
            return Path(folder), 1
        if kind == "cgroup2" and "cpu" in (Path(folder) / "cgroup.controllers").read_text().split():
            second = Path(folder)
    if second is None:
        raise Missing("needs control groups with the CPU controller")
    return second, 2
