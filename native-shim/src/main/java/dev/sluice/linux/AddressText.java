package dev.sluice.linux;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;

/** Addresses to text and back; IPv6 as RFC 5952 wants it. */
final class AddressText {
    private static final String UNIX = "unix:";

    private AddressText() {}

    static String format(Address.V4 address) {
        return quad(address.address()) + ":" + address.port();
    }

    static String format(Address.V6 address) {
        StringBuilder out = new StringBuilder(64).append('[');
        if (address.high() == 0 && address.low() >>> 32 == 0xffffL) {
            out.append("::ffff:").append(quad((int) address.low())); // RFC 5952, 5
        } else {
            groups(out, address.high(), address.low());
        }
        if (address.scope() != 0) {
            out.append('%').append(scope(address.scope()));
        }
        return out.append("]:").append(address.port()).toString();
    }

    static String format(Address.Unix address) {
        return UNIX + escape(address.path());
    }

    private static String quad(int address) {
        return (address >>> 24) + "." + ((address >>> 16) & 0xff) + "." + ((address >>> 8) & 0xff) + "."
                + (address & 0xff);
    }

    /** RFC 5952, 4: no leading zeros, {@code ::} for the longest run of two zero groups or more, the first of equals. */
    private static void groups(StringBuilder out, long high, long low) {
        int runStart = -1;
        int runLength = 1;
        for (int i = 0; i < 8; i++) {
            int length = 0;
            while (i + length < 8 && group(high, low, i + length) == 0) {
                length++;
            }
            if (length > runLength) {
                runStart = i;
                runLength = length;
            }
            i += length;
        }
        for (int i = 0; i < 8; i++) {
            if (i == runStart) {
                out.append("::");
                i += runLength - 1;
                continue;
            }
            if (i > 0 && i != runStart + runLength) {
                out.append(':');
            }
            out.append(Integer.toHexString(group(high, low, i)));
        }
    }

    private static int group(long high, long low, int i) {
        long half = i < 4 ? high : low;
        return (int) (half >>> (16 * (3 - (i & 3)))) & 0xffff;
    }

    private static String scope(int index) {
        try {
            NetworkInterface found = NetworkInterface.getByIndex(index);
            if (found != null) {
                return escape(found.getName());
            }
        } catch (SocketException | IllegalArgumentException ignored) {
            // The number says it as well.
        }
        return Integer.toUnsignedString(index);
    }

    static String escape(String text) {
        if (text.chars().noneMatch(Character::isISOControl)) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c)) {
                out.append(String.format("\\x%02x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    static Address parse(String text) {
        if (text.startsWith(UNIX)) {
            String path = text.substring(UNIX.length());
            if (path.isEmpty() || path.equals("@")) {
                throw wrong(text, "wants a path or an @name");
            }
            return new Address.Unix(path);
        }
        int colon = text.lastIndexOf(':');
        String digits = text.substring(colon + 1);
        if (colon < 0
                || digits.isEmpty()
                || digits.length() > 5
                || !digits.chars().allMatch(AddressText::isDigit)) {
            throw wrong(text, "has no port");
        }
        String host = text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (bracketed) {
            host = host.substring(1, host.length() - 1);
        }
        if (bracketed != host.contains(":")) {
            throw wrong(text, bracketed ? "has brackets, but no IPv6 address in them" : "wants brackets round IPv6");
        }
        return Address.ofLiteral(host, Integer.parseInt(digits));
    }

    static Address parse(String host, int port) {
        int percent = host.indexOf('%');
        String bare = percent < 0 ? host : host.substring(0, percent);
        boolean six = bare.indexOf(':') >= 0;
        if (!six && (percent >= 0 || bare.chars().filter(c -> c == '.').count() != 3)) {
            throw wrong(host, "is no IP address"); // InetAddress would take 127.1 and 1
        }
        Address address;
        try {
            address = Address.of(InetAddress.ofLiteral(bare), port);
        } catch (IllegalArgumentException e) {
            throw wrong(host, "is no IP address");
        }
        if (percent >= 0 && address instanceof Address.V6 found) {
            return new Address.V6(found.high(), found.low(), scope(host, host.substring(percent + 1)), port);
        }
        return address;
    }

    /** Not left to InetAddress, which wants a scope's interface to have an address of the same kind. */
    private static int scope(String host, String scope) {
        try {
            NetworkInterface found = scope.isEmpty() ? null : NetworkInterface.getByName(scope);
            if (found != null) {
                return found.getIndex();
            }
            return Integer.parseUnsignedInt(scope);
        } catch (SocketException | NumberFormatException e) {
            throw wrong(host, "names a network interface that does not exist");
        }
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private static IllegalArgumentException wrong(String text, String what) {
        return new IllegalArgumentException(escape(text) + " " + what);
    }
}
