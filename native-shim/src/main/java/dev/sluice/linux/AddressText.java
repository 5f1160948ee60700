package dev.sluice.linux;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/** Addresses to text and back; IPv6 as RFC 5952 wants it. */
final class AddressText {
    private static final String UNIX = "unix:";
    /** RFC 5952, 5. */
    private static final String MAPPED = "::ffff:";

    private AddressText() {}

    static String format(Address.V4 address) {
        byte[] text = new byte[Address.MAX_PLAIN];
        return text(text, put(address, text, 0));
    }

    static String format(Address.V6 address) {
        byte[] text = new byte[Address.MAX_PLAIN];
        if (address.scope() == 0) {
            return text(text, put(address, text, 0));
        }
        return text(text, putBracketed(address, text, 0)) + '%' + scope(address.scope()) + "]:" + address.port();
    }

    private static String text(byte[] ascii, int length) {
        return new String(ascii, 0, length, StandardCharsets.ISO_8859_1);
    }

    static int put(Address.V4 address, byte[] out, int at) {
        return putPort(address.port(), out, putQuad(address.address(), out, at));
    }

    /** Of one without a scope. */
    static int put(Address.V6 address, byte[] out, int at) {
        int end = putBracketed(address, out, at);
        out[end++] = ']';
        return putPort(address.port(), out, end);
    }

    /** The closing bracket is left to the caller. */
    private static int putBracketed(Address.V6 address, byte[] out, int at) {
        int end = at;
        out[end++] = '[';
        if (address.high() == 0 && address.low() >>> 32 == 0xffffL) {
            for (int i = 0; i < MAPPED.length(); i++) {
                out[end++] = (byte) MAPPED.charAt(i);
            }
            return putQuad((int) address.low(), out, end);
        }
        return putGroups(address.high(), address.low(), out, end);
    }

    private static int putPort(int port, byte[] out, int at) {
        out[at] = ':';
        return putDecimal(port, out, at + 1);
    }

    private static int putQuad(int address, byte[] out, int at) {
        int end = putDecimal(address >>> 24, out, at);
        for (int shift = 16; shift >= 0; shift -= 8) {
            out[end] = '.';
            end = putDecimal(address >>> shift & 0xff, out, end + 1);
        }
        return end;
    }

    /** 0 … 65535. */
    private static int putDecimal(int number, byte[] out, int at) {
        int length = number < 10 ? 1 : number < 100 ? 2 : number < 1000 ? 3 : number < 10_000 ? 4 : 5;
        int left = number;
        for (int i = at + length - 1; i >= at; i--) {
            out[i] = (byte) ('0' + left % 10);
            left /= 10;
        }
        return at + length;
    }

    static String format(Address.Unix address) {
        return UNIX + escape(address.path());
    }

    /** RFC 5952, 4: no leading zeros, {@code ::} for the longest run of two zero groups or more, the first of equals. */
    private static int putGroups(long high, long low, byte[] out, int at) {
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
        int end = at;
        for (int i = 0; i < 8; i++) {
            if (i == runStart) {
                out[end++] = ':';
                out[end++] = ':';
                i += runLength - 1;
                continue;
            }
            if (i > 0 && i != runStart + runLength) {
                out[end++] = ':';
            }
            end = putHex(group(high, low, i), out, end);
        }
        return end;
    }

    /** 0 … ffff. */
    private static int putHex(int number, byte[] out, int at) {
        int end = at;
        for (int shift = number < 0x10 ? 0 : number < 0x100 ? 4 : number < 0x1000 ? 8 : 12; shift >= 0; shift -= 4) {
            out[end++] = (byte) Character.forDigit(number >> shift & 15, 16);
        }
        return end;
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
