package dev.sluice.proxy.roles;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import org.jspecify.annotations.Nullable;

/** A file with one password in it, without the newline at its end. Blocks: never on a loop's thread. */
public final class PasswordFile {
    /** No password is longer, bytes. */
    private static final int LONGEST = 4096;

    private PasswordFile() {}

    /**
     * The password as it is now.
     *
     * @throws RoleException when it cannot be read, with the reason and nothing of what is in it
     */
    public static String read(Path file) throws RoleException {
        if (Files.exists(file) && !Files.isRegularFile(file)) { // who opens a FIFO waits for a writer, for ever
            throw new RoleException("its password-file " + file + " cannot be read: it is no regular file", false);
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(LONGEST + 2);
        } catch (IOException e) {
            throw new RoleException("its password-file " + file + " cannot be read: " + reason(e), false);
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new RoleException("its password-file " + file + " is not a text in UTF-8", false);
        }
        String password = text.endsWith("\r\n")
                ? text.substring(0, text.length() - 2)
                : text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        if (password.isEmpty()) {
            throw new RoleException("its password-file " + file + " is empty", false);
        }
        if (bytes.length > LONGEST + 1 || password.indexOf('\n') >= 0 || password.indexOf('\0') >= 0) {
            throw new RoleException("its password-file " + file + " has more in it than one line", false);
        }
        return password;
    }

    /** What an operator should know of a file before it is needed, null for nothing. */
    public static @Nullable String worry(Path file) {
        try {
            read(file);
            return Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)
                    ? "password-file " + file + " can be read by everybody; chmod o-r takes care of that"
                    : null;
        } catch (IOException e) {
            return "password-file " + file + " cannot be read: " + reason(e);
        } catch (RoleException e) {
            return String.valueOf(e.getMessage()).replaceFirst("^its ", "");
        }
    }

    private static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> "there is no such file";
            case AccessDeniedException _ -> "permission denied";
            default -> String.valueOf(e.getMessage());
        };
    }
}
