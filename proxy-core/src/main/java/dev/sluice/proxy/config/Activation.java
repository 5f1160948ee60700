package dev.sluice.proxy.config;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The sockets that whoever started this process has passed on to it, as sd_listen_fds(3) and sd_listen_fds_with_names(3) tell of them.
 *
 * @param sockets in the order of their descriptors
 * @param trouble why there are not those that the environment speaks of; empty when there are
 */
public record Activation(List<Passed> sockets, String trouble) {
    /** Nobody has passed anything on. */
    public static final Activation NONE = new Activation(List.of(), "");

    private static final String PID = "LISTEN_PID";
    private static final String COUNT = "LISTEN_FDS";
    private static final String NAMES = "LISTEN_FDNAMES";
    /** SD_LISTEN_FDS_START. */
    private static final int FIRST = 3;

    private static final int MOST = 10_000;

    /**
     * One of them.
     *
     * @param name empty when it has none; several may have the same
     */
    public record Passed(int fd, String name) {
        /** For people: {@code web (3)}. */
        @Override
        public String toString() {
            return name.isEmpty() ? Integer.toString(fd) : name + " (" + fd + ")";
        }
    }

    public Activation {
        sockets = List.copyOf(sockets);
    }

    /**
     * Reads the variables.
     *
     * @param pid this process: what was meant for another one that had the same environment is not for it
     */
    public static Activation of(Map<String, String> environment, long pid) {
        String meant = environment.getOrDefault(PID, "");
        String count = environment.getOrDefault(COUNT, "");
        if (count.isEmpty()) {
            return NONE;
        }
        if (!meant.equals(Long.toString(pid))) {
            return none(PID + " is '" + meant + "', and this process is " + pid);
        }
        int sockets = count.matches("[0-9]{1,5}") ? Integer.parseInt(count) : MOST + 1;
        if (sockets > MOST) {
            return none(COUNT + " is '" + count + "', which is no number of sockets");
        }
        String names = environment.get(NAMES);
        String[] each = names == null || names.isEmpty() ? new String[0] : names.split(":", -1);
        boolean named = each.length == sockets;
        List<Passed> passed = new ArrayList<>();
        for (int i = 0; i < sockets; i++) {
            passed.add(new Passed(FIRST + i, named ? each[i] : ""));
        }
        String trouble = named || each.length == 0
                ? ""
                : NAMES + " has " + each.length + " names for " + sockets + " sockets, so they have none";
        return new Activation(passed, trouble);
    }

    private static Activation none(String trouble) {
        return new Activation(List.of(), trouble);
    }

    /**
     * The socket of this name, or else of this number.
     *
     * @throws IOException when there is none, or more than one, with those that there are
     */
    public Passed find(String name) throws IOException {
        List<Passed> found =
                sockets.stream().filter(passed -> passed.name.equals(name)).toList();
        if (found.isEmpty()) {
            Passed numbered = numbered(name);
            if (numbered != null) {
                return numbered;
            }
            throw new IOException(
                    sockets.isEmpty()
                            ? "no socket was passed to this process"
                                    + (trouble.isEmpty() ? ": " + COUNT + " is not set" : ": " + trouble)
                            : "no socket of this name was passed to this process, but " + list(sockets)
                                    + (trouble.isEmpty() ? "" : "; " + trouble));
        }
        if (found.size() > 1) {
            throw new IOException(found.size() + " sockets of this name were passed to this process, " + list(found)
                    + "; give each a name of its own (FileDescriptorName=), or choose one by its number: fd:"
                    + found.getFirst().fd);
        }
        return found.getFirst();
    }

    private @Nullable Passed numbered(String number) {
        return sockets.stream()
                .filter(passed -> Integer.toString(passed.fd).equals(number))
                .findFirst()
                .orElse(null);
    }

    /** For people. */
    public static String list(List<Passed> sockets) {
        return sockets.stream().map(Passed::toString).collect(Collectors.joining(", "));
    }
}
