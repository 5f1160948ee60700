package dev.sluice.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The offsets are those of the running kernel: ss(8) says the same. */
class TcpInfoTest extends RealKernel {
    private static final long PATIENCE_NANOS = 20_000_000_000L;
    private static final int SO_ATTACH_FILTER = 26;
    private static final short BPF_RET_K = 6;
    private static final int DROP = 0;
    /** In milliseconds. */
    private static final Pattern RTT = Pattern.compile(" rtt:([0-9.]+)/");
    /** On their way, and in all. */
    private static final Pattern RETRANS = Pattern.compile(" retrans:\\d+/(\\d+)");

    @Test
    void roundTripTimeIsWhatSsSays() throws IOException {
        Pair tcp = tcp();
        for (int i = 0; i < 20; i++) {
            send(tcp.a(), "ping");
            await(tcp.b(), Epoll.IN);
            receive(tcp.b());
            send(tcp.b(), "pong");
            await(tcp.a(), Epoll.IN);
            receive(tcp.a());
        }
        int rtt = TcpInfo.rttMicros(kernel.tcpInfo(tcp.a()));
        assertTrue(rtt > 0 && rtt < 1_000_000, () -> rtt + " us over loopback");
        // What comes late, a delayed acknowledgement, may change it between the two looks.
        for (int tries = 0; tries < 10; tries++) {
            if (rttOfSs(tcp) == TcpInfo.rttMicros(kernel.tcpInfo(tcp.a()))) {
                return;
            }
        }
        assertEquals(rttOfSs(tcp), TcpInfo.rttMicros(kernel.tcpInfo(tcp.a())));
    }

    private int rttOfSs(Pair tcp) throws IOException {
        return (int) Math.round(1000 * Double.parseDouble(find(RTT, ss(tcp), "0")));
    }

    /** The other side drops all that comes, before it is acknowledged. */
    @Test
    void retransmitsAreCounted() throws IOException {
        Pair tcp = tcp();
        assertEquals(0, TcpInfo.retransmits(kernel.tcpInfo(tcp.a())));
        dropAll(tcp.b());
        send(tcp.a(), "lost");
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (TcpInfo.retransmits(kernel.tcpInfo(tcp.a())) < 2) {
            assertTrue(System.nanoTime() - end < 0, "nothing is sent again");
            Thread.onSpinWait();
        }
        int before = TcpInfo.retransmits(kernel.tcpInfo(tcp.a()));
        int told = Integer.parseInt(find(RETRANS, ss(tcp), "0"));
        int after = TcpInfo.retransmits(kernel.tcpInfo(tcp.a()));
        assertTrue(before <= told && told <= after, () -> "ss says " + told + ", it was " + before + " to " + after);
        reset(tcp.a());
    }

    /** A filter that lets nothing through (socket(7), SO_ATTACH_FILTER). */
    private void dropAll(int socket) {
        MemorySegment program = kernel.allocate(8); // struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; }
        program.set(JAVA_SHORT, 0, BPF_RET_K);
        program.set(JAVA_INT, 4, DROP);
        MemorySegment filter = kernel.allocate(16); // struct sock_fprog { u16 len; struct sock_filter *filter; }
        filter.set(JAVA_SHORT, 0, (short) 1);
        filter.set(JAVA_LONG, 8, program.address());
        MemorySegment state = kernel.allocate(Libc.stateLayout().byteSize());
        int result = Libc.setsockopt(state, socket, Sockets.SOL_SOCKET, SO_ATTACH_FILTER, filter.address(), 16);
        Errno.check(result, "SO_ATTACH_FILTER");
    }

    @Test
    void isThereWhenTheOtherSideHasReset() {
        Pair tcp = tcp();
        reset(tcp.b());
        await(tcp.a(), Epoll.HUP);
        assertTrue(TcpInfo.rttMicros(kernel.tcpInfo(tcp.a())) > 0);
    }

    @Test
    void isRefusedForWhatIsNoTcp() {
        int unix = socket(Sockets.AF_UNIX);
        assertEquals(-Errno.EOPNOTSUPP, kernel.tcpInfo(unix));
        assertEquals(-Errno.ENOTSOCK, kernel.tcpInfo(pipe().a()));
        assertEquals(-Errno.EBADF, kernel.tcpInfo(-1));
    }

    @Test
    void bothAreInOneNumber() {
        long info = TcpInfo.of(35, 2);
        assertEquals(35, TcpInfo.rttMicros(info));
        assertEquals(2, TcpInfo.retransmits(info));
        long most = TcpInfo.of(-1, Integer.MIN_VALUE);
        assertTrue(most > 0, "never taken for an errno");
        assertEquals(Integer.MAX_VALUE, TcpInfo.rttMicros(most));
        assertEquals(Integer.MAX_VALUE, TcpInfo.retransmits(most));
    }

    private String ss(Pair tcp) throws IOException {
        Path program = Stream.of("/usr/bin/ss", "/bin/ss", "/usr/sbin/ss", "/sbin/ss")
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
        assumeTrue(program != null, "needs ss (Debian package iproute2)");
        String filter = "sport = :" + nameOf(tcp.a()).port() + " and dport = :"
                + nameOf(tcp.b()).port();
        Process ss = new ProcessBuilder(String.valueOf(program), "-tinHO", filter)
                .redirectErrorStream(true)
                .start();
        return new String(ss.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static String find(Pattern pattern, String line, String otherwise) {
        Matcher found = pattern.matcher(line);
        return found.find() ? found.group(1) : otherwise;
    }
}
