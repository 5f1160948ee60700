package dev.sluice.cli.bench.watch;

import dev.sluice.cli.machine.Proc;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Which processes hold the socket that listens on a port: a master and its workers, say. */
public final class Owners {
    private static final String LISTEN = "0A"; // TCP_LISTEN in proc_pid_net_tcp(5)
    private static final String MAPPED =
            hexadecimal(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1}); // ::ffff:0:0/96
    private static final int STATE = 3;
    private static final int INODE = 9;

    private final Proc proc;

    public Owners(Proc proc) {
        this.proc = proc;
    }

    /** Their pids, as far as this process may look: those that listen at the very address, else on the port at all. */
    public List<Long> of(InetSocketAddress address) {
        Set<String> sockets = new HashSet<>();
        String port = String.format(Locale.ROOT, ":%04X", address.getPort());
        String host = hexadecimal(address.getAddress().getAddress());
        inodes(Set.of(host + port, MAPPED + host + port), sockets);
        if (sockets.isEmpty()) {
            inodes(Set.of("0".repeat(8) + port, MAPPED + "0".repeat(8) + port, "0".repeat(32) + port), sockets);
        }
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

    /** As the kernel writes it there: words of four bytes, each as a number of this machine. */
    private static String hexadecimal(byte[] address) {
        ByteBuffer bytes = ByteBuffer.wrap(address).order(ByteOrder.nativeOrder());
        StringBuilder text = new StringBuilder();
        while (bytes.hasRemaining()) {
            text.append(String.format(Locale.ROOT, "%08X", bytes.getInt()));
        }
        return text.toString();
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

    /** proc_pid_net_tcp(5): {@code sl local_address rem_address st … inode}. */
    private void inodes(Set<String> locals, Set<String> into) {
        for (String file : List.of("self/net/tcp", "self/net/tcp6")) {
            String table = proc.whole(file);
            for (String line : table == null ? new String[0] : table.split("\n", -1)) {
                String[] fields = line.strip().split(" +", -1);
                if (fields.length > INODE && locals.contains(fields[1]) && fields[STATE].equals(LISTEN)) {
                    into.add("socket:[" + fields[INODE] + "]");
                }
            }
        }
    }
}
