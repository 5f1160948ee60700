"""The command: its options, and a run from its first server to its last table."""

import argparse
import datetime
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


def options(words):
    keys = ", ".join(f"{row.key}" for row in rows.ALL)
    parser = argparse.ArgumentParser(
        prog="real-traffic",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Starts PostgreSQL, Redis and nginx on loopback, Sluice and other proxies in front of them, and measures real clients\n"
        "through each: rate, latency, CPU of the proxy and of the whole machine. All of it ends with the command.\n"
        "What is missing on this machine is left out, and named.",
        epilog="rows:\n" + "\n".join(f"  {row.key:9} {row.text}" for row in rows.ALL),
    )
    parser.add_argument("--rows", metavar="LIST", default=keys.replace(" ", ""), help="what is measured: keys from below, with commas (all)")
    parser.add_argument("--rounds", metavar="N", type=_whole(1, 1000), default=5, help="how often each target is measured (5)")
    parser.add_argument("--seconds", metavar="S", type=_whole(1, 3600), default=3, help="how long each time (3)")
    parser.add_argument("--warmup", metavar="S", type=_whole(1, 3600), default=8, help="of Sluice, by each row's own load (8)")
    parser.add_argument(
        "--build", metavar="[NAME=]DIR", action="append", default=[], help="a checkout whose Sluice is measured; more than once: each (this one)"
    )
    parser.add_argument(
        "--busy-poll", metavar="LIST", default="", help="values of that key, with commas: measured beside the default, each in a process of its own"
    )
    parser.add_argument("--peers", metavar="LIST", default=",".join(map(_hyphened, PEERS)), help="whom it is compared with, or none (%(default)s)")
    parser.add_argument("--haproxy", metavar="FILE", help="the HAProxy (that of PATH)")
    parser.add_argument("--port", metavar="N", type=_whole(1024, 65000), default=22000, help="ports are from here on, where they are free (22000)")
    parser.add_argument(
        "--quiet", metavar="PERCENT", type=_whole(0, 10000), default=10, help="how much of one CPU others may use: it waits for that, a minute in all (10)"
    )
    parser.add_argument("--json", metavar="FILE", help="where to write all figures")
    return parser, parser.parse_args(words)


def _whole(lowest, highest):
    def parse(text):
        if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
            raise argparse.ArgumentTypeError(f"'{text}' is no whole number from {lowest} to {highest}")
        return int(text)

    return parse


def _hyphened(name):
    return name.replace(" ", "-")


def _listed(text, known, option, parser):
    words = [word for word in text.split(",") if word]
    unknown = [word for word in words if word not in known]
    if unknown or not words:
        parser.error(f"{option}: '{unknown[0] if unknown else text}' is none of {', '.join(known)}")
    return [known[word] for word in dict.fromkeys(words)]


def _builds(texts, parser):
    """Names and folders."""
    found = {}
    for text in texts:
        name, equals, folder = text.rpartition("=")
        folder = Path(folder).resolve()
        name = name if equals else folder.name if len(texts) > 1 else "sluice"
        if name in found or not name:
            parser.error(f"--build: '{name}' names two of them: NAME=DIR tells them apart")
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
        self._peers = Peers(house, args.haproxy)
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
                    targets.append(Target(Direct()))
                    continue
                peer = missing_ok(lambda: self._peers.get(name, running), self.left_out, name)
                if peer is not None:
                    targets.append(Target(peer))
        for name, poll in self._own(row):
            if (name, poll) not in self._sluices:
                self._sluices[name, poll] = start_sluice(self._house, _title(name, poll), self._builds[name], poll, running)
            targets.append(Target(self._sluices[name, poll], is_sluice=True, warmup_s=self._warmup_s))
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
        proxy = start_sluice(self._house, title, self._builds[name], poll, {row.server: running[row.server]}, group.enter)
        # What the JVM compiles takes as much longer as the group has less CPU.
        return Target(proxy, is_sluice=True, group=group, warmup_s=self._warmup_s / rows.QUOTA)


def _title(name, poll):
    return name if poll is None else f"{name} {poll}"


def main(words=None):
    parser, args = options(words)
    wanted = _listed(args.rows, {row.key: row for row in rows.ALL}, "--rows", parser)
    peer_names = [] if args.peers == "none" else _listed(args.peers, {_hyphened(name): name for name in PEERS}, "--peers", parser)
    builds = _builds(args.build, parser)
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
    run = Run(house, args, builds, peer_names, say)
    head = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "machine": machine.description(),
        "seconds": args.seconds,
        "versions": {**versions, **run.versions()},
    }
    of_machine = head["machine"]
    print(f"{of_machine['cpus']} CPUs ({of_machine['cpu']}), Linux {of_machine['kernel']}, {of_machine['congestion']}, loopback; {args.seconds} s a round")
    for name, version in head["versions"].items():
        print(f"  {name}: {version}")
    server_names = list(dict.fromkeys(row.server for row in wanted))
    reports = []
    for row in wanted:
        done = run.row(row, server_names)
        if done is not None:
            reports.append(done)
            print(f"\n{done.text()}", flush=True)
        if args.json:
            try:
                report.write(args.json, head, reports, run.left_out)
            except OSError as error:
                raise Trouble(f"{args.json}: {error.strerror}") from None
    if run.left_out:
        print("\nleft out:")
        for name, reason in run.left_out.items():
            print(f"  {name}: {reason}")
    if not reports:
        raise Trouble("nothing was measured")
    return 0
