package dev.sluice.proxy.config;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/**
 * Whether a path that was read as text is the same file to everyone. The JVM decodes the command line and the environment, and
 * encodes what it opens and deletes, by the locale; system calls get UTF-8. The two agree in a locale of UTF-8, and else on ASCII
 * only: under LC_ALL=C a socket would be bound by a name that nobody wrote, and could not be removed.
 */
final class FileNames {
    /** Of the locale that the JVM was started in. */
    static final Charset CHARSET = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    private FileNames() {}

    /**
     * @param names what the JVM takes file names for
     * @throws IllegalArgumentException with what is wrong with the path and what would help
     */
    static void check(String path, Charset names) {
        if (StandardCharsets.US_ASCII.newEncoder().canEncode(path)) {
            return;
        }
        if (!names.equals(StandardCharsets.UTF_8)) {
            throw new IllegalArgumentException(
                    "a path outside ASCII needs a locale of UTF-8, and that of this process is of " + names.name()
                            + ": set LC_ALL, to C.UTF-8 say");
        }
        // A replacement character stands where bytes were that are no UTF-8.
        if (path.indexOf('\ufffd') >= 0 || !StandardCharsets.UTF_8.newEncoder().canEncode(path)) {
            throw new IllegalArgumentException("the path is no UTF-8");
        }
    }
}
