package dev.sluice.cli.yaml;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubstitutionTest {
    private final Substitution substitution = new Substitution(Map.of("HOST", "db1", "EMPTY", "", "TWICE", "${HOST}"));

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "plain                 | plain",
                "${HOST}               | db1",
                "a-${HOST}:5${HOST}    | a-db1:5db1",
                "${HOST:-other}        | db1",
                "${NONE:-other}        | other",
                "${NONE:-}             | ``",
                "${EMPTY:-other}       | other",
                "${NONE:-a:-b $x}      | a:-b $x",
                "$${HOST}              | ${HOST}",
                "$$${HOST}             | $${HOST}",
                "$ $HOST $$ {x}        | $ $HOST $$ {x}",
                "${TWICE}              | ${HOST}",
            })
    void whatItBecomes(String text, String expected) {
        assertEquals(new Substitution.Text(expected, false), substitution.apply(text));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "${NONE}          | the variable NONE is not set; set it, or write ${NONE:-default}",
                "${EMPTY}         | the variable EMPTY is not set",
                "a ${HOST         | '${HOST' has no closing brace; expected ${NAME}, ${NAME:-default} or ${file:/path}",
                "${}              | '${}' names no variable; expected ${NAME}",
                "${a b}           | '${a b}' names no variable",
                "${HOST-x}        | '${HOST-x}' names no variable",
                "${file:}         | '${file:}': expected an absolute path",
                "${file:x}        | '${file:x}': expected an absolute path",
                "${file:/none}    | '${file:/none}': the file does not exist",
                "${file:/tmp}     | '${file:/tmp}': the file is a folder",
                "${file:/dev/zero}| '${file:/dev/zero}': the file is no regular file",
            })
    void whatCannotBeSubstituted(String text, String why) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> substitution.apply(text));
        assertTrue(String.valueOf(e.getMessage()).startsWith(why), e.getMessage());
    }

    @Test
    void ofAFileOneLineFeedAtItsEndIsDropped() throws IOException {
        for (String[] each : new String[][] {
            {"x\n", "x"}, {"x\r\n", "x"}, {"x\n\n", "x\n"}, {"x", "x"}, {"", ""}, {"${HOST}", "${HOST}"}
        }) {
            Path file = Files.writeString(folder.resolve("secret"), each[0]);
            Substitution.Text text = substitution.apply("<${file:" + file + "}>");
            assertEquals("<" + each[1] + ">", text.value());
            assertTrue(text.fromFile());
        }
    }

    /** Who opens it for reading waits for a writer. */
    @Test
    @Timeout(20)
    void aFifoIsNotOpened() throws Exception {
        Path fifo = folder.resolve("fifo");
        assertEquals(0, new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor());
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> substitution.apply("${file:" + fifo + "}"));
        assertEquals("'${file:" + fifo + "}': the file is no regular file", e.getMessage());
    }

    @Test
    void aFileThatIsNoText() throws IOException {
        Path file = Files.write(folder.resolve("bytes"), new byte[] {(byte) 0xff});
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> substitution.apply("${file:" + file + "}"));
        assertTrue(String.valueOf(e.getMessage()).endsWith("the file is no text in UTF-8"), e.getMessage());
    }

    @Test
    void whatIsEscapedComesBack() {
        for (String text : new String[] {"${HOST}", "$${HOST}", "a", "$", "x${", "$$$${"}) {
            assertEquals(text, substitution.apply(Substitution.escaped(text)).value());
        }
        assertFalse(substitution.apply("x").fromFile());
    }
}
