package dev.sluice.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.Inet6Address;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Addresses as the kernel takes and gives them. */
class AddressFamiliesTest extends RealKernel {
    private static final Address.V6 LOOPBACK6 = new Address.V6(0, 1, 0, 0);

    private String unique;

    @BeforeEach
    void name() {
        unique = "@sluice-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
    }

    private void roundTrip(Address address) {
        sockaddr.set(address);
        assertEquals(address.family(), sockaddr.family());
        assertEquals(address, sockaddr.toAddress());
    }

    @Test
    void everyKindComesBackFromTheBuffer() {
        roundTrip(new Address.V4(0xc0a8_01fe, 65535));
        roundTrip(new Address.V6(0xfe80_0000_0000_0000L, 0x0123_4567_89ab_cdefL, 7, 1));
        roundTrip(new Address.Unix("/run/x.sock"));
        roundTrip(new Address.Unix("@with\0zero"));
        roundTrip(new Address.Unix("@" + "n".repeat(107)));
        roundTrip(new Address.Unix("p".repeat(107)));
        roundTrip(Address.Unix.UNNAMED);
    }

    @Test
    void emptyBufferHoldsNoAddress() {
        SockaddrBuffer empty = new SockaddrBuffer(kernel);
        assertEquals(0, empty.family());
        assertThrows(IllegalStateException.class, empty::toAddress);
    }

    private boolean hasIpv6() {
        sockaddr.set(LOOPBACK6);
        int probe = socket(Sockets.AF_INET6);
        return kernel.bind(probe, sockaddr) == 0;
    }

    @Test
    void ipv6() {
        assumeTrue(hasIpv6(), "needs IPv6 on loopback (sysctl net.ipv6.conf.lo.disable_ipv6=0)");
        int listener = listener(LOOPBACK6);
        int client = socket(Sockets.AF_INET6);
        assertEquals(-Errno.EINPROGRESS, connect(client, nameOf(listener)));
        accept(listener);
        Address peer = sockaddr.toAddress();
        assertEquals(nameOf(client), peer);
        assertTrue(peer.toString().startsWith("[::1]:"), peer::toString);
    }

    @Test
    void ipv4OnAnIpv6Socket() {
        assumeTrue(hasIpv6(), "needs IPv6 on loopback (sysctl net.ipv6.conf.lo.disable_ipv6=0)");
        int listener = socket(Sockets.AF_INET6);
        assertEquals(0, kernel.setsockopt(listener, Sockets.IPPROTO_IPV6, Sockets.IPV6_V6ONLY, 0));
        sockaddr.set(new Address.V6(0, 0, 0, 0));
        assertEquals(0, kernel.bind(listener, sockaddr));
        assertEquals(0, kernel.listen(listener, 1));
        int port = assertInstanceOf(Address.V6.class, nameOf(listener)).port();
        int client = socket(Sockets.AF_INET);
        assertEquals(-Errno.EINPROGRESS, connect(client, new Address.V4(0x7f000001, port)));
        accept(listener);
        String peer = sockaddr.toAddress().toString();
        assertTrue(peer.startsWith("[::ffff:127.0.0.1]:"), peer);
    }

    @Test
    void linkLocalKeepsItsScope() throws Exception {
        Optional<Inet6Address> local = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(Inet6Address.class::isInstance)
                .map(Inet6Address.class::cast)
                .filter(address -> address.isLinkLocalAddress() && address.getScopeId() != 0)
                .findFirst();
        assumeTrue(local.isPresent(), "needs a network interface with IPv6 and a link-local address");
        Address.V6 wanted = assertInstanceOf(Address.V6.class, Address.of(local.orElseThrow(), 0));
        int listener = socket(Sockets.AF_INET6);
        sockaddr.set(wanted);
        assertEquals(0, kernel.bind(listener, sockaddr));
        Address.V6 bound = assertInstanceOf(Address.V6.class, nameOf(listener));
        assertEquals(new Address.V6(wanted.high(), wanted.low(), wanted.scope(), bound.port()), bound);
        assertEquals(bound, Address.parse(bound.toString()));
        sockaddr.set(new Address.V6(wanted.high(), wanted.low(), 0, 0));
        assertEquals(-Errno.EINVAL, kernel.bind(socket(Sockets.AF_INET6), sockaddr), "needs its scope");
    }

    @Test
    void unixPath(@TempDir Path folder) {
        Address path = new Address.Unix(folder.resolve("s").toString());
        int listener = listener(path);
        assertEquals(path, nameOf(listener));
        sockaddr.set(path);
        assertEquals(-Errno.EADDRINUSE, kernel.bind(socket(Sockets.AF_UNIX), sockaddr));
        int client = socket(Sockets.AF_UNIX);
        assertEquals(0, connect(client, path));
        accept(listener);
        assertEquals(Address.Unix.UNNAMED, sockaddr.toAddress(), "a client has no name");
        assertEquals(path, peerOf(client));
        shut(listener);
        assertEquals(-Errno.ECONNREFUSED, connect(socket(Sockets.AF_UNIX), path), "the file stays");
    }

    @Test
    void unixPathOfFullLength(@TempDir Path folder) {
        String prefix = folder + "/";
        assumeTrue(prefix.length() < 107, "needs a folder for temporary files with a shorter name (java.io.tmpdir)");
        Address path = new Address.Unix(prefix + "x".repeat(107 - prefix.length()));
        int listener = listener(path);
        assertEquals(path, nameOf(listener));
        assertEquals(0, connect(socket(Sockets.AF_UNIX), path));
    }

    @Test
    void abstractName() {
        Address name = new Address.Unix(unique);
        int listener = listener(name);
        assertEquals(name, nameOf(listener));
        assertEquals(0, connect(socket(Sockets.AF_UNIX), name));
        assertEquals(
                -Errno.ECONNREFUSED,
                connect(socket(Sockets.AF_UNIX), new Address.Unix(unique + "\0")),
                "its length is part of an abstract name");
    }

    @Test
    void unnamedBindsToANameOfTheKernelsChoice() {
        String name = nameOf(listener(Address.Unix.UNNAMED)).toString();
        assertTrue(name.matches("unix:@[0-9a-f]{5}"), name);
    }

    @Test
    void unreadBytesOfAUnixPeerAreUnsent() {
        int listener = listener(new Address.Unix(unique));
        int client = socket(Sockets.AF_UNIX);
        assertEquals(0, connect(client, nameOf(listener)));
        int server = accept(listener);
        assertEquals(0, kernel.bytesUnsent(client));
        assertEquals(4, send(client, "four"));
        assertTrue(kernel.bytesUnsent(client) >= 4);
        assertEquals(4, kernel.bytesReadable(server));
        assertEquals("four", receive(server));
        assertEquals(0, kernel.bytesUnsent(client));
    }
}
