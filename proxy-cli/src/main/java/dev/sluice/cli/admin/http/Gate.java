package dev.sluice.cli.admin.http;

import dev.sluice.proxy.config.EndpointAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask, by the headers of a request. A page of another origin in an operator's browser is nobody: it can neither send
 * {@code X-Sluice} nor have its own name stand for this address (DNS rebinding).
 */
public final class Gate {
    /** What no form can send, and a script of another origin only when it is asked first. */
    public static final String ORDER_HEADER = "X-Sluice";

    private static final List<String> LOOPBACK = List.of("localhost", "127.0.0.1", "[::1]");
    private static final Pattern IP = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|\\[[0-9a-f:.]+]");
    private static final Pattern PORT = Pattern.compile(":[0-9]{1,5}$");
    private static final String BEARER = "bearer ";

    private final Set<String> hosts = new HashSet<>();
    /** Where any address of this machine will do, which no name can pretend to be: the port behind it. */
    private @Nullable String anyIp;

    /** A browser reaches a unix socket through something that listens on loopback for it ({@code ssh -L}), at a port of its own. */
    private boolean anyPort;

    private volatile byte @Nullable [] token;

    /**
     * @param address what the interface is bound to
     * @param more further values of the Host header
     */
    public Gate(EndpointAddress address, List<String> more) {
        more.forEach(host -> hosts.add(host.toLowerCase(Locale.ROOT)));
        switch (address) {
            case EndpointAddress.Unix unix -> {
                hosts.addAll(LOOPBACK);
                anyPort = true;
            }
            case EndpointAddress.Passed passed -> hosts.addAll(LOOPBACK);
            case EndpointAddress.Tcp tcp -> {
                String port = ":" + tcp.port();
                for (String name : LOOPBACK) {
                    hosts.add(name + port);
                }
                hosts.add(address.toString().toLowerCase(Locale.ROOT));
                if (tcp.host().equals("0.0.0.0") || tcp.host().equals("::")) {
                    anyIp = port;
                }
            }
        }
    }

    /** The token that requests must have from now on, null: none. */
    public void setToken(@Nullable String text) {
        token = text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    /** Whether a request is for this interface, by all Host headers that it has. */
    boolean knows(List<String> host) {
        if (host.size() != 1) {
            return false;
        }
        String name = host.getFirst().toLowerCase(Locale.ROOT);
        return hosts.contains(name) || isIp(name) || isForwarded(name);
    }

    private boolean isForwarded(String host) {
        return anyPort && LOOPBACK.contains(PORT.matcher(host).replaceFirst(""));
    }

    private boolean isIp(String host) {
        String port = anyIp;
        return port != null
                && host.endsWith(port)
                && IP.matcher(host.substring(0, host.length() - port.length())).matches();
    }

    /** Whether whoever asks has the token, if there is one; in a time that does not tell how much of it was right. */
    boolean trusts(List<String> authorization) {
        byte[] wanted = token;
        if (wanted == null) {
            return true;
        }
        String given = authorization.size() == 1 ? authorization.getFirst() : "";
        boolean bearer = given.regionMatches(true, 0, BEARER, 0, BEARER.length());
        byte[] shown = bearer ? given.substring(BEARER.length()).strip().getBytes(StandardCharsets.UTF_8) : new byte[0];
        return MessageDigest.isEqual(wanted, shown);
    }
}
