package dev.sluice.cli.machine;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads the kernel's settings below /proc, or a folder that looks like it. */
public final class Proc {
    private static final int LARGE = 16 << 10;

    /** The real one. */
    public static final Proc REAL = new Proc(Path.of("/proc"));

    private final Path root;

    public Proc(Path root) {
        this.root = root;
    }

    /**
     * The file's text without its line feed; null when it is not there or may not be read. In one large read: a setting's file
     * tells nothing to a second one.
     */
    public @Nullable String text(String file) {
        byte[] buffer = new byte[LARGE];
        try (InputStream in = Files.newInputStream(root.resolve(file))) {
            int length = in.read(buffer);
            return new String(buffer, 0, Math.max(0, length), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            return null;
        }
    }

    /** The whole text of a file that may be long and takes many reads, such as a table; null as {@link #text}. */
    public @Nullable String whole(String file) {
        try {
            return Files.readString(root.resolve(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return null;
        }
    }

    /** The names in a folder; none when it is not there or may not be read. */
    public List<String> list(String folder) {
        try (Stream<Path> files = Files.list(root.resolve(folder))) {
            return files.map(file -> file.getFileName().toString()).toList();
        } catch (IOException | UncheckedIOException e) {
            return List.of();
        }
    }

    /** Where a symbolic link points; null as {@link #text}. */
    public @Nullable String link(String file) {
        try {
            return Files.readSymbolicLink(root.resolve(file)).toString();
        } catch (IOException e) {
            return null;
        }
    }

    /** The number in the file, or another one where there is none. */
    public long number(String file, long otherwise) {
        String text = text(file);
        if (text == null) {
            return otherwise;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    /** The effective capabilities of this process (capabilities(7)), one bit each; none where they cannot be read. */
    public long capabilities() {
        String status = text("self/status");
        if (status != null) {
            for (String line : status.split("\n", -1)) {
                if (line.startsWith("CapEff:")) {
                    return Long.parseUnsignedLong(
                            line.substring("CapEff:".length()).strip(), 16);
                }
            }
        }
        return 0;
    }
}
