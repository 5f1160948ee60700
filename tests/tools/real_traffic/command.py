"""The command: its options, and a run from its first server to its last table."""

import argparse
import datetime
import os
import re
import signal
import sys
import time
from pathlib import Path

from . import machine, report, rows, servers
from .group import Group
from .house import House, Missing, Trouble
from .measuring import Measuring, Target, missing_ok
from .proxies import Direct, Peers, build_sluice, start_sluice

CHECKOUT = Path(__file__).resolve().parents[3]
PEERS = ("direct", *Peers.NAMES)
PATIENCE_S = 60
# What rows that compare Sluice with itself have anyway, the first being what the others are compared with.
OWN_SETTINGS = ("0", "auto")


class Parser(argparse.ArgumentParser):
    def error(self, message):
        """In one line, without the usage."""
        self.exit(2, f"{self.prog}: {message}\n")


def options(words):
    parser = Parser(
        prog="real-traffic",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Starts PostgreSQL, Redis and nginx on loopback, Sluice and other proxies in front of them, and measures real clients\n"
        "through each: rate, latency, CPU of the proxy and of the whole machine. All of it ends with the command.\n"
        "What is missing on this machine is left out, and named. All rows take about 25 minutes; those with a group (quota1, quota16)\n"
        "need root, which builds nothing in another user's checkout.",
        epilog="rows:\n" + "\n".join(f"  {row.key:9} {row.text}" for row in rows.ALL),
    )
    all_rows = ",".join(row.key for row in rows.ALL)

    def option(name, metavar, text, **more):
        parser.add_argument(name, metavar=metavar, help=text, **more)

    option("--rows", "LIST", "what is measured: keys from below, with commas (all)", default=all_rows)
    option("--rounds", "N", "how often each target is measured (5)", type=_whole(1, 1000), default=5)
    option("--seconds", "S", "how long each time (3)", type=_whole(1, 3600), default=3)
    warmup = "how long each target is warmed up before, by the row's load, or one that does more of the same (8)"
    option("--warmup", "S", warmup, type=_whole(1, 3600), default=8)
    option("--build", "[NAME=]DIR", "a checkout whose Sluice is measured; more than once: each (this one)", action="append", default=[])
    option("--busy-poll", "LIST", "values of that key, with commas: measured beside the default, in processes of their own", default="")
    option("--peers", "LIST", "whom it is compared with, or none (%(default)s)", default=",".join(map(_hyphened, PEERS)))
    option("--proxy-cpus", "LIST", "CPUs of the proxies, as in 0,2-3 (all)", type=_cpus)
    option("--load-cpus", "LIST", "CPUs of servers and clients (all)", type=_cpus)
    option("--haproxy", "FILE", "the HAProxy (that of PATH)")
    option("--port", "N", "ports are from here on, where they are free (22000)", type=_whole(1024, 65000), default=22000)
    quiet = "how much of one CPU others may use: it waits and repeats for that, a minute in all (10)"
    option("--quiet", "PERCENT", quiet, type=_whole(0, 10000), default=10)
    option("--json", "FILE", "where to write all figures")
    return parser, parser.parse_args(words)


def _whole(lowest, highest):
    def parse(text):
        if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
            raise argparse.ArgumentTypeError(f"{text} is no whole number from {lowest} to {highest}")
        return int(text)

    return parse


def _cpus(text):
    found = set()
    for part in text.split(","):
        numbers = re.fullmatch(r"([0-9]{1,6})(?:-([0-9]{1,6}))?", part)
        if numbers is None:
            raise argparse.ArgumentTypeError(f"{text!r} is no list of CPUs such as 0,2-3")
        first, last = numbers.groups()
        found.update(range(int(first), int(last or first) + 1))
    if not found or not found <= os.sched_getaffinity(0):
        raise argparse.ArgumentTypeError(f"{text} are not all among the CPUs of this process")
    return found


def _hyphened(name):
    return name.replace(" ", "-")


def _listed(text, known, option, parser):
    words = [word for word in text.split(",") if word]
    unknown = [word for word in words if word not in known]
    if unknown or not words:
        parser.error(f"{option}: {unknown[0] if unknown else repr(text)} is none of {', '.join(known)}")
    return [known[word] for word in dict.fromkeys(words)]


def _builds(texts, parser):
    """Names and folders."""
    found = {}
    for text in texts:
        name, equals, folder = text.rpartition("=")
        folder = Path(folder).resolve()
        name = name if equals else folder.name if len(texts) > 1 else "sluice"
        if name in found or name in PEERS or not name:
            parser.error(f"--build: {name or repr(name)} is no name for it, or that of two: NAME=DIR tells them apart")
        found[name] = folder
    return found or {"sluice": CHECKOUT}


class Run:
    def __init__(self, house, args, builds, peer_names, say):
        self._house = house
        self._builds = builds
        self._peer_names = peer_names
        self._say = say
        self._warmup_s = args.warmup
        self._settings = [None, *dict.fromkeys(word for word in args.busy_poll.split(",") if word)]
        self._servers = servers.Servers(house)
        self._cpus = args.proxy_cpus
        self._peers = Peers(house, args.haproxy, args.proxy_cpus)
        self._sluices = {}
        self._quiet_limit = args.quiet / 100
        self._measuring = Measuring(house, machine.Quiet(self._quiet_limit, PATIENCE_S), say, args.rounds, args.seconds)
        self.left_out = {}

    def versions(self):
        return {**servers.versions(), **self._peers.versions()}

    def row(self, row, server_names):
        """The report of a row; None where it is left out."""
        running = {}
        for name in server_names:
            server = missing_ok(lambda: self._servers.get(name), self.left_out, f"rows with {name}")
            if server is not None:
                running[name] = server
        if row.server not in running:
            self.left_out[row.key] = f"{row.server} cannot be had"
            return None
        targets = self._targets(row, running)
        try:
            if not any(target.is_sluice for target in targets):
                return None
            rounds = self._measuring.row(row, targets, running[row.server])
        except Missing as missing:
            self.left_out[row.key] = str(missing)
            return None
        finally:
            for target in targets:
                if target.group:
                    self._house.stop(target.proxy.process)
        ours = [target.name for target in targets if target.is_sluice]
        peers = [target.name for target in targets if not target.is_sluice and target.name != "direct"]
        return report.RowReport(row, rounds, [target.name for target in targets], ours, peers, self._quiet_limit)

    def _targets(self, row, running):
        if row.quota:
            found = [missing_ok(lambda: self._in_group(row, name, poll, running), self.left_out, row.key) for name, poll in self._own(row)]
            return [target for target in found if target is not None]
        targets = []
        if not row.among_ourselves:
            for name in self._peer_names:
                if name == "direct":
                    targets.append(Target(Direct(), self._warmup_s))
                    continue
                peer = missing_ok(lambda: self._peers.get(name, running), self.left_out, name)
                if peer is not None:
                    targets.append(Target(peer, self._warmup_s))
        for name, poll in self._own(row):
            if (name, poll) not in self._sluices:
                self._sluices[name, poll] = start_sluice(self._house, _title(name, poll), self._builds[name], poll, running, self._cpus)
            targets.append(Target(self._sluices[name, poll], self._warmup_s, is_sluice=True))
        return targets

    def _own(self, row):
        """Builds and settings that a row has."""
        settings = self._settings
        if row.among_ourselves or row.quota:
            settings = list(dict.fromkeys([*OWN_SETTINGS, *filter(None, settings)]))
        return [(name, poll) for name in self._builds for poll in settings]

    def _in_group(self, row, name, poll, running):
        group = Group(self._house, f"{row.key}-{len(self._sluices)}-{name}-{poll or 'default'}", rows.QUOTA)
        title = _title(name, poll)
        server = {row.server: running[row.server]}
        proxy = start_sluice(self._house, title, self._builds[name], poll, server, self._cpus, group.enter)
        # What the JVM compiles takes as much longer as the group has less CPU.
        return Target(proxy, self._warmup_s / rows.QUOTA, is_sluice=True, group=group)


def _title(name, poll):
    return name if poll is None else f"{name} {poll}"


def main(words=None):
    parser, args = options(words)
    wanted = _listed(args.rows, {row.key: row for row in rows.ALL}, "--rows", parser)
    peer_names = [] if args.peers == "none" else _listed(args.peers, {_hyphened(name): name for name in PEERS}, "--peers", parser)
    builds = _builds(args.build, parser)
    if args.haproxy is not None and not (os.path.isfile(args.haproxy) and os.access(args.haproxy, os.X_OK)):
        parser.error(f"--haproxy: {args.haproxy} cannot be executed")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    began = time.monotonic()

    def say(line):
        print(f"real-traffic: {time.monotonic() - began:4.0f} s  {line}", file=sys.stderr, flush=True)

    try:
        with House(args.port) as house:
            return _run(house, args, wanted, builds, peer_names, say)
    except Trouble as trouble:
        print(f"real-traffic: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("real-traffic: interrupted", file=sys.stderr)
        return 130


def _run(house, args, wanted, builds, peer_names, say):
    versions = {name: build_sluice(folder) for name, folder in builds.items()}
    description = machine.description()
    everywhere = os.sched_getaffinity(0)
    args.proxy_cpus = args.proxy_cpus or everywhere
    args.load_cpus = args.load_cpus or everywhere
    os.sched_setaffinity(0, args.load_cpus)  # which the servers and clients inherit
    run = Run(house, args, builds, peer_names, say)
    cpus = {"proxies": args.proxy_cpus, "load": args.load_cpus}
    head = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "machine": description,
        "seconds": args.seconds,
        "cpus": {name: sorted(those) for name, those in cpus.items()},
        "versions": {**versions, **run.versions()},
    }
    print("{cpus} CPUs ({cpu}), Linux {kernel}, {congestion}, loopback; {} s a round".format(args.seconds, **head["machine"]))
    if args.proxy_cpus != args.load_cpus:
        print("proxies on CPUs {proxies}, servers and clients on {load}".format(**head["cpus"]))
    for name, version in head["versions"].items():
        print(f"  {name}: {version}")
    reports = []

    def write():
        if args.json:
            try:
                report.write(args.json, head, reports, run.left_out)
            except OSError as error:
                raise Trouble(f"{args.json}: {error.strerror}") from None

    write()  # what cannot be written is told before an hour of measuring
    server_names = list(dict.fromkeys(row.server for row in wanted))
    for row in wanted:
        done = run.row(row, server_names)
        if done is not None:
            reports.append(done)
            print(f"\n{done.text()}", flush=True)
        write()
    if run.left_out:
        print("\nleft out:")
        for name, reason in run.left_out.items():
            print(f"  {name}: {reason}")
    if not reports:
        raise Trouble("nothing was measured")
    return 0
