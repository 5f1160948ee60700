package dev.sluice.proxy.listen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.linux.Address;
import dev.sluice.linux.Errno;
import dev.sluice.linux.Kernel;
import dev.sluice.linux.LinuxKernel;
import dev.sluice.linux.Sockets;
import dev.sluice.linux.UnixCalls;
import dev.sluice.proxy.config.TcpSettings;
import dev.sluice.proxy.testkit.Call;
import dev.sluice.proxy.testkit.Fault;
import dev.sluice.proxy.testkit.LeakCheck;
import dev.sluice.proxy.testkit.Net;
import dev.sluice.proxy.testkit.RealSockets;
import dev.sluice.proxy.testkit.Script;
import dev.sluice.proxy.testkit.ScriptedKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sockets to listen on: what is opened, what is left behind, and what is said when it cannot be done. */
class ListenSocketTest extends RealSockets {
    private static final Address V6 = Address.ofLiteral("::1", 0);

    private ListenSocket open(Address address) throws IOException {
        return ListenSocket.open(net.kernel, address, TcpSettings.DEFAULTS);
    }

    private String refusal(Kernel kernel, Address address) {
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        IOException refused =
                assertThrows(IOException.class, () -> ListenSocket.open(kernel, address, TcpSettings.DEFAULTS));
        assertEquals(Map.of(), before.leftOpen());
        return String.valueOf(refused.getMessage());
    }

    @Test
    void thePortIsTheOneThatOthersMean() throws IOException {
        ListenSocket socket = open(Net.LOOPBACK);
        String listening = Net.inTable(socket.address()) + " 00000000:0000";
        assertTrue(Net.tcpTable().contains(listening), () -> listening + " in " + Net.tcpTable());
        socket.close(net.kernel);
        // And where the port was chosen.
        socket = open(socket.address());
        assertTrue(Net.tcpTable().contains(listening), () -> listening + " in " + Net.tcpTable());
        net.close(net.connect(socket.address()));
        socket.close(net.kernel);
    }

    @Test
    void anAddressThatIsTakenIsRefusedWithWhatWouldHelp() throws IOException {
        ListenSocket socket = open(Net.LOOPBACK);
        String message = refusal(net.kernel, socket.address());
        assertTrue(message.contains("cannot listen on " + socket.address()), message);
        assertTrue(message.contains("EADDRINUSE") && message.contains("another process"), message);
        socket.close(net.kernel);
        open(socket.address()).close(net.kernel);
    }

    @Test
    void anAddressThatThisMachineDoesNotHaveIsRefused() {
        String message = refusal(net.kernel, new Address.V4(0xc0000201, 0)); // TEST-NET-1 (RFC 5737)
        assertTrue(message.contains("EADDRNOTAVAIL") && message.contains("ip address"), message);
    }

    /** What is written is what is bound, so that both can be listened on. */
    @Test
    void allOfIpv6IsNotAllOfIpv4AsWell() throws IOException {
        ListenSocket v4 = open(new Address.V4(0, 0));
        int port = v4.address() instanceof Address.V4 address ? address.port() : 0;
        ListenSocket v6 = open(Address.ofLiteral("::", port));
        v4.close(net.kernel);
        v6.close(net.kernel);
    }

    @Test
    void aUnixSocketsFileGoesWithIt(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("a.sock");
        Address address = new Address.Unix(file.toString());
        ListenSocket socket = open(address);
        assertEquals(address, socket.address());
        assertTrue(Files.exists(file));
        assertTrue(refusal(net.kernel, address).contains("EADDRINUSE"));
        assertTrue(Files.exists(file), "somebody listens there");
        socket.close(net.kernel);
        assertFalse(Files.exists(file));
    }

    /** A process that was killed leaves one, and nobody can listen there until it is gone. */
    @Test
    void aFileThatNobodyListensOnIsReplaced(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("a.sock");
        Address address = new Address.Unix(file.toString());
        int stale = net.listen(address, 1);
        net.close(stale);
        assertTrue(Files.exists(file));
        ListenSocket socket = open(address);
        net.close(net.connect(address));
        socket.close(net.kernel);
        assertFalse(Files.exists(file));
    }

    @Test
    void aFileOfSomebodyElseIsNeverRemoved(@TempDir Path folder) throws IOException {
        Path plain = Files.writeString(folder.resolve("plain"), "precious");
        assertTrue(refusal(net.kernel, new Address.Unix(plain.toString())).contains("EADDRINUSE"));
        assertEquals("precious", Files.readString(plain));
        Path link = Files.createSymbolicLink(folder.resolve("link"), plain);
        assertTrue(refusal(net.kernel, new Address.Unix(link.toString())).contains("EADDRINUSE"));
        assertTrue(Files.exists(link, LinkOption.NOFOLLOW_LINKS));

        Path file = folder.resolve("a.sock");
        ListenSocket socket = open(new Address.Unix(file.toString()));
        Files.delete(file);
        int successor = net.listen(new Address.Unix(file.toString()), 1);
        socket.close(net.kernel);
        assertTrue(Files.exists(file), "it is another one's by now");
        net.close(successor);
    }

    @Test
    void anAbstractNameHasNoFile() throws IOException {
        Address name = Net.abstractName();
        ListenSocket socket = open(name);
        net.close(net.connect(name));
        socket.close(net.kernel);
    }

    /** It was bound, and then something else was refused. */
    @Test
    void aFileThatWasBoundInVainIsNotLeftBehind(@TempDir Path folder) {
        Path file = folder.resolve("a.sock");
        Script script = new Script();
        script.always(Call.LISTEN, Fault.error(Errno.ENOBUFS));
        try (Kernel scripted = new ScriptedKernel(LinuxKernel.open(), script)) {
            assertTrue(refusal(scripted, new Address.Unix(file.toString())).contains("ENOBUFS"));
        }
        assertFalse(Files.exists(file));
    }

    @Test
    void aFolderThatIsNotThereIsSaid(@TempDir Path folder) {
        String message = refusal(net.kernel, new Address.Unix(folder + "/none/a.sock"));
        assertTrue(message.contains("ENOENT") && message.contains("the folder does not exist"), message);
    }

    // Sockets of others

    @Test
    void aPrivateSocketIsItsUsersOnlyWhateverTheUmask(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("private");
        try (UnixCalls calls = UnixCalls.open()) {
            Address.Unix address = new Address.Unix(file.toString());
            ListenSocket socket = ListenSocket.openPrivate(net.kernel, calls, address);
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
            net.close(net.connect(address));
            socket.close(net.kernel);
            assertFalse(Files.exists(file));
        }
    }

    @Test
    void aSocketThatListensIsAdopted(@TempDir Path folder) throws IOException {
        for (Address address : List.of(
                Net.LOOPBACK,
                V6,
                Net.abstractName(),
                new Address.Unix(folder.resolve("a").toString()))) {
            ListenSocket opened = open(address);
            ListenSocket adopted = ListenSocket.adopt(net.kernel, opened.fd());
            assertEquals(opened, adopted);
            int blocking = net.kernel.socket(address.family(), Sockets.SOCK_STREAM, 0);
            net.close(net.connect(adopted.address()));
            net.close(net.accept(adopted.fd()));
            assertEquals(-Errno.EAGAIN, net.tryAccept(adopted.fd()), "does not block");
            net.kernel.close(blocking);
            adopted.close(net.kernel);
        }
    }

    @Test
    void anythingElseIsNotAdopted(@TempDir Path folder) {
        LeakCheck.Descriptors before = LeakCheck.Descriptors.open();
        int connected = net.socket(Sockets.AF_INET);
        int datagrams = net.kernel.socket(Sockets.AF_INET, 2 /* SOCK_DGRAM */, 0);
        int eventfd = net.kernel.eventfd();
        for (int fd : new int[] {connected, datagrams, eventfd, -1}) {
            IOException refused = assertThrows(IOException.class, () -> ListenSocket.adopt(net.kernel, fd));
            assertTrue(String.valueOf(refused.getMessage()).startsWith("descriptor " + fd + " is "), refused::toString);
        }
        assertEquals(3, before.openedSince().size(), "they stay the caller's");
        net.close(connected);
        net.kernel.close(datagrams);
        net.kernel.close(eventfd);
    }

    /** Closing one of two is none of the other's business, and the file is the other's. */
    @Test
    void aSharedSocketLeavesItsFile(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("a");
        ListenSocket socket = open(new Address.Unix(file.toString()));
        socket.closeDescriptor(net.kernel);
        assertTrue(Files.exists(file));
        assertEquals(-Errno.EBADF, net.kernel.listen(socket.fd(), 1));
    }

    // Options of the connections

    private int option(int fd, int level, int option) {
        return net.kernel.getsockopt(fd, level, option);
    }

    /** On or off, idle, interval, count, user timeout. */
    private List<Integer> options(int fd) {
        return List.of(
                option(fd, Sockets.SOL_SOCKET, Sockets.SO_KEEPALIVE),
                option(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPIDLE),
                option(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPINTVL),
                option(fd, Sockets.IPPROTO_TCP, Sockets.TCP_KEEPCNT),
                option(fd, Sockets.IPPROTO_TCP, Sockets.TCP_USER_TIMEOUT));
    }

    private List<Integer> optionsOfTheNext(ListenSocket socket) {
        int client = net.connect(socket.address());
        int fd = net.accept(socket.fd());
        assertEquals(1, option(fd, Sockets.IPPROTO_TCP, Sockets.TCP_NODELAY));
        List<Integer> options = options(fd);
        net.close(fd);
        net.close(client);
        return options;
    }

    private static TcpSettings settings(int idle, int interval, int count, int userMillis) {
        return new TcpSettings(
                new TcpSettings.Keepalive(Duration.ofSeconds(idle), Duration.ofSeconds(interval), count),
                Duration.ofMillis(userMillis));
    }

    @Test
    void acceptedSocketsInheritWhatIsConfigured() throws IOException {
        for (Address address : List.of(Net.LOOPBACK, V6)) {
            ListenSocket socket = ListenSocket.open(net.kernel, address, TcpSettings.DEFAULTS);
            assertEquals(List.of(1, 60, 10, 5, 0), optionsOfTheNext(socket));
            socket.configure(net.kernel, settings(7, 3, 2, 1500));
            assertEquals(List.of(1, 7, 3, 2, 1500), optionsOfTheNext(socket));
            socket.configure(net.kernel, settings(0, 10, 5, 0));
            List<Integer> off = optionsOfTheNext(socket);
            assertEquals(0, off.getFirst());
            assertEquals(0, off.getLast());
            socket.configure(net.kernel, TcpSettings.DEFAULTS);
            assertEquals(List.of(1, 60, 10, 5, 0), optionsOfTheNext(socket));
            socket.close(net.kernel);
        }
    }

    /** Who connects while a configuration is applied has the options of one or the other, not none. */
    @Test
    void whatStaysOnIsNeverOff() throws IOException {
        Script script = new Script();
        try (Kernel scripted = new ScriptedKernel(LinuxKernel.open(), script)) {
            ListenSocket socket = ListenSocket.open(scripted, Net.LOOPBACK, settings(60, 10, 5, 1000));
            List<List<Integer>> seen = new ArrayList<>();
            script.witness((call, fd, result) -> {
                if (call == Call.SETSOCKOPT) {
                    seen.add(List.of(options(fd).getFirst(), options(fd).getLast()));
                }
            });
            socket.configure(scripted, settings(30, 10, 5, 2000));
            assertNotEquals(List.of(), seen);
            assertTrue(seen.stream().allMatch(now -> now.getFirst() == 1 && now.getLast() >= 1000), seen::toString);
            script.witness(null);
            socket.close(scripted);
        }
    }
}
