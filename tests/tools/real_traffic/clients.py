"""The loads: each is called with a port and whole seconds, and returns what came of it as a Result."""

import concurrent.futures
import contextlib
import dataclasses
import re
import socket
import statistics
import time
from typing import Optional

from .house import Trouble, needs, output
from .servers import COPIED_MB, Postgres, postgres_program

# Beyond the time that was asked for: a start, and the last answers.
GRACE_S = 30
PATIENCE_S = 10
CONNECTORS = 4
# PostgreSQL, "Message Formats".
SSL_REQUEST = bytes([0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F])


@dataclasses.dataclass
class Result:
    operations: float
    rate: float  # operations a second, by the client's own clock
    latency_us: Optional[float] = None
    errors: int = 0


def _match(pattern, text, client):
    match = re.search(pattern, text)
    if match is None:
        raise Trouble(f"{client} says nothing like '{pattern}'")
    return match


def _found(pattern, text, client):
    return _match(pattern, text, client).group(1)


@contextlib.contextmanager
def _connection(port):
    """A connection whose end, or that there is none, is told in words."""
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield connection
    except OSError as error:
        raise Trouble(f"a connection failed: {error.strerror or error}") from None


def _received(connection, size):
    part = connection.recv(size)
    if not part:
        raise Trouble("a connection was closed")
    return part


def pgbench(*options):
    def load(port, seconds):
        words = [*Postgres.connection(port), "-S", "-n", "-T", seconds, *options, "postgres"]
        said = output([postgres_program("pgbench"), *words], seconds + GRACE_S)
        return Result(
            operations=float(_found(r"actually processed: (\d+)", said, "pgbench")),
            rate=float(_found(r"tps = ([\d.]+)", said, "pgbench")),
            latency_us=float(_found(r"latency average = ([\d.]+) ms", said, "pgbench")) * 1e3,
            errors=int(_found(r"failed transactions: (\d+)", said, "pgbench")) if "failed transactions" in said else 0,
        )

    return load


def connections(port, seconds):
    """Connections to PostgreSQL that ask whether it speaks TLS, get its letter and end: several times as many as pgbench makes, since
    no session has to be set up. A JVM must see thousands before it has compiled how one begins and ends."""
    end = time.monotonic() + seconds

    def one_after_the_other(_):
        count = 0
        while time.monotonic() < end:
            with _connection(port) as connection:
                connection.sendall(SSL_REQUEST)
                _received(connection, 1)
            count += 1
        return count

    with concurrent.futures.ThreadPoolExecutor(CONNECTORS) as pool:
        count = sum(pool.map(one_after_the_other, range(CONNECTORS)))
    return Result(count, count / seconds)


def copy(port, seconds):
    """The table again and again; an operation is a megabyte (10^6)."""
    words = [*Postgres.connection(port), "-X", "-q", "-o", "/dev/null", "-c", "COPY copied TO STDOUT", "postgres"]
    times = 0
    began = time.monotonic()
    while times == 0 or time.monotonic() - began < seconds:
        output([postgres_program("psql"), *words], seconds + GRACE_S)
        times += 1
    megabytes = times * COPIED_MB
    return Result(operations=megabytes, rate=megabytes / (time.monotonic() - began))


class RedisBenchmark:
    """SET, then GET. It takes a count and no time: the count is what lasts so long at the rate of the last call."""

    def __init__(self, pipeline):
        self._pipeline = pipeline
        self._rates = {}  # by port

    def __call__(self, port, seconds):
        program = needs("redis-benchmark", "redis-tools")
        each = max(1000, int(self._rates.get(port, 5000) * seconds / 2))
        words = ["-h", "127.0.0.1", "-p", port, "-c", 50, "-P", self._pipeline, "-n", each, "-t", "set,get", "--csv"]
        said = output([program, *words], seconds * 4 + GRACE_S)
        # "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms",…
        lines = {line[0]: line for line in (re.findall(r'"([^"]*)"', line) for line in said.splitlines()) if line}
        if "SET" not in lines or "GET" not in lines:
            raise Trouble("redis-benchmark tells nothing of SET and GET")
        both = [lines["SET"], lines["GET"]]
        rate = 2 / sum(1 / float(line[1]) for line in both)
        self._rates[port] = rate
        return Result(operations=2 * each, rate=rate, latency_us=statistics.mean(float(line[4]) for line in both) * 1e3)


def wrk(*options):
    def load(port, seconds):
        program = needs("wrk", "wrk")
        words = ["-c", 32, "-d", f"{seconds}s", "--latency", *options, f"http://127.0.0.1:{port}/page"]
        said = output([program, *words], seconds + GRACE_S)
        errors = sum(map(int, re.findall(r"(?:connect|read|write|timeout|responses:) (\d+)", said)))
        number, unit = _match(r"50%\s+([\d.]+)(us|ms|s|m)\b", said, "wrk").groups()
        return Result(
            operations=float(_found(r"(\d+) requests in", said, "wrk")),
            rate=float(_found(r"Requests/sec:\s+([\d.]+)", said, "wrk")),
            latency_us=float(number) * {"us": 1, "ms": 1e3, "s": 1e6, "m": 60e6}[unit],
            errors=errors,
        )

    return load


def paced(rate):
    """PINGs of Redis at a rate, evenly, on one connection; with a rate of 0 it only stays."""

    def load(port, seconds):
        with _connection(port) as connection:
            took = []
            began = time.monotonic()
            while time.monotonic() - began < seconds:
                if rate == 0:
                    time.sleep(seconds)
                    continue
                took.append(_ping(connection))
                time.sleep(max(0, began + len(took) / rate - time.monotonic()))
            passed = time.monotonic() - began
            return Result(len(took), len(took) / passed, statistics.median(took) * 1e6 if took else None)

    return load


def _ping(connection):
    began = time.monotonic()
    connection.sendall(b"PING\r\n")
    answer = b""
    while not answer.endswith(b"\r\n"):
        answer += _received(connection, 64)
    return time.monotonic() - began
