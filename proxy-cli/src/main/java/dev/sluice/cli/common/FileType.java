package dev.sluice.cli.common;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Types of a file that the JDK has no word for; see inode(7). */
public enum FileType {
    PIPE(0010000),
    SOCKET(0140000);

    private static final int MASK = 0170000;

    private final int mode;

    FileType(int mode) {
        this.mode = mode;
    }

    /**
     * Whether a file is of this type.
     *
     * @throws IOException when it is not there, or may not be looked at
     */
    public boolean is(Path file, LinkOption... options) throws IOException {
        return ((int) Files.getAttribute(file, "unix:mode", options) & MASK) == mode;
    }
}
