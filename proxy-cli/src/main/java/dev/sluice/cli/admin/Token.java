package dev.sluice.cli.admin;

import dev.sluice.cli.common.CommandFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
            Path path = Path.of(file);
            if (Files.size(path) > MAX_BYTES) {
                throw new CommandFailure("the token file " + file + " has more than " + MAX_BYTES + " bytes");
            }
            String token = Files.readString(path, StandardCharsets.UTF_8).strip();
            if (token.isEmpty() || token.chars().anyMatch(c -> c <= ' ' || c >= 0x7f)) {
                throw new CommandFailure(
                        "the token file " + file + " has no token: one line of printable characters without blanks");
            }
            return token;
        } catch (NoSuchFileException e) {
            throw new CommandFailure("the token file " + file + " does not exist");
        } catch (AccessDeniedException e) {
            throw new CommandFailure("the token file " + file + " cannot be read by this user (EACCES)");
        } catch (IOException e) {
            throw new CommandFailure("the token file " + file + " cannot be read: " + e.getMessage());
        }
    }
}
