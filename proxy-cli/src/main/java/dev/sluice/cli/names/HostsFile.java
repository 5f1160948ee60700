package dev.sluice.cli.names;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.StringTokenizer;

/** hosts(5). Read anew for each question, as the C library does: it may be large, changes at any time, and is asked seldom. */
final class HostsFile {
    /** Addresses of one name, the first ones. */
    static final int MAX_ADDRESSES = 1024;

    private final Path path;

    HostsFile(Path path) {
        this.path = path;
    }

    /** All addresses of a name, in the order of the file; none when it is not there, or cannot be read. */
    List<InetAddress> addresses(String name) throws InterruptedException {
        Set<InetAddress> addresses = new LinkedHashSet<>();
        String wanted = HostNames.withoutDot(name);
        // Names are ASCII; what else there is in comments must not be an error.
        try (BufferedReader lines = Files.newBufferedReader(path, StandardCharsets.ISO_8859_1)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (addresses.size() < MAX_ADDRESSES) {
                    read(line, wanted, addresses);
                }
            }
        } catch (IOException e) {
            // Without the file there is DNS; half of it is no answer.
            SocketFailures.checkInterrupt();
            return List.of();
        }
        return new ArrayList<>(addresses);
    }

    private static void read(String line, String wanted, Set<InetAddress> addresses) {
        int comment = line.indexOf('#');
        StringTokenizer words = new StringTokenizer(comment < 0 ? line : line.substring(0, comment));
        if (!words.hasMoreTokens()) {
            return;
        }
        String address = words.nextToken();
        while (words.hasMoreTokens()) {
            if (words.nextToken().equalsIgnoreCase(wanted)) {
                InetAddress literal = HostNames.literal(address);
                if (literal != null) {
                    addresses.add(literal);
                }
                return;
            }
        }
    }
}
