package dev.sluice.cli.names.file;

import dev.sluice.cli.common.SmallFile;
import dev.sluice.cli.text.OneLine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * A file with an endpoint on each line, read whole or not at all. UTF-8:
 *
 * <pre>
 * # what is behind a '#' at the beginning of a word is a comment
 * 10.0.0.5:5432
 * db2:5432 weight=3 max-sessions=200
 * [fd00::7]:5432 backup
 * unix:/run/postgresql/.s.PGSQL.5432
 * </pre>
 *
 * A file without endpoints is one: a group that nobody is in at the moment.
 */
public final class EndpointFile {
    /** Longer files are not read. */
    public static final int MAX_BYTES = 1 << 20;

    /** Of one file. */
    public static final int MAX_ENDPOINTS = 4096;

    private EndpointFile() {}

    /**
     * Reads a file. Blocks as long as the file system does. A file that somebody is just writing is refused when that shows while it
     * is read; one whose writer pauses cannot be told from a whole one, which is why {@link FileWatch} waits for rest.
     *
     * @return its endpoints in their order, no address twice
     * @throws EndpointFileException when it cannot be read, changes while it is, or has something wrong in it
     */
    public static List<EndpointLine> read(Path path) throws EndpointFileException {
        String name = OneLine.of(path.toString());
        FileStamp before = FileStamp.of(path);
        byte[] bytes;
        try {
            bytes = SmallFile.read(path, MAX_BYTES);
        } catch (IOException e) {
            throw whole(name, String.valueOf(e.getMessage()), e instanceof SmallFile.TooLarge);
        }
        if (!FileStamp.of(path).equals(before)) {
            throw whole(name, "changes while it is read", false);
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw whole(name, "is not UTF-8", true);
        }
        return new EndpointLines(name).read(text);
    }

    private static EndpointFileException whole(String name, String problem, boolean wasRead) {
        return new EndpointFileException(List.of(name + ": " + problem), wasRead);
    }
}
