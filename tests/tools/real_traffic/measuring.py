"""Rounds in rotation: each measures every target of a row once, one after the other."""

import time

from . import machine
from .house import Missing, Trouble


class Target:
    """What a load is sent to.

    proxy: Direct or a Proxy. group: the control group that it is in, or None. is_sluice: whether it is what the others are compared
    with. warmup_s: how long it has a load before it is measured: a JVM needs that, and the others get the same."""

    def __init__(self, proxy, warmup_s, is_sluice=False, group=None):
        self.proxy = proxy
        self.name = proxy.name
        self.is_sluice = is_sluice
        self.group = group
        self.warmup_s = warmup_s


class Measuring:
    def __init__(self, house, quiet, say, rounds, seconds):
        self._house = house
        self._quiet = quiet
        self._say = say
        self._rounds = rounds
        self._seconds = seconds

    def row(self, row, targets, server):
        """Returns the figures of each round: a list of maps from a target's name to its figures. What failed is not in it."""
        row.prepare(server)
        live = []
        for target in targets:
            self._say(f"{row.key}: warming up {target.name}")
            if self._attempt(row, target, lambda: self._warm_up(row, target, server)):
                live.append(target)
        rounds = []
        for number in range(self._rounds):
            figures = {}
            for target in order(live, number):
                one = self._attempt(row, target, lambda: self._undisturbed(row, target, server))
                if one:
                    figures[target.name] = one
                    self._say(f"{row.key}: round {number + 1} of {self._rounds}: {target.name}: {one['rate']:,.0f} {row.unit}/s")
            rounds.append(figures)
        return rounds

    def _attempt(self, row, target, action):
        try:
            return action()
        except Trouble as trouble:
            ended = self._house.ended()
            if ended:
                raise Trouble(f"{ended} has ended while {row.key} was measured of {target.name}") from trouble
            self._say(f"{row.key}: {target.name} failed: {trouble}")
            return None

    def _warm_up(self, row, target, server):
        port = target.proxy.port(row.server, server)
        end = time.monotonic() + target.warmup_s
        while True:
            left = max(1, round(end - time.monotonic()))
            (row.warm_up or row.load)(port, min(left, 2))
            if time.monotonic() > end - 0.5:
                break
        target.proxy.spins()  # the first answer loads the classes that make it
        return True

    def _undisturbed(self, row, target, server):
        while True:
            figures = self._once(row, target, server)
            if self._quiet.is_enough(figures["others_cpu"], self._seconds * row.longer):
                return figures
            self._say(f"{row.key}: {target.name}: again, since others had {figures['others_cpu']:.0%} of a CPU")

    def _once(self, row, target, server):
        port = target.proxy.port(row.server, server)
        spins_then = target.proxy.spins()
        self._quiet.wait()
        began = time.monotonic()
        throttled = target.group.throttled() if target.group else 0
        busy, own, cpu = machine.busy(), machine.own(), self._cpu(target)
        result = row.load(port, self._seconds * row.longer)
        cpu, own, busy = self._cpu(target) - cpu, machine.own() - own, machine.busy() - busy
        passed = time.monotonic() - began
        figures = {
            "rate": result.rate,
            "errors": result.errors,
            "machine_cpu": busy / passed,
            "others_cpu": max(0.0, (busy - own) / passed),
        }
        if result.latency_us is not None:
            figures["latency_us"] = result.latency_us
        if target.proxy.pids:
            figures["cpu"] = cpu / passed
        if result.operations:
            figures["machine_us_per_op"] = busy * 1e6 / result.operations
            if target.proxy.pids:
                figures["cpu_us_per_op"] = cpu * 1e6 / result.operations
        if target.group:
            figures["throttled"] = (target.group.throttled() - throttled) / passed
        spins = target.proxy.spins()
        if spins and spins_then:
            for key, value in spins.items():
                figures["spin_" + key.replace(" ", "_") + "_per_s"] = (value - spins_then[key]) / passed
        return figures

    def _cpu(self, target):
        return sum(machine.cpu_of(pid) for pid in target.proxy.pids)


def order(targets, number):
    """Of a round. Two rounds begin with the same one's neighbours, the second going backwards; the next two with the one after it. So
    each is first and last as often as others, and is not always behind the same one, whose caches it would find."""
    first = number // 2 % len(targets) if targets else 0
    turned = targets[first:] + targets[:first]
    return turned[::-1] if number % 2 else turned


def missing_ok(action, left_out, name):
    """What the action returns; None, and the reason put down, where it needs what this machine has not."""
    try:
        return action()
    except Missing as missing:
        left_out[name] = str(missing)
        return None
