package dev.sluice.cli.names;

import java.net.InetAddress;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a host can be called, without asking anybody. */
final class HostNames {
    /** Of a name as text, without the dot at its end: 255 bytes on the wire (RFC 1035, 2.3.4). */
    static final int MAX_LENGTH = 253;

    private static final int MAX_LABEL = 63;

    // Four decimal numbers without leading zeros: what inet_aton(3) takes besides means something else to everyone.
    private static final String BYTE = "(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])";
    private static final Pattern IPV4 = Pattern.compile(BYTE + "(\\." + BYTE + "){3}");
    private static final Pattern LABEL = Pattern.compile("[A-Za-z0-9_-]{1," + MAX_LABEL + "}");
    private static final Pattern NUMBER = Pattern.compile("[0-9]+|0[xX][0-9a-fA-F]*");

    private HostNames() {}

    /** The address that an IP literal names, IPv6 without brackets, a scope behind {@code %}; null when the text is none. */
    static @Nullable InetAddress literal(String text) {
        boolean ipv6 = text.indexOf(':') >= 0 && !text.startsWith("["); // ofLiteral takes brackets
        if (!ipv6 && !IPV4.matcher(text).matches()) {
            return null;
        }
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            return null; // no IPv6 address, or no interface of that name
        }
    }

    /**
     * What is wrong with a name, as the rest of a sentence; null when it can be asked for. Underscores are let through: SRV names
     * have them, and so have hosts of container networks.
     */
    static @Nullable String wrong(String name) {
        if (name.indexOf(':') >= 0) {
            return "is no IPv6 address of this machine's networks";
        }
        String whole = withoutDot(name);
        if (whole.isEmpty() || whole.length() > MAX_LENGTH) {
            return whole.isEmpty() ? "is no name" : "is longer than a name can be, " + MAX_LENGTH + " characters";
        }
        for (String label : whole.split("\\.", -1)) {
            if (!LABEL.matcher(label).matches()) {
                return wrongLabel(label);
            }
        }
        // As the URL standard has it: no top level domain is a number, and asking for 300.1.1.1 only tells a typing
        // error.
        return NUMBER.matcher(whole.substring(whole.lastIndexOf('.') + 1)).matches()
                ? "ends in a number and is no IPv4 address, which is four numbers of 0 to 255 without leading zeros"
                : null;
    }

    private static String wrongLabel(String label) {
        if (label.isEmpty()) {
            return "has two dots in a row, or begins with one";
        }
        if (label.chars().anyMatch(c -> c > 0x7e)) {
            return "has a character outside ASCII: write it as DNS has it, xn--…";
        }
        return label.length() > MAX_LABEL
                ? "has a part of more than " + MAX_LABEL + " characters"
                : "has a character that no host has";
    }

    /** The name without the dot that says that it is whole. */
    static String withoutDot(String name) {
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    /** Names that are this machine, whatever a server would say (RFC 6761, 6.3). */
    static boolean isLocalhost(String name) {
        String lower = withoutDot(name).toLowerCase(Locale.ROOT);
        return lower.equals("localhost") || lower.endsWith(".localhost");
    }
}
