"""Opens listening sockets, as systemd does for a socket unit, and runs a command with them (sd_listen_fds(3)).

activate.py TIMES NAME=PORT|NAME=/path ... -- COMMAND ...

Once: becomes the command. More often: runs it so often, one after the other, and keeps the sockets meanwhile.
"""
import fcntl
import os
import socket
import sys

times = int(sys.argv[1])
split = sys.argv.index("--")
command = sys.argv[split + 1 :]
names = []
kept = []
for word in sys.argv[2:split]:
    name, _, where = word.partition("=")
    if where.startswith("/"):
        one = socket.socket(socket.AF_UNIX)
        one.bind(where)
    else:
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", int(where)))
    one.listen(1024)
    names.append(name)
    kept.append(fcntl.fcntl(one.detach(), fcntl.F_DUPFD, 100))


def become():
    for i, descriptor in enumerate(kept):
        os.dup2(descriptor, 3 + i)
        os.close(descriptor)
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.environ["LISTEN_FDS"] = str(len(kept))
    os.environ["LISTEN_FDNAMES"] = ":".join(names)
    os.execvp(command[0], command)


if times == 1:
    become()
status = 0
for _ in range(times):
    child = os.fork()
    if child == 0:
        become()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.exit(status)
