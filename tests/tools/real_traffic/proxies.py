"""The proxies, each as its user would run it by default, and each in front of all servers that the rows need.

None of them writes a log: HAProxy and nginx do not by themselves, so Sluice's is off. All have the same CPUs; nginx, whose `auto` counts
those of the machine, is told how many."""

import os
import re
import subprocess

from .house import Missing, Trouble, find, needs, said, version
from .machine import spins
from .servers import nginx_user


class Direct:
    """No proxy at all."""

    pids = ()
    name = "direct"

    def port(self, _, server):
        return server.port

    def spins(self):
        return None


class Proxy:
    """A process, or a master and its workers, and a port for each server."""

    def __init__(self, name, process, ports):
        self.name = name
        self.process = process
        self._ports = ports

    @property
    def pids(self):
        return (self.process.pid,)

    def port(self, server_name, _):
        return self._ports[server_name]

    def spins(self):
        return None


class Sluice(Proxy):
    def __init__(self, name, process, ports, admin):
        super().__init__(name, process, ports)
        self._admin = admin

    def spins(self):
        return spins(self._admin)


def start_sluice(house, name, build, busy_poll, servers, cpus, enter=None):
    """busy_poll: a value of the key; None: this build's default. enter: what the process does before it becomes Sluice."""
    ports = {server: house.port() for server in servers}
    admin = house.port()
    lines = ["access-log: off", f'admin: {{bind: "127.0.0.1:{admin}"}}']
    if busy_poll is not None:
        lines.append(f"busy-poll: {busy_poll}")
    lines.append("listeners:")
    lines += [f'  - {{name: {server}, bind: "127.0.0.1:{port}", upstream: {server}}}' for server, port in ports.items()]
    lines.append("upstreams:")
    lines += [f'  - {{name: {server}, endpoints: ["127.0.0.1:{servers[server].port}"]}}' for server in servers]
    file = house.folder / f"sluice-{admin}.yaml"
    file.write_text("\n".join(lines) + "\n")
    words = [build / "sluice", "run", "-c", file]
    process = house.start(name, words, [*ports.values(), admin], env=_sluice_environment(build), cpus=cpus, enter=enter)
    return Sluice(name, process, ports, admin)


def _sluice_environment(build):
    """Without the variables that would set options of it."""
    for_launcher = ("SLUICE_BUILD", "SLUICE_JAVA_OPTS", "SLUICE_JDK_FOLDERS")
    variables = {name: value for name, value in os.environ.items() if not name.startswith("SLUICE_") or name in for_launcher}
    return {**variables, "SLUICE_BUILD": "never"} if _is_somebody_elses(build) else variables


def _is_somebody_elses(build):
    """Whether this is root, and what root builds there, its owner could not build again."""
    return os.geteuid() == 0 and build.stat().st_uid != 0


def build_sluice(build):
    """Has a checkout build itself where it is not built, before anything is measured; returns its version. In another user's checkout
    root builds nothing, and measures what is there."""
    launcher = build / "sluice"
    if not os.access(launcher, os.X_OK):
        raise Trouble(f"{build} is no checkout of Sluice: it has no ./sluice")
    if _is_somebody_elses(build) and not (build / "proxy-cli/target/dist/complete").exists():
        raise Trouble(f"{build} is not built, and root builds nothing in another user's checkout: run ./sluice there as its owner")
    variables = _sluice_environment(build)
    try:
        done = subprocess.run(
            [launcher, "--version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, timeout=900, env=variables
        )
    except subprocess.TimeoutExpired:
        raise Trouble(f"{build} is not built after 15 minutes") from None
    except OSError as error:
        raise Trouble(f"{launcher}: {error.strerror}") from None
    if done.returncode != 0:
        raise Trouble(f"{launcher} --version failed")
    return done.stdout.strip()


class Peers:
    """HAProxy, splicing and copying, and nginx: started when first asked for."""

    NAMES = ("haproxy splice", "haproxy copy", "nginx")

    def __init__(self, house, haproxy, cpus):
        self._house = house
        self._cpus = cpus
        self._haproxy = haproxy
        self._running = {}

    def get(self, name, servers):
        if name not in self._running:
            if name == "nginx":
                self._start_nginx(servers)
            else:
                self._start_haproxy(servers)
        return self._running[name]

    def haproxy_program(self):
        return self._haproxy or needs("haproxy", "haproxy")

    def _start_haproxy(self, servers):
        """One process for both ways, whose listeners differ: copying is the default."""
        program = self.haproxy_program()
        text = "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n"
        ports = {}
        for way in ("splice", "copy"):
            ports[way] = {server: self._house.port() for server in servers}
            for server, port in ports[way].items():
                text += f"listen {way}-{server}\n  bind 127.0.0.1:{port}\n"
                if way == "splice":
                    text += "  option splice-auto\n  option splice-request\n  option splice-response\n"
                text += f"  server it 127.0.0.1:{servers[server].port}\n"
        file = self._house.folder / "haproxy.cfg"
        file.write_text(text)
        all_ports = [port for each in ports.values() for port in each.values()]
        process = self._house.start("haproxy", [program, "-db", "-f", file], all_ports, cpus=self._cpus)
        for way, each in ports.items():
            self._running[f"haproxy {way}"] = Proxy(f"haproxy {way}", process, each)

    def _start_nginx(self, servers):
        program = needs("nginx", "nginx-light")
        folder = self._house.subfolder("nginx-stream")
        ports = {server: self._house.port() for server in servers}
        text = f"""{_stream_module(program)}
daemon off;
worker_processes {len(self._cpus)};
pid {folder}/nginx.pid;
error_log stderr;
{nginx_user()}
events {{ worker_connections 768; }}
stream {{
"""
        for server, port in ports.items():
            text += f"    server {{ listen 127.0.0.1:{port}; proxy_pass 127.0.0.1:{servers[server].port}; proxy_timeout 1h; }}\n"
        file = folder / "nginx.conf"
        file.write_text(text + "}\n")
        words = [program, "-p", folder, "-c", file, "-e", "stderr"]
        process = self._house.start("nginx stream", words, ports.values(), cpus=self._cpus)
        self._running["nginx"] = Proxy("nginx", process, ports)

    def versions(self):
        program = self._haproxy or find("haproxy")
        return {"haproxy": version(program, "-v")} if program else {}


def _stream_module(program):
    """The directive that loads it, where it is not built in."""
    built = said([program, "-V"], 30)
    if re.search(r"--with-stream(\s|$)", built):
        return ""
    prefix = re.search(r"--modules-path=(\S+)", built)
    module = os.path.join(prefix.group(1) if prefix else "/usr/lib/nginx/modules", "ngx_stream_module.so")
    if not os.path.exists(module):
        raise Missing("needs the stream module of nginx (Debian package libnginx-mod-stream)")
    return f"load_module {module};"
