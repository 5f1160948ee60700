package dev.sluice.tests.testkit;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What a test needs of the machine that it runs on. What is missing skips the test, and the reason says what to install. */
public final class Machine {
    /** The user nobody, by number. */
    public static final String NOBODY = "65534";

    private Machine() {}

    /** A program on PATH or among the system's daemons. Without it the test is skipped. */
    public static Path needs(String program, String debianPackage) {
        Optional<Path> found = find(program);
        assumeTrue(found.isPresent(), "needs " + program + " (Debian package " + debianPackage + ")");
        return found.orElseThrow();
    }

    /** Looks on PATH, and where Debian has its daemons, which are not on everybody's PATH. */
    public static Optional<Path> find(String program) {
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.concat(Stream.of(path.split(":", -1)), Stream.of("/usr/sbin", "/sbin"))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    public static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** Words that turn a command into one of a user without privileges; none if the test has none itself. */
    public static List<String> asNobody() {
        if (!isRoot()) {
            return List.of();
        }
        for (Path folder = SluiceProcess.HOME; folder != null; folder = folder.getParent()) {
            try {
                assumeTrue(
                        Files.getPosixFilePermissions(folder).contains(PosixFilePermission.OTHERS_EXECUTE),
                        "needs folders that another user may enter (chmod o+x): " + folder);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return unprivileged();
    }

    /** The same for a program of the system, which servers that refuse to be root's need. */
    public static List<String> unprivileged() {
        if (!isRoot()) {
            return List.of();
        }
        needs("setpriv", "util-linux");
        return List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "env", "HOME=/");
    }

    /** Gives a folder to the user of {@link #unprivileged}. */
    public static Path forUnprivileged(Path folder) throws IOException {
        if (isRoot()) {
            Files.setAttribute(folder, "unix:uid", Integer.parseInt(NOBODY));
        }
        return folder;
    }

    /** Skips the test where this process may not have so many descriptors (the JVM has raised its limit as far as it goes). */
    public static void needsDescriptors(long count) {
        try {
            String limit = Files.readAllLines(Path.of("/proc/self/limits")).stream()
                    .filter(line -> line.startsWith("Max open files"))
                    .map(line -> line.split("\\s+", -1)[3])
                    .findFirst()
                    .orElse("0");
            assumeTrue(
                    limit.equals("unlimited") || Long.parseLong(limit) >= count,
                    "needs " + count + " descriptors (ulimit -n)");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A port that nobody has at the moment, at any address. It is below those that the kernel gives to clients (ip(7),
     * ip_local_port_range): a client has the address that it connects to, if that is this machine's, and its port may be that of a server
     * that is down; for a minute after its end, too.
     */
    public static int freePort() {
        return firstFree(firstOfClients(), 1);
    }

    /** The first of so many ports in a row that nobody has, and that {@link #freePort} gives to no other test. */
    public static int freePorts(int count) {
        return firstFree(firstOfClients() / 2, count);
    }

    private static int firstFree(int end, int count) {
        for (int i = 0; i < 10_000; i++) {
            int first = ThreadLocalRandom.current().nextInt(end / 2, end - count + 1);
            if (IntStream.range(first, first + count).allMatch(Machine::isFree)) {
                return first;
            }
        }
        throw new AssertionError("no " + count + " ports in a row below " + end + " are free");
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(false);
            socket.bind(new InetSocketAddress(port), 1);
            return true;
        } catch (IOException taken) {
            return false;
        }
    }

    private static int firstOfClients() {
        try {
            String range = Files.readAllLines(Path.of("/proc/sys/net/ipv4/ip_local_port_range"))
                    .getFirst();
            return Integer.parseInt(range.split("\\s+", 2)[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The text of a file below /proc/sys as a number. */
    public static long sysctl(String name) {
        Path file = Path.of("/proc/sys", name.replace('.', '/'));
        try {
            // Not readString: it reads one byte first, and such a file answers the first read only.
            return Long.parseLong(Files.readAllLines(file).getFirst());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
