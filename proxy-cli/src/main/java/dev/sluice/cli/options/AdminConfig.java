package dev.sluice.cli.options;

import dev.sluice.linux.Address;
import dev.sluice.proxy.config.EndpointAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the admin interface is served, and to whom.
 *
 * @param bind as it was written: an address of this machine or {@code unix:/path}; empty: it is not served at all
 * @param tokenFile what has the token that requests must show; empty: none is asked for
 * @param hosts further values of the Host header that requests may have
 * @param jmx whether metrics are MBeans of the JVM, too
 */
public record AdminConfig(String bind, String tokenFile, List<String> hosts, boolean jmx) {
    /** Not served. */
    public static final AdminConfig NONE = new AdminConfig("", "", List.of(), false);

    /** Bytes of the path of a unix socket; it is made beside its place first, under a longer name. */
    public static final int MAX_UNIX_PATH = 90;

    /** Of a dot and a process id, behind the takeover's path. */
    private static final int MAX_SUFFIX = 11;

    private static final String LOCALHOST = "localhost";
    private static final String WANTED =
            "an address of this machine such as 127.0.0.1:9901, or unix:/run/sluice/admin.sock";

    /**
     * @throws IllegalArgumentException when anybody could reach it, and without a token
     */
    public AdminConfig {
        hosts = List.copyOf(hosts);
        if (!bind.isEmpty() && tokenFile.isEmpty() && !isPrivate(parse(bind))) {
            throw new IllegalArgumentException("admin on " + bind
                    + " can be reached from other machines: that needs a token (token-file, --admin-token-file);"
                    + " without one, 127.0.0.1 or unix:/path");
        }
    }

    /** Whether it is served. */
    public boolean isOn() {
        return !bind.isEmpty();
    }

    /**
     * What an operator should know whose process can be taken over: whether there is a place for its interface then.
     *
     * @param takeoverSocket empty: it cannot be taken over
     * @return null when all is well
     */
    public @Nullable String worry(String takeoverSocket) {
        if (!isOn() || takeoverSocket.isEmpty()) {
            return null;
        }
        String path = Path.of(takeoverSocket).toAbsolutePath().toString();
        int length = path.getBytes(StandardCharsets.UTF_8).length;
        return length + MAX_SUFFIX <= MAX_UNIX_PATH
                ? null
                : "the takeover's path " + path + " has " + length + " bytes: a process that was taken over may have no"
                        + " admin interface at PATH.PID; at most " + (MAX_UNIX_PATH - MAX_SUFFIX)
                        + " leave room for it";
    }

    /** What it is bound to; only if it is served. */
    public EndpointAddress address() {
        return parse(bind);
    }

    /**
     * Reads an address that the interface can be served at.
     *
     * @throws IllegalArgumentException with what is wrong and what would be right
     */
    public static EndpointAddress parse(String text) {
        EndpointAddress address = EndpointAddress.parse(text);
        switch (address) {
            case EndpointAddress.Tcp tcp -> {
                if (!tcp.host().equals(LOCALHOST)) {
                    checkLiteral(text, tcp);
                }
            }
            case EndpointAddress.Unix unix -> checkPath(text, unix.path());
            case EndpointAddress.Passed passed ->
                throw new IllegalArgumentException("'" + text + "' is a socket that was passed on; expected " + WANTED);
        }
        return address;
    }

    private static void checkLiteral(String text, EndpointAddress.Tcp tcp) {
        try {
            Address.ofLiteral(tcp.host(), tcp.port());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + text + "' has a name for a host; expected " + WANTED, e);
        }
    }

    private static void checkPath(String text, String path) {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no file that only its owner can reach; expected " + WANTED);
        }
        int length = path.getBytes(StandardCharsets.UTF_8).length;
        if (length > MAX_UNIX_PATH) {
            throw new IllegalArgumentException("'" + text + "': the path has " + length + " bytes; at most "
                    + MAX_UNIX_PATH + " can be the admin interface's");
        }
    }

    /** Whether nobody on another machine can connect to it. */
    private static boolean isPrivate(EndpointAddress address) {
        return !(address instanceof EndpointAddress.Tcp tcp)
                || tcp.host().equals(LOCALHOST)
                || tcp.host().startsWith("127.")
                || Address.ofLiteral(tcp.host(), tcp.port()).equals(Address.ofLiteral("::1", tcp.port()));
    }
}
