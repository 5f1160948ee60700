package dev.sluice.cli.admin;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.SmallFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The token that requests must have. */
public final class Token {
    private static final int MAX_BYTES = 4096;

    private Token() {}

    /**
     * Reads a file with a token in its one line.
     *
     * @param file empty: there is none
     * @return null when there is none
     * @throws CommandFailure when the file has none, without a word of it
     */
    public static @Nullable String read(String file) {
        if (file.isEmpty()) {
            return null;
        }
        try {
            String token = new String(SmallFile.read(Path.of(file), MAX_BYTES), StandardCharsets.UTF_8).strip();
            if (token.isEmpty() || token.chars().anyMatch(c -> c <= ' ' || c >= 0x7f)) {
                throw new CommandFailure(
                        "the token file " + file + " has no token: one line of printable characters without blanks");
            }
            return token;
        } catch (IOException e) {
            throw new CommandFailure("the token file " + file + " " + e.getMessage());
        }
    }
}
