package dev.sluice.tests.testkit;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Addresses in the command's words and in Java's. */
public final class Addresses {
    private static final Pattern HOST_AND_PORT = Pattern.compile("^\\[?(.+?)]?:(\\d+)$");

    private Addresses() {}

    /** An address in the command's words, as Java's. */
    static SocketAddress parse(String address) {
        if (address.startsWith("unix:")) {
            return UnixDomainSocketAddress.of(address.substring("unix:".length()));
        }
        Matcher parts = HOST_AND_PORT.matcher(address);
        if (!parts.matches()) {
            throw new AssertionError("no address: " + address);
        }
        return new InetSocketAddress(parts.group(1), Integer.parseInt(parts.group(2)));
    }

    /** Java's address in the command's words. */
    public static String text(SocketAddress address) {
        if (address instanceof UnixDomainSocketAddress unix) {
            return "unix:" + unix.getPath();
        }
        InetSocketAddress inet = (InetSocketAddress) address;
        String host = inet.getAddress().getHostAddress();
        if (host.indexOf(':') < 0) {
            return host + ":" + inet.getPort();
        }
        // Java spells the zeros out.
        String compact = host.equals("0:0:0:0:0:0:0:1") ? "::1" : host;
        return "[" + compact + "]:" + inet.getPort();
    }
}
