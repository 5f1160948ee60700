package dev.sluice.cli.yaml;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class YamlFileTest {
    @TempDir
    private Path folder;

    private static List<String> problems(String text) {
        Problems problems = new Problems();
        assertNull(YamlFile.parse(text, problems));
        return problems.lines("f");
    }

    private List<String> problemsOfFile(Path file) {
        Problems problems = new Problems();
        assertNull(YamlFile.read(file.toString(), problems));
        return problems.lines("f");
    }

    private static Node.Mapping map(String text) {
        Problems problems = new Problems();
        Node node = YamlFile.parse(text, problems);
        assertEquals(List.of(), problems.lines("f"));
        return assertInstanceOf(Node.Mapping.class, node);
    }

    @Test
    void positionsCountFromOneInCharacters() {
        Node.Mapping map = map("# two\n\ud83d\udca7a:  b\nlist:\n  - x\n  - {y: 'z'}\n");
        assertEquals(new Position(2, 1), map.entries().get(0).key().at());
        assertEquals(new Position(2, 6), map.entries().get(0).value().at());
        Node.Sequence list =
                assertInstanceOf(Node.Sequence.class, map.entries().get(1).value());
        assertEquals(new Position(4, 5), list.items().get(0).at());
        assertEquals(new Position(5, 5), list.items().get(1).at());
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "1, INTEGER",
                "-0x1f, TEXT",
                "0x1f, INTEGER",
                "1.5, NUMBER",
                "true, BOOLEAN",
                "yes, TEXT",
                "off, TEXT",
                "null, NOTHING",
                "~, NOTHING",
                "'1', TEXT",
                "\"true\", TEXT",
                "'', TEXT",
                "127.0.0.1:80, TEXT",
                "unix:@x, TEXT",
                "1:30, TEXT",
            })
    void whatAPlainValueIs(String text, Node.Type type) {
        Node value = map("a: " + text).entries().getFirst().value();
        assertEquals(type, assertInstanceOf(Node.Scalar.class, value).type());
    }

    @Test
    void anAliasIsWhatItsAnchorIs() {
        Node.Mapping map = map("a: &x {b: 1}\nc: *x\n");
        assertEquals(map.entries().get(0).value(), map.entries().get(1).value());
    }

    @Test
    void aByteOrderMarkIsNoText() throws IOException {
        Path file = Files.writeString(folder.resolve("bom.yaml"), "\ufeffa: b\n");
        Problems problems = new Problems();
        Node.Mapping map = assertInstanceOf(Node.Mapping.class, YamlFile.read(file.toString(), problems));
        assertEquals("a", map.entries().getFirst().key().text());
        assertEquals(new Position(1, 1), map.entries().getFirst().key().at());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "a: b: c                 | f:1:5: no YAML: mapping values are not allowed here; a value with ': ' in it needs quotes",
                "a: 1\\n b: 2            | f:2:3: no YAML: mapping values are not allowed here",
                "a: [1, 2                | f:1:9: no YAML: while parsing a flow sequence: expected ',' or ']'",
                "a: 'x                   | f:1:6: no YAML: while scanning a quoted scalar: found unexpected end of stream; the closing quote",
                "a:\\n\\tb: 1             | f:2:1: no YAML: ",
                "a: *x                   | f:1:4: '*x' stands for nothing; expected the name of an anchor",
                "a: &x [*x]              | f:1:8: '*x' stands for nothing",
                "a: !!str 1              | f:1:4: tags ('tag:yaml.org,2002:str') are not read; expected the value alone",
                "? [a]\\n: b              | f:1:3: a key is a list or a map; expected a word",
                "a: 1\\n---\\nb: 2        | f:2:1: a second document; expected one",
                "`# nothing`             | f:1:1: the file is empty; expected keys such as listeners",
                "---                     | f:1:1: the file is empty",
                "~                       | f:1:1: the file is empty",
                "%YAML 3.0\\n---\\na: 1   | f:1:1: no YAML: ",
            })
    void whatIsNoYamlIsOneLine(String text, String expected) {
        List<String> lines = problems(text.replace("\\n", "\n").replace("\\t", "\t"));
        assertEquals(1, lines.size(), lines.toString());
        assertTrue(lines.getFirst().startsWith(expected), lines.getFirst());
    }

    @Test
    void anEmptyText() {
        assertTrue(problems("").getFirst().startsWith("f:1:1: the file is empty"));
    }

    @Test
    void aBombOfAliasesIsDefused() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++) {
            bomb.append("a" + i + ": &a" + i + " [");
            bomb.append(("*a" + (i - 1) + ", ").repeat(9)).append("*a" + (i - 1) + "]\n");
        }
        List<String> lines = problems(bomb.toString());
        assertEquals(1, lines.size());
        assertTrue(lines.getFirst().contains("too much: expected 100000 values at most"), lines.getFirst());
    }

    @Test
    void nestingHasABottom() {
        for (String deep : new String[] {"[".repeat(50_000), "- ".repeat(5_000), "{a: ".repeat(20_000)}) {
            List<String> lines = problems(deep);
            assertEquals(1, lines.size());
            assertTrue(lines.getFirst().contains("nested too deeply; expected 32 levels"), lines.getFirst());
        }
    }

    @Test
    void whatATerminalWouldObeyIsEscaped() {
        List<String> lines = problems("a: *\u202e\u0085x");
        assertTrue(lines.getFirst().chars().noneMatch(c -> c == 0x202e || c == 0x85), lines.getFirst());
        assertEquals(
                List.of("f:1:4: a character that YAML does not allow, '\\x1b'; expected text"),
                problems("a: \u001b[2J"));
    }

    @Test
    void aValueAsLongAsTheFileDoesNotFillTheScreen() {
        String line = problems("a: *" + "x".repeat(900_000)).getFirst();
        assertTrue(line.length() < 1000, line);
        assertTrue(line.endsWith("not around it"), line);
    }

    @Test
    void bytesThatAreNoUtf8() throws IOException {
        Path file = Files.write(folder.resolve("latin.yaml"), "a: b\nc: \u00fc".getBytes(StandardCharsets.ISO_8859_1));
        assertEquals(List.of("f:2:4: this byte is no UTF-8; the file must be text in UTF-8"), problemsOfFile(file));
        Path wide = Files.write(folder.resolve("wide.yaml"), "a: b".getBytes(StandardCharsets.UTF_16));
        assertEquals(List.of("f:1:1: this byte is no UTF-8; the file must be text in UTF-8"), problemsOfFile(wide));
    }

    @Test
    void filesThatCannotBeRead() throws IOException {
        assertEquals(List.of("f: is a folder; expected a file"), problemsOfFile(folder));
        assertEquals(List.of("f: does not exist"), problemsOfFile(folder.resolve("none")));
        assertEquals(List.of("f: is too large: expected 1 MiB at most"), problemsOfFile(Path.of("/dev/zero")));
        Path big = Files.write(folder.resolve("big"), new byte[(1 << 20) + 1]);
        assertEquals(List.of("f: is too large: expected 1 MiB at most"), problemsOfFile(big));
        Problems problems = new Problems();
        assertNull(YamlFile.read("a\0b", problems));
        assertTrue(problems.lines("f").getFirst().startsWith("f: is no name of a file"), problems.lines("f")::toString);
    }

    @Test
    void noFileAtAll() {
        Problems problems = new Problems();
        assertNull(YamlFile.read("", problems));
        assertEquals(List.of("'': names no file; expected one, such as sluice.yaml"), problems.lines(""));
    }

    @Test
    void aFileOfSomebodyElse() throws IOException {
        Path file = Files.writeString(folder.resolve("secret"), "a: b");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        Assumptions.assumeFalse(Files.isReadable(file), "root reads everything");
        assertEquals(List.of("f: may not be read by this user (EACCES)"), problemsOfFile(file));
    }

    @Test
    void nobodyReadsAThousandProblems() {
        Problems problems = new Problems();
        for (int i = 1000; i > 0; i--) {
            problems.add(new Position(i, 1), "wrong");
        }
        List<String> lines = problems.lines("f");
        assertEquals(Problems.MOST + 1, lines.size());
        assertEquals("f:1:1: wrong", lines.getFirst());
        assertEquals("f: and 900 more problems", Objects.requireNonNull(lines.getLast()));
    }
}
