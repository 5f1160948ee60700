package dev.sluice.tests.operation;

import dev.sluice.tests.testkit.Addresses;
import dev.sluice.tests.testkit.Daemon;
import dev.sluice.tests.testkit.Machine;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** The machine's HAProxy, in the foreground, which forwards TCP and says how each connection ended. */
final class Haproxy implements AutoCloseable {
    /** How a connection ended that both sides closed in order (HAProxy's manual, "Session state at disconnection"). */
    static final String IN_ORDER = "--";
    /** The client broke it off, while data was exchanged. */
    static final String BY_CLIENT = "CD";
    /** The server did. */
    static final String BY_SERVER = "SD";

    private static final Pattern END = Pattern.compile("^end (\\S+) retries (\\S+) sent [1-9]\\d*$");

    private final Path control;
    private final Daemon daemon;

    /**
     * How a connection ended.
     *
     * @param state two letters
     * @param retries how often the server had to be connected to again
     */
    record End(String state, String retries) {}

    private Haproxy(Path control, Daemon daemon) {
        this.control = control;
        this.daemon = daemon;
    }

    /**
     * Starts one that forwards from an address to a server, and waits until it accepts connections.
     *
     * @param server address and what more there is to say of it
     * @param more sections
     */
    static Haproxy start(Path parent, InetSocketAddress address, String server, String more) throws Exception {
        String program = Machine.needs("haproxy", "haproxy").toString();
        Path folder = Files.createTempDirectory(parent, "haproxy");
        Path control = folder.resolve("control");
        Path file = Files.writeString(
                folder.resolve("haproxy.cfg"), """
                global
                    log stdout format raw local0
                    stats socket %s mode 600 level admin
                defaults
                    mode tcp
                    retries 0
                    timeout connect 20s
                    timeout client 60s
                    timeout server 60s
                listen tcp
                    bind %s
                    log global
                    log-format "end %%ts retries %%rc sent %%U"
                    server server %s
                %s""".formatted(control, Addresses.text(address), server, more));
        return new Haproxy(control, Daemon.start(folder, address, List.of(program, "-db", "-f", file.toString())));
    }

    /**
     * Connections that have ended, of those that were forwarded and that a client sent anything over: the one that found out that it
     * accepts sent nothing, and may have left before the server was connected to.
     */
    List<End> ends() {
        return daemon.log()
                .lines()
                .map(END::matcher)
                .filter(matcher -> matcher.matches())
                .map(matcher -> new End(matcher.group(1), matcher.group(2)))
                .toList();
    }

    /** All that it has said. */
    String said() {
        return daemon.log();
    }

    /** Gives it a command (its manual, "Unix Socket commands"). */
    String command(String words) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(control));
            channel.write(ByteBuffer.wrap((words + "\n").getBytes(StandardCharsets.US_ASCII)));
            return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.US_ASCII).strip();
        }
    }

    /** Has it listen no more, and end when its last connection has. */
    void softStop() {
        daemon.signal("USR1");
    }

    boolean isRunning() {
        return daemon.isRunning();
    }

    @Override
    public void close() {
        daemon.close();
    }
}
