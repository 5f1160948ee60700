"""What is measured."""

import dataclasses
from typing import Callable, Optional

from . import clients

# Of one CPU: what a row in a control group has.
QUOTA = 0.5


@dataclasses.dataclass(frozen=True)
class Row:
    key: str
    text: str
    server: str
    load: Callable
    unit: str = "request"
    # Against other settings of Sluice's only, by the CPU that a second costs.
    among_ourselves: bool = False
    # In a control group.
    quota: bool = False
    # What it is warmed up by, where the load does too little in a second for the JVM to compile it.
    warm_up: Optional[Callable] = None
    # How many times longer than the others it is measured: where there is little to measure.
    longer: int = 1
    prepare: Callable = lambda server: None


def little(key, text, load):
    return Row(key, text, "redis", load, among_ourselves=True, warm_up=clients.RedisBenchmark(1), longer=2)


ALL = [
    Row("pg1", "pgbench -S -c 1", "postgres", clients.pgbench("-c", 1), "transaction"),
    Row("pg16", "pgbench -S -c 16", "postgres", clients.pgbench("-c", 16), "transaction"),
    Row(
        "pgc4",
        "pgbench -C -S -c 4, a connection for each transaction",
        "postgres",
        clients.pgbench("-C", "-c", 4),
        "transaction",
        warm_up=clients.connections,
    ),
    Row("redis1", "redis-benchmark -c 50 -P 1, SET and GET", "redis", clients.RedisBenchmark(1)),
    Row("redis16", "redis-benchmark -c 50 -P 16, SET and GET", "redis", clients.RedisBenchmark(16)),
    Row("wrk", "wrk -c 32, 1 KB, keep-alive", "http", clients.wrk()),
    Row("wrkclose", "wrk -c 32, 1 KB, Connection: close", "http", clients.wrk("-H", "Connection: close")),
    Row(
        "copy",
        f"COPY of {clients.COPIED_MB} MB out of PostgreSQL",
        "postgres",
        clients.copy,
        "MB",
        prepare=lambda server: server.has_copied(),
    ),
    little("idle", "one connection to Redis, idle", clients.paced(0)),
    little("rate10", "one connection to Redis, 10 PINGs a second", clients.paced(10)),
    little("rate1000", "one connection to Redis, 1,000 PINGs a second", clients.paced(1000)),
    Row("quota1", f"pgbench -S -c 1, Sluice in a group of {QUOTA} CPU", "postgres", clients.pgbench("-c", 1), "transaction", quota=True),
    Row("quota16", f"pgbench -S -c 16, Sluice in a group of {QUOTA} CPU", "postgres", clients.pgbench("-c", 16), "transaction", quota=True),
]
