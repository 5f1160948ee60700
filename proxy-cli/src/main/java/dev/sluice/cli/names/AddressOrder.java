package dev.sluice.cli.names;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The order in which to try addresses, by the rules of RFC 6724, 6, that say something about a machine as a whole: what cannot be
 * reached comes last (1), then what has the scope (2) and the label (5) of the address that we would come from, then the higher
 * precedence (6): a native IPv6 address before IPv4, and that before a unique local IPv6 address from which we would not come. Among
 * equals the server's order stays. Left out is the longest common prefix (9), since it would undo the turns in which a server
 * hands addresses out, and with it what concerns mobile nodes and deprecated addresses.
 */
final class AddressOrder {
    /** What the kernel would send from. */
    interface Sources {
        /** Null when there is no way there. */
        @Nullable
        InetAddress to(InetAddress destination) throws InterruptedException;
    }

    /** Any: nothing is sent to it. */
    private static final int PORT = 9;

    /** Values of RFC 6724, 3.1. */
    private static final int LINK_LOCAL = 0x2;

    private static final int SITE_LOCAL = 0x5;
    private static final int GLOBAL = 0xe;

    /** One row of the table of RFC 6724, 2.1. */
    private record Policy(int precedence, int label) {}

    private static final Policy LOOPBACK = new Policy(50, 0);
    private static final Policy NATIVE = new Policy(40, 1);
    private static final Policy IPV4 = new Policy(35, 4);
    private static final Policy SIX_TO_FOUR = new Policy(30, 2);
    private static final Policy TEREDO = new Policy(5, 5);
    private static final Policy UNIQUE_LOCAL = new Policy(3, 13);
    private static final Policy OLD_SITE_LOCAL = new Policy(1, 11);
    private static final Policy SIX_BONE = new Policy(1, 12);

    private record Ranked(
            InetAddress address, boolean reachable, boolean sameScope, boolean sameLabel, int precedence) {}

    private static final Comparator<Ranked> BEST_FIRST = Comparator.comparing(Ranked::reachable)
            .thenComparing(Ranked::sameScope)
            .thenComparing(Ranked::sameLabel)
            .thenComparingInt(Ranked::precedence)
            .reversed();

    private final Sources sources;

    /** By the routes of this machine. */
    AddressOrder() {
        this(AddressOrder::kernelSource);
    }

    AddressOrder(Sources sources) {
        this.sources = sources;
    }

    /** The addresses, the best first. */
    List<InetAddress> sort(List<InetAddress> addresses) throws InterruptedException {
        if (addresses.size() < 2) {
            return List.copyOf(addresses);
        }
        List<Ranked> ranked = new ArrayList<>();
        for (InetAddress address : addresses) {
            ranked.add(rank(address, sources.to(address)));
        }
        ranked.sort(BEST_FIRST);
        return ranked.stream().map(Ranked::address).toList();
    }

    private static Ranked rank(InetAddress address, @Nullable InetAddress source) {
        Policy policy = policy(address);
        return new Ranked(
                address,
                source != null,
                source != null && scope(address) == scope(source),
                source != null && policy.label == policy(source).label,
                policy.precedence);
    }

    private static int scope(InetAddress address) {
        if (address.isLinkLocalAddress() || address.isLoopbackAddress()) {
            return LINK_LOCAL;
        }
        return address instanceof Inet6Address && address.isSiteLocalAddress() ? SITE_LOCAL : GLOBAL;
    }

    private static Policy policy(InetAddress address) {
        if (address instanceof Inet4Address) {
            return IPV4;
        }
        if (address.isLoopbackAddress()) {
            return LOOPBACK;
        }
        byte[] bytes = address.getAddress();
        int first = ((bytes[0] & 0xff) << 8) | (bytes[1] & 0xff);
        int second = ((bytes[2] & 0xff) << 8) | (bytes[3] & 0xff);
        if (first == 0x2002) {
            return SIX_TO_FOUR;
        }
        if (first == 0x2001 && second == 0) {
            return TEREDO;
        }
        if ((first & 0xfe00) == 0xfc00) {
            return UNIQUE_LOCAL;
        }
        if (address.isSiteLocalAddress()) {
            return OLD_SITE_LOCAL;
        }
        return first == 0x3ffe ? SIX_BONE : NATIVE;
    }

    /** Connecting a UDP socket sends nothing; it only asks for the route. */
    private static @Nullable InetAddress kernelSource(InetAddress destination) throws InterruptedException {
        StandardProtocolFamily family =
                destination instanceof Inet4Address ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6;
        try (DatagramChannel channel = DatagramChannel.open(family)) {
            channel.connect(new InetSocketAddress(destination, PORT));
            return channel.getLocalAddress() instanceof InetSocketAddress local ? local.getAddress() : null;
        } catch (IOException | UnsupportedOperationException e) { // no route, no IPv6, no descriptor
            SocketFailures.checkInterrupt();
            return null;
        }
    }
}
