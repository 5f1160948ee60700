package dev.sluice.proxy.config;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Locale;

/** Where to listen or to connect, as a person wrote it: nothing is resolved yet. */
public sealed interface EndpointAddress extends EndpointSource
        permits EndpointAddress.Tcp, EndpointAddress.Unix, EndpointAddress.Passed {

    /** Longest path that fits struct sockaddr_un with its final NUL (unix(7)), in bytes of UTF-8. */
    int MAX_UNIX_PATH = 107;

    /** Whether a name must be looked up before it can be used. */
    boolean isName();

    @Override
    default boolean mayChange() {
        return isName();
    }

    /**
     * A TCP port of a host.
     *
     * <p>A host whose last label is a number, decimal or {@code 0x…}, is an IPv4 address or nothing: no name can end so (RFC
     * 1123, 2.1; the URL standard's "ends in a number" says the same), and looking {@code 300.1.1.1} up would only ask a server
     * for a typing error. It must be four decimal numbers. What inet_aton(3) takes besides is refused: {@code 127.1} and
     * {@code 0x7f.1}, which getaddrinfo(3) reads as 127.0.0.1, and {@code 010.0.0.1}, which it reads as 8.0.0.1.
     *
     * @param host name or literal, IPv6 without brackets, a scope behind {@code %}
     * @param port 0 … 65535; 0 only makes sense for listening
     */
    record Tcp(String host, int port) implements EndpointAddress {
        public Tcp {
            if (host.isEmpty()) {
                throw new IllegalArgumentException("the host is missing");
            }
            if (endsInNumber(host) && !isIpv4(host)) {
                throw new IllegalArgumentException("a host that ends in a number must be an IPv4 address,"
                        + " four numbers of 0 to 255 without leading zeros, such as 10.0.0.5");
            }
            if (port < 0 || port > 65535) {
                throw new IllegalArgumentException("port " + port + " is not in 0 to 65535");
            }
        }

        @Override
        public boolean isName() {
            return host.indexOf(':') < 0 && !isIpv4(host);
        }

        @Override
        public Object place() {
            if (isName()) {
                return new Tcp(host.toLowerCase(Locale.ROOT), port);
            }
            try {
                return new InetSocketAddress(InetAddress.ofLiteral(host), port);
            } catch (IllegalArgumentException e) {
                return this; // no IPv6 address, or no interface of that name
            }
        }

        @Override
        public String toString() {
            return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
        }
    }

    /**
     * A unix stream socket.
     *
     * @param path file path, or {@code @name} in the abstract namespace (unix(7))
     */
    record Unix(String path) implements EndpointAddress {
        public Unix {
            if (path.isEmpty() || path.equals("@")) {
                throw new IllegalArgumentException("the path behind 'unix:' is missing");
            }
            int length = path.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
            if (length > MAX_UNIX_PATH) {
                throw new IllegalArgumentException(
                        "the unix path has " + length + " bytes; at most " + MAX_UNIX_PATH + " fit");
            }
            if (path.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("the unix path has a NUL in it");
            }
        }

        @Override
        public boolean isName() {
            return false;
        }

        @Override
        public String toString() {
            return "unix:" + path;
        }
    }

    /**
     * A socket that listens already: whoever started this process has opened it and passed it on (sd_listen_fds(3)). Only a listener
     * can have it.
     *
     * @param name what it was given for one, or its number, 1 … 255 printable characters of ASCII but the colon
     */
    record Passed(String name) implements EndpointAddress {
        public Passed {
            if (!name.matches("[!-9;-~]{1,255}")) {
                throw new IllegalArgumentException(
                        name.isEmpty()
                                ? "the name behind 'fd:' is missing"
                                : "the name behind 'fd:' has up to 255 printable characters, none of them a blank or a colon");
            }
        }

        @Override
        public boolean isName() {
            return false;
        }

        @Override
        public String toString() {
            return PASSED + name;
        }
    }

    /** What the address of a {@link Passed} begins with. */
    String PASSED = "fd:";

    /**
     * Reads where to listen: what {@link #parse} reads, or {@code fd:NAME}.
     *
     * @throws IllegalArgumentException with what was wrong and what would be right, fit for a person
     */
    static EndpointAddress parseListening(String text) {
        try {
            return text.startsWith(PASSED) ? new Passed(text.substring(PASSED.length())) : parseOrExplain(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + text + "' is not an address: " + e.getMessage()
                    + " (expected host:port, [ipv6]:port, unix:/path or fd:NAME)");
        }
    }

    /**
     * Reads {@code host:port}, {@code [v6]:port} or {@code unix:/path}. A path outside ASCII needs a locale of UTF-8.
     *
     * @throws IllegalArgumentException with what was wrong and what would be right, fit for a person
     */
    static EndpointAddress parse(String text) {
        try {
            return parseOrExplain(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + text + "' is not an address: " + e.getMessage()
                    + " (expected host:port, [ipv6]:port or unix:/path)");
        }
    }

    /**
     * Whether a path can be a unix socket's, and means the same file to everyone.
     *
     * @throws IllegalArgumentException with what is wrong with it, fit for a person
     */
    static void checkPath(String path) {
        FileNames.check(path, FileNames.CHARSET);
        var _ = new Unix(path);
    }

    private static EndpointAddress parseOrExplain(String text) {
        if (text.startsWith("unix:")) {
            String path = text.substring("unix:".length());
            checkPath(path);
            return new Unix(path);
        }
        int colon = text.lastIndexOf(':');
        if (text.startsWith("[")) {
            int bracket = text.indexOf(']');
            if (bracket < 0) {
                throw new IllegalArgumentException("the closing bracket is missing");
            }
            if (colon != bracket + 1) {
                throw new IllegalArgumentException("the port behind the bracket is missing");
            }
            String host = text.substring(1, bracket);
            if (host.indexOf(':') < 0) {
                throw new IllegalArgumentException("only an IPv6 address goes into brackets");
            }
            return new Tcp(host, port(text.substring(colon + 1)));
        }
        if (colon < 0) {
            throw new IllegalArgumentException("the port is missing");
        }
        if (text.indexOf(':') != colon) {
            throw new IllegalArgumentException("an IPv6 address needs brackets");
        }
        String host = text.substring(0, colon);
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c <= ' ' || c == '/' || c == '[' || c == ']' || c == 0x7f) {
                throw new IllegalArgumentException("the host has a character that no host has");
            }
        }
        return new Tcp(host, port(text.substring(colon + 1)));
    }

    private static boolean endsInNumber(String host) {
        if (host.indexOf(':') >= 0) {
            return false; // IPv6
        }
        int end = host.endsWith(".") ? host.length() - 1 : host.length(); // the root's label
        String label = host.substring(host.lastIndexOf('.', end - 1) + 1, end);
        return label.matches("[0-9]+|0[xX][0-9a-fA-F]*");
    }

    /** Whether it is an address of IPv4: four decimal numbers without leading zeros. */
    static boolean isIpv4(String host) {
        String[] numbers = host.split("\\.", -1);
        boolean valid = numbers.length == 4;
        for (String number : numbers) {
            valid &= number.matches("0|[1-9][0-9]{0,2}") && Integer.parseInt(number) <= 255;
        }
        return valid;
    }

    private static int port(String text) {
        boolean digits = !text.isEmpty() && text.length() <= 5;
        for (int i = 0; i < text.length(); i++) {
            digits &= text.charAt(i) >= '0' && text.charAt(i) <= '9';
        }
        if (!digits) {
            throw new IllegalArgumentException(
                    text.isEmpty() ? "the port is missing" : "port '" + text + "' is not a number in 0 to 65535");
        }
        return Integer.parseInt(text);
    }
}
