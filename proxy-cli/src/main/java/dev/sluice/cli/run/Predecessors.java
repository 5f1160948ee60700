package dev.sluice.cli.run;

import dev.sluice.cli.admin.Target;
import dev.sluice.cli.common.FileType;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * Processes that have been taken over and still have sessions. Each serves its admin interface at a unix socket beside the takeover's, whose
 * name ends in its process id: nobody has to be told of it.
 */
final class Predecessors {
    private static final String UNIX = "unix:";

    private Predecessors() {}

    /** Where one serves it. */
    static String place(String takeoverSocket, long pid) {
        return UNIX + Path.of(takeoverSocket).toAbsolutePath() + "." + pid;
    }

    /**
     * Those that live: a process id says little of that, which may be another's by now or of another namespace, and so each is asked. What
     * a dead one has left is removed.
     */
    static List<Target.Predecessor> of(String takeoverSocket) {
        if (takeoverSocket.isEmpty()) {
            return List.of();
        }
        Path socket = Path.of(takeoverSocket).toAbsolutePath();
        Path folder = Objects.requireNonNull(socket.getParent());
        String prefix = socket.getFileName() + ".";
        List<Target.Predecessor> all = new ArrayList<>();
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(folder, file -> isNamedSo(file, prefix) && isOwn(file, socket))) {
            for (Path file : files) {
                long pid = Long.parseLong(file.getFileName().toString().substring(prefix.length()));
                if (listens(file)) {
                    all.add(new Target.Predecessor(pid, UNIX + file));
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return List.of(); // nobody can be asked there
        }
        all.sort(Comparator.comparingLong(Target.Predecessor::pid));
        return all;
    }

    private static boolean isNamedSo(Path file, String prefix) {
        String name = file.getFileName().toString();
        return name.startsWith(prefix) && name.substring(prefix.length()).matches("[0-9]{1,10}");
    }

    /** A socket of whose the takeover's is: another user's would get the token of who asks it. */
    private static boolean isOwn(Path file, Path takeover) {
        try {
            return FileType.SOCKET.is(file, LinkOption.NOFOLLOW_LINKS)
                    && owner(file).equals(owner(takeover));
        } catch (IOException e) {
            return false; // it has gone
        }
    }

    /** Whether somebody listens there, whom that costs a connection. It waits for nobody. */
    private static boolean listens(Path file) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.configureBlocking(false);
            var _ = channel.connect(UnixDomainSocketAddress.of(file));
            return true;
        } catch (ConnectException e) { // refused: its process is gone
            remove(file);
            return false;
        } catch (IOException e) {
            return Files.exists(file, LinkOption.NOFOLLOW_LINKS); // its backlog is full (EAGAIN); or it has gone
        }
    }

    private static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // the next one who asks tries again
        }
    }

    private static Object owner(Path file) throws IOException {
        return Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    }
}
