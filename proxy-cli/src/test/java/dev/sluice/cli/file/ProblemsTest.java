package dev.sluice.cli.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.options.Given;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong with a file: all of it in one pass, each with its place and what would be right. */
class ProblemsTest {
    @TempDir
    private Path folder;

    private static List<String> problems(String text) {
        ConfigFile file = ConfigFile.parse("f", text, Map.of("NUMBER", "seven"), Given.NOTHING);
        assertFalse(file.isValid());
        return file.problems();
    }

    @Test
    void allOfThemInOnePass() {
        assertEquals(
                List.of(
                        "f:1:10: threads '0' is out of range: 1 to 256",
                        "f:2:1: unknown key 'rely'; did you mean 'relay'?",
                        "f:3:8: relay 'fast' is not one of splice, copy, auto",
                        "f:4:1: 'threads' is there twice, first in line 1; expected once",
                        "f:6:5: 'bind' is missing; expected an address: host:port, [ipv6]:port, unix:/path or fd:NAME, or a list of these",
                        "f:6:11: name is a number; expected a name: 1 to 63 letters, digits, '_', '.' or '-', a letter or"
                                + " a digit first (quotes make it text)",
                        "f:7:15: there is no upstream 'man'; did you mean 'main'?",
                        "f:8:11: bind is a map; expected an address: host:port, [ipv6]:port, unix:/path or fd:NAME",
                        "f:9:19: idle-timeout '5' is not a duration: the unit is missing (such as 5s, 250ms, 1h, 0; units:"
                                + " d h m s ms us)",
                        "f:10:29: idle '1500ms' is not in whole seconds: 0, or 1s to 32767s",
                        "f:13:16: endpoints is an empty list; expected an address: host:port, [ipv6]:port or unix:/path, or"
                                + " a map with address, srv or file",
                        "f:14:11: a second upstream 'main', the first is in line 12; expected another",
                        "f:15:17: endpoints 'x' is not an address: the port is missing".replace("endpoints", "address")
                                + " (expected host:port, [ipv6]:port or unix:/path)"),
                problems("""
                        threads: 0
                        rely: copy
                        relay: fast
                        threads: 2
                        listeners:
                          - name: 7
                            upstream: man
                          - bind: {port: 80}
                            idle-timeout: 5
                            tcp: {keepalive: {idle: 1500ms}}
                        upstreams:
                          - name: main
                            endpoints: []
                          - name: main
                            endpoints: [x]
                        """).stream().filter(line -> !line.startsWith("f:8:5")).toList());
    }

    /** Of keys that do not go together, each is told. */
    @Test
    void allOfOneMap() {
        assertEquals(
                List.of(
                        "f:6:35: path does not begin with a slash; expected one that does, such as /health",
                        "f:6:46: user means nothing to check: http; expected no such key",
                        "f:6:66: password-file is for a check that asks for a role; expected 'role' beside it",
                        "f:6:80: database means nothing to check: http; expected no such key",
                        "f:6:92: max-lag is a rule about replicas; expected 'role: replica' beside it"),
                problems("""
                        listeners:
                          - {name: a, bind: "127.0.0.1:1", upstream: u}
                        upstreams:
                          - name: u
                            endpoints: ["127.0.0.1:2"]
                            health: {check: http, path:   foo, user: u,   password-file: /x, database: q, max-lag: 5s}
                        """).stream().sorted().toList());
    }

    /** What stands in the file, and what is said about it. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[a]                 | f:1:1: the file is a list; expected a map with listeners, upstreams",
                "word                | f:1:1: the file is text; expected a map with listeners, upstreams",
                "{}                  | f:1:1: 'listeners' is missing; expected a list of these: a map with bind, upstream",
                "threads:            | f:1:9: threads is empty; expected a whole number of 1 to 256",
                "threads: [1]        | f:1:10: threads is a list; expected a whole number of 1 to 256",
                "threads: ${NUMBER}  | f:1:10: threads 'seven' is not a whole number of 1 to 256",
                "threads: ${NONE}    | f:1:10: threads: the variable NONE is not set; set it, or write ${NONE:-default}",
                "threads: ${         | f:1:10: threads: '${' has no closing brace",
                "pin: 0-            | f:1:6: pin '0-' is no list of CPUs such as 0,2-3; or auto, off",
                "pin: 1,1           | f:1:6: pin '1,1' has a CPU twice; each loop needs its own",
                "pipe-size: 4095     | f:1:12: pipe-size '4095' is out of range: 4 KiB to 1 GiB",
                "stash-limit: 2TiB   | f:1:14: stash-limit '2TiB' is not a size (such as 65536, 64KiB, 1MiB",
                "stash-limit: 1KiB   | f:1:14: stash-limit '1KiB' is out of range: 64 KiB to 1024 GiB",
                "access-log: xml     | f:1:13: format 'xml' is not one of text, json, off",
                "access-log: [off]   | f:1:13: access-log is a list; expected one of text, json, off, or a map with format, file",
                "access-log: {file: x} | f:1:20: file 'x' is not an absolute path, such as /etc/sluice/name",
                "<<: {threads: 1}    | f:1:1: unknown key '<<'; expected one of threads, relay",
                "listeners: {}       | f:1:12: listeners is a map; expected a list of these: a map with bind, upstream",
                "listeners: [x]      | f:1:13: listeners is text; expected a map with bind, upstream",
                "upstreams: [{name: a/b}]  | f:1:20: name 'a/b' is not a name: 1 to 63 letters, digits",
                "upstreams: [{name: n, endpoints: [h:0]}] | f:1:35: address 'h:0': nothing can be reached on port 0",
                "upstreams: [{name: n, endpoints: [{weight: 1}]}] | f:1:35: 'address' is missing; expected one of address, srv or file",
                "upstreams: [{name: n, endpoints: [{address: h:1, file: /x}]}] | f:1:56: file is there beside address; expected one of address, srv or file",
                "upstreams: [{name: n, endpoints: [{srv: h:1}]}] | f:1:41: srv 'h:1' is not the name of a service (such as _postgresql._tcp.db.example",
                "upstreams: [{name: n, endpoints: [{file: x}]}] | f:1:42: file 'x' is not an absolute path",
                "upstreams: [{name: n, endpoints: [h:1], resolve: {servers: [dns.example]}}] | f:1:61: servers 'dns.example' is not the address of a name server (such as 10.0.0.2",
                "upstreams: [{name: n, endpoints: [h:1], resolve: {min: 5s, max: 2s}}] | f:1:65: max is shorter than min; expected at least as long",
                "upstreams: [{name: n, endpoints: [h:1], resolve: {min: 0s}}] | f:1:56: min '0s' is out of range: 1s to 1h",
                "upstreams: [{name: u, endpoints: [a:1, b:1, A:1]}] | f:1:45: endpoints has 'A:1' already, in line 1; expected each once",
                "upstreams: [{name: u, endpoints: ['[::1]:1', '[0:0::1]:1']}] | f:1:46: endpoints has '[0:0::1]:1' already",
                "upstreams: [{name: u, endpoints: [{srv: _a._tcp.x}, {srv: _A._tcp.x}]}] | f:1:53: endpoints has '_A._tcp.x' already",
                "upstreams: [{name: u, endpoints: [{file: /x}, {file: /x}]}] | f:1:47: endpoints has '/x' already",
                "upstreams: [{name: u, source: '::1', endpoints: ['127.0.0.1:1', unix:/x]}] | f:1:31: source '::1' reaches no endpoint: none has an address of IPv6",
                "upstreams: [{name: u, source: [10.0.0.5, '::1'], endpoints: ['127.0.0.1:1']}] | f:1:42: source '::1' reaches no endpoint",
                "upstreams: [{name: u, source: 10.0.0.5, endpoints: [unix:/x]}] | f:1:31: source '10.0.0.5' reaches no endpoint: none has an address of IPv4",
                "upstreams: [{name: u, endpoints: [unix:/x, '127.0.0.1:1'], resolve: {min: 2s}}] | f:1:69: resolve has no name to look up",
                "listeners: [{bind: h:1, upstream: u}] | f:1:35: there is no upstream 'u'; there is none",
                "`listeners: [{bind: [h:0, h:0], upstream: u}]`      | f:1:20: bind has 'h:0' twice; expected once",
                "listeners: [{bind: []}]  | f:1:20: bind is an empty list; expected an address",
                "listeners: [{bind: 'fd:', upstream: u}] | f:1:20: bind 'fd:' is not an address: the name behind 'fd:' is missing",
                "listeners: [{bind: 'fd:a b', upstream: u}] | f:1:20: bind 'fd:a b' is not an address: the name behind 'fd:' has up to 255",
                "upstreams: [{name: u, when-down: shut, endpoints: [h:1]}] | f:1:34: when-down 'shut' is not one of refuse, close-listener",
                "upstreams: [{name: u, when-down: hold, endpoints: [h:1]}] | f:1:34: when-down 'hold' is no word but a key; expected {hold: 30s}",
                "upstreams: [{name: u, source: 0.0.0.0, endpoints: [h:1]}] | f:1:31: source '0.0.0.0' is the address of no host; expected one of this machine's",
                "upstreams: [{name: u, source: 224.0.0.1, endpoints: [h:1]}] | f:1:31: source '224.0.0.1' is the address of no host",
                "upstreams: [{name: u, source: 255.255.255.255, endpoints: [h:1]}] | f:1:31: source '255.255.255.255' is the address of no host",
                "upstreams: [{name: u, source: '::', endpoints: [h:1]}] | f:1:31: source '::' is the address of no host",
                "upstreams: [{name: u, source: 'ff02::1', endpoints: [h:1]}] | f:1:31: source 'ff02::1' is the address of no host",
                "upstreams: [{name: u, on-remove: no, endpoints: [h:1]}] | f:1:34: on-remove 'no' is not one of drain, keep, close",
                "`listeners: [{bind: h:1, upstream: u}, {bind: h:1, upstream: u}]` | f:1:46: a second listener on 'h:1', the first is in line 1; expected another",
            })
    void each(String text, String expected) {
        List<String> lines = problems(text);
        assertTrue(lines.stream().anyMatch(line -> line.startsWith(expected)), lines::toString);
    }

    @Test
    void aCpuForEachThread() {
        assertEquals(
                List.of("f:2:6: pin '0,5' has fewer CPUs than there are threads, 3; expected one for each"),
                problems("""
                        threads: 3
                        pin: 0,5
                        listeners: [{bind: h:1, upstream: u}]
                        upstreams: [{name: u, endpoints: [e:1]}]
                        """));
    }

    /** What is closed must be there to be opened again. */
    @Test
    void whatCannotCloseAndOpenAgain() {
        assertEquals(
                List.of(
                        "f:2:12: bind is 'h:0', and its upstream closes the listener when nobody is up (when-down), which cannot be"
                                + " opened again there; expected an address with a port, or a path",
                        "f:3:12: bind is 'fd:web', and its upstream closes the listener when nobody is up (when-down), which cannot"
                                + " be opened again there; expected an address with a port, or a path"),
                problems("""
                        listeners:
                          - {bind: [h:1, h:0], upstream: u}
                          - {bind: fd:web, upstream: u}
                          - {bind: fd:other, upstream: v}
                        upstreams:
                          - {name: u, when-down: close-listener, endpoints: [e:1]}
                          - {name: v, endpoints: [e:1]}
                        """));
    }

    @Test
    void oneLineForOneWrongName() {
        assertEquals(
                List.of("f:1:36: there is no upstream 'v'; did you mean 'u'?"),
                problems("{listeners: [{bind: h:1, upstream: v}], upstreams: [{name: u, endpoints: [e:1]}]}"));
        assertEquals(List.of("f:1:54: a second upstream 'u', the first is in line 1; expected another"), problems("""
                        {upstreams: [{name: u, endpoints: [unix:/x]}, {name: u, endpoints: [unix:/y]}],
                         listeners: [{bind: unix:/z, upstream: u}]}
                        """));
    }

    @Test
    void amongThousandsOfNamesNoneIsSuggested() {
        StringBuilder text = new StringBuilder("listeners:\n");
        for (int i = 0; i < 5_000; i++) {
            text.append("  - {bind: \"h:0\", upstream: v" + i + "}\n");
        }
        text.append("upstreams:\n");
        for (int i = 0; i < 5_000; i++) {
            text.append("  - {name: u" + i + ", endpoints: [unix:/x]}\n");
        }
        List<String> lines = problems(text.toString());
        assertEquals(101, lines.size());
        assertTrue(
                lines.getFirst().startsWith("f:2:29: there is no upstream 'v0'; expected one of u0, u1, u2"),
                lines.getFirst());
        assertEquals("f: and 4900 more problems", lines.getLast());
    }

    @Test
    void nothingOfTheFileIsObeyedByATerminal() {
        for (String line : problems("\"a\\e[2J\\n\\u202e\": 1\nrelay: \"x\\ny\"\n")) {
            assertTrue(line.chars().allMatch(c -> c >= ' ' && c != 0x202e), line);
        }
    }

    @Test
    void whatIsInAnotherFileIsNotShown() throws IOException {
        Path secret = Files.writeString(folder.resolve("secret"), "hunter2\n");
        List<String> lines = problems("threads: ${file:" + secret + "}\nrelay: x${file:" + secret + "}\n");
        String line = "f:1:10: threads '${file:" + secret
                + "}' stands for something else; expected a whole number of 1 to 256";
        assertTrue(lines.contains(line), lines::toString);
        assertFalse(lines.toString().contains("hunter2"), lines::toString);
    }
}
