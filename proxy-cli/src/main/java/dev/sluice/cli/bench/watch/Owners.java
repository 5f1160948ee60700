package dev.sluice.cli.bench.watch;

import dev.sluice.cli.machine.Proc;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which processes hold the socket that listens on a port: a master and its workers, say. */
public final class Owners {
    private static final String LISTEN = "0A"; // TCP_LISTEN in proc_pid_net_tcp(5)
    private static final int STATE = 3;
    private static final int INODE = 9;

    private final Proc proc;

    public Owners(Proc proc) {
        this.proc = proc;
    }

    /** Their pids, as far as this process may look. */
    public List<Long> of(int port) {
        Set<String> sockets = new HashSet<>();
        inodes("self/net/tcp", port, sockets);
        inodes("self/net/tcp6", port, sockets);
        List<Long> pids = new ArrayList<>();
        if (sockets.isEmpty()) {
            return pids;
        }
        for (String name : proc.list("")) {
            if (name.chars().allMatch(Character::isDigit) && holds(name, sockets)) {
                pids.add(Long.parseLong(name));
            }
        }
        return pids;
    }

    private boolean holds(String pid, Set<String> sockets) {
        for (String fd : proc.list(pid + "/fd")) {
            String target = proc.link(pid + "/fd/" + fd);
            if (target != null && sockets.contains(target)) {
                return true;
            }
        }
        return false;
    }

    /** proc_pid_net_tcp(5): {@code sl local_address rem_address st … inode}, the port in hexadecimal. */
    private void inodes(String file, int port, Set<String> into) {
        @Nullable String table = proc.whole(file);
        String suffix = String.format(Locale.ROOT, ":%04X", port);
        for (String line : table == null ? new String[0] : table.split("\n", -1)) {
            String[] fields = line.strip().split(" +", -1);
            if (fields.length > INODE && fields[1].endsWith(suffix) && fields[STATE].equals(LISTEN)) {
                into.add("socket:[" + fields[INODE] + "]");
            }
        }
    }
}
