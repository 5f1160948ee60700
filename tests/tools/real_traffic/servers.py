"""The servers, each as its package's defaults have it but for what a run of some minutes does not need."""

import os
import re
import signal
import time
from pathlib import Path

from .house import START_S, Missing, Trouble, needs, output, version

COPIED_MB = 200
PAGE_BYTES = 1024


def nginx_user():
    """The directive for the user of the workers, which root's nginx needs: this folder is nobody's but root's."""
    return "user root;" if os.geteuid() == 0 else ""


def postgres_program(name):
    """A program of PostgreSQL's, of the newest version below /usr/lib/postgresql, else from PATH.

    Debian's /usr/bin/pgbench is a script in front of it, whose start would count."""

    def number(folder):
        return [int(part) for part in re.findall(r"\d+", folder.parent.name)]

    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=number, reverse=True)
    return needs(name, "postgresql", *folders)


class Postgres:
    def __init__(self, house):
        folder = house.subfolder("postgres", for_nobody=True)
        self.port = house.port()
        self._has_copied = False
        data = folder / "data"
        words = ["-D", data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C", "--no-instructions"]
        output([postgres_program("initdb"), *words], 60, as_nobody=True)
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "autovacuum=off"]
        options = [word for setting in settings for word in ("-c", setting)]
        self.process = house.start(
            "postgres",
            [postgres_program("postgres"), "-D", data, "-p", self.port, *options],
            [self.port],
            as_nobody=True,
            stop=signal.SIGINT,  # a fast shutdown
        )
        self.await_ready(self.port)
        output([postgres_program("pgbench"), *self.connection(self.port), "-i", "-q", "postgres"], 60)

    @staticmethod
    def connection(port):
        return ["-h", "127.0.0.1", "-p", str(port), "-U", "postgres"]

    @staticmethod
    def await_ready(port):
        """It listens before it lets anybody in."""
        end = time.monotonic() + START_S
        while True:
            try:
                output([postgres_program("pg_isready"), "-h", "127.0.0.1", "-p", port, "-q"], START_S)
                return
            except Trouble:
                if time.monotonic() > end:
                    raise Trouble(f"postgres lets nobody in after {START_S} s") from None
                time.sleep(0.05)

    def has_copied(self):
        """Makes the table that is copied out, unless it is there."""
        if not self._has_copied:
            row = 1000
            rows = COPIED_MB * 1_000_000 // (row + 8)
            table = f"CREATE UNLOGGED TABLE copied AS SELECT i, rpad(md5(i::text), {row}, 'row ') FROM generate_series(1, {rows}) i"
            output([postgres_program("psql"), *self.connection(self.port), "-q", "-c", table, "postgres"], 120)
            self._has_copied = True


class Redis:
    def __init__(self, house):
        program = needs("redis-server", "redis-server")
        folder = house.subfolder("redis", for_nobody=True)
        self.port = house.port()
        words = ["--bind", "127.0.0.1", "--port", self.port, "--dir", folder, "--save", "", "--appendonly", "no"]
        self.process = house.start("redis", [program, *words], [self.port], as_nobody=True)


class Nginx:
    """Serves one page of a kilobyte. As many workers as CPUs that this process may use, and they inherit; `auto` counts those of the
    machine."""

    def __init__(self, house):
        program = needs("nginx", "nginx-light")
        folder = house.subfolder("nginx")
        self.port = house.port()
        (folder / "page").write_bytes(b"x" * PAGE_BYTES)
        file = folder / "nginx.conf"
        # keepalive_requests: the default ends a connection after a thousand, which is neither keep-alive nor close.
        file.write_text(f"""
daemon off;
worker_processes {len(os.sched_getaffinity(0))};
pid {folder}/nginx.pid;
error_log stderr;
{nginx_user()}
events {{ worker_connections 768; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{self.port};
        root {folder};
    }}
}}
""")
        self.process = house.start("nginx", [program, "-p", folder, "-c", file, "-e", "stderr"], [self.port])


SERVERS = {"postgres": Postgres, "redis": Redis, "http": Nginx}


class Servers:
    """Those that have been needed so far."""

    def __init__(self, house):
        self._house = house
        self._running = {}
        self._missing = {}

    def get(self, name):
        if name in self._missing:
            raise Missing(self._missing[name])
        if name not in self._running:
            try:
                self._running[name] = SERVERS[name](self._house)
            except Missing as missing:
                self._missing[name] = str(missing)
                raise
        return self._running[name]


def versions():
    """What the programs of the servers call themselves."""
    said = {}
    for program, option in (("postgres", "-V"), ("redis-server", "-v"), ("nginx", "-v")):
        try:
            path = postgres_program(program) if program == "postgres" else needs(program, program)
        except Missing:
            continue
        said[program] = version(path, option)
    return said
