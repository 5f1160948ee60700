package dev.sluice.cli.ask.client;

import dev.sluice.proxy.config.EndpointAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;

/**
 * Where an admin interface is, as a person wrote it: what {@code run --admin} takes, and names of hosts besides.
 *
 * @param text as it was written
 */
public record AdminAddress(String text) {
    private static final String WANTED = "; expected 127.0.0.1:9901, [::1]:9901 or unix:/run/sluice/admin.sock";

    /**
     * @throws IllegalArgumentException with what is wrong and what would be right
     */
    public AdminAddress {
        switch (EndpointAddress.parse(text)) {
            case EndpointAddress.Tcp tcp -> {
                if (tcp.port() == 0) {
                    throw new IllegalArgumentException("'" + text + "': nothing can be reached on port 0" + WANTED);
                }
            }
            case EndpointAddress.Unix unix -> {
                if (!unix.path().startsWith("/")) {
                    throw new IllegalArgumentException("'" + text + "' is no file" + WANTED);
                }
            }
            case EndpointAddress.Passed passed ->
                throw new IllegalArgumentException("'" + text + "' is a socket that was passed on" + WANTED);
        }
    }

    /** What the Host header of requests says. */
    String host() {
        return switch (EndpointAddress.parse(text)) {
            case EndpointAddress.Tcp tcp -> tcp.toString();
            default -> "localhost";
        };
    }

    /** What to connect to. Looks a name up, which blocks. */
    SocketAddress resolve() throws IOException {
        return switch (EndpointAddress.parse(text)) {
            case EndpointAddress.Tcp tcp -> new InetSocketAddress(ip(tcp.host()), tcp.port());
            case EndpointAddress.Unix unix -> UnixDomainSocketAddress.of(unix.path());
            case EndpointAddress.Passed passed -> throw new IOException("it is no address");
        };
    }

    private static InetAddress ip(String host) throws IOException {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new IOException("the name " + host + " is not known", e);
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
