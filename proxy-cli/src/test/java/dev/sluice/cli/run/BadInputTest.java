package dev.sluice.cli.run;

import dev.sluice.cli.Cli;
import dev.sluice.cli.DescriptorLeakCheck;
import dev.sluice.cli.common.Exit;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong is told in one line that names it and says what would be right. */
@ExtendWith(DescriptorLeakCheck.class)
class BadInputTest {
    private static final String TO = "127.0.0.1:1";
    private static final String ANY_PORT = "127.0.0.1:0";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            nothing                                      | nothing to listen on
            --listen 127.0.0.1:0                         | --listen 127.0.0.1:0 has no --to
            --listen a:1 --listen b:1 --to c:1           | --listen a:1 has no --to
            --to db:1 --listen 127.0.0.1:0               | --to db:1 comes before any --listen
            --listen a:1 --to b:1 --to c:1               | --to c:1 is a second one for --listen a:1
            --listen 127.0.0.1 --to b:1                  | --listen '127.0.0.1' is not an address: the port is missing
            --listen 127.0.0.1:65536 --to b:1            | port 65536 is not in 0 to 65535
            --listen ::1:80 --to b:1                     | an IPv6 address needs brackets
            --listen [::1]80 --to b:1                    | the port behind the bracket is missing
            --listen a:0 --to 300.1.1.1:80               | --to '300.1.1.1:80' is not an address: a host that ends in a number
            --listen 127.1:0 --to b:1                    | --listen '127.1:0' is not an address: a host that ends in a number
            --listen unix: --to b:1                      | the path behind 'unix:' is missing
            --listen a:0 --to b:x                        | --to 'b:x' is not an address
            --listen a:0 --to b:1,,c:1                   | --to '' is not an address
            --listen a:0 --to b:0                        | --to 'b:0': nothing can be reached on port 0
            --listen a:0 --to b:1,c:1,B:1                | --to has 'B:1' already; expected each once
            --listen                                     | '--listen'
            --relay zero                                 | --relay 'zero' is not one of splice, copy
            --threads 0                                  | --threads '0' is out of range: 1 to 256
            --threads 257                                | --threads '257' is out of range: 1 to 256
            --threads two                                | --threads 'two' is not a whole number
            --threads 1 --threads 2                      | '--threads'
            --pipe-size 4095                             | --pipe-size '4095' is out of range: 4 KiB to 1 GiB
            --pipe-size 2GiB                             | --pipe-size '2GiB' is out of range
            --pipe-size 64kb                             | --pipe-size '64kb' is not a size (such as
            --connect-timeout 0                          | --connect-timeout '0' is out of range: 1ms to 1d
            --connect-timeout 25h                        | --connect-timeout '25h' is out of range
            --connect-timeout 5                          | --connect-timeout '5' is not a duration: the unit is missing
            --connect-deadline 0                         | --connect-deadline '0' is out of range: 1ms to 1d
            --idle-timeout 31d                           | --idle-timeout '31d' is out of range: 0, or 1ms to 30d
            --half-close-timeout 1us                     | --half-close-timeout '1us' is out of range
            --drain-timeout 2d                           | --drain-timeout '2d' is out of range
            --busy-poll 2s                               | --busy-poll '2s' is out of range: 0, or 1us to 1s
            --busy-poll 1ns                              | --busy-poll '1ns' is out of range
            --access-log xml                             | --access-log 'xml' is not one of text, json, off
            --takeover-socket unix:/x                    | --takeover-socket 'unix:/x' is not a path of at most 107 bytes
            --takeover-socket @x                         | --takeover-socket '@x' is not a path
            --listen a:1 --to b:1 --takeover             | --takeover needs --takeover-socket
            """)
    void usage(String args, String complaint) {
        String[] words = args.equals("nothing") ? new String[0] : args.split(" ", -1);
        String[] all = new String[words.length + 1];
        all[0] = "run";
        System.arraycopy(words, 0, all, 1, words.length);
        Cli.run(all).assertComplains(Exit.USAGE, "sluice run: ", complaint, "sluice run --help");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            SLUICE_THREADS            | 0     | 1 to 256
            SLUICE_PIPE_SIZE          | 1     | 4 KiB to 1 GiB
            SLUICE_RELAY              | zero  | splice, copy
            SLUICE_CONNECT_TIMEOUT    | soon  | is not a duration
            SLUICE_CONNECT_DEADLINE   | 2d    | 1ms to 1d
            SLUICE_IDLE_TIMEOUT       | 31d   | 1ms to 30d
            SLUICE_HALF_CLOSE_TIMEOUT | -1s   | is not a duration
            SLUICE_DRAIN_TIMEOUT      | 1y    | is not a duration
            SLUICE_DRAIN_DELAY        | 2h    | 1ms to 1h
            SLUICE_EXIT_WHEN_IDLE     | 1ms   | 100ms to 1d
            SLUICE_BUSY_POLL          | 2s    | 1us to 1s
            SLUICE_PIN                | 0-    | '0-' is no list of CPUs such as 0,2-3; or auto, off
            SLUICE_PIN                | 3,1,3 | '3,1,3' has a CPU twice
            SLUICE_ACCESS_LOG         | xml   | text, json, off
            """)
    void environment(String name, String value, String complaint) {
        Cli.run(Map.of(name, value), "run", "--listen", ANY_PORT, "--to", TO)
                .assertComplains(Exit.USAGE, "sluice run: " + name + " '" + value + "'", complaint);
    }

    @Test
    void pairsOfTheEnvironment() {
        Cli.run(Map.of("SLUICE_LISTEN", "a:1;b:1", "SLUICE_TO", "c:1"), "run")
                .assertComplains(Exit.USAGE, "SLUICE_LISTEN has 2 and SLUICE_TO has 1 entries");
        Cli.run(Map.of("SLUICE_LISTEN", "a:x", "SLUICE_TO", "c:1"), "run")
                .assertComplains(Exit.USAGE, "SLUICE_LISTEN 'a:x' is not an address");
        Cli.run(Map.of("SLUICE_LISTEN", "a:1", "SLUICE_TO", "c"), "run")
                .assertComplains(Exit.USAGE, "SLUICE_TO 'c' is not an address");
        Cli.run(Map.of("SLUICE_LISTEN", "a:1", "SLUICE_TO", "c:1"), "run", "--listen", "b:1")
                .assertComplains(Exit.USAGE, "--listen b:1 has no --to");
    }

    @Test
    void aPortInUse() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            Cli.run("run", "--listen", address, "--to", TO)
                    .assertComplains(Exit.FAILED, "sluice: cannot listen on " + address + ": ", "already in use");
        }
    }

    @Test
    void anAddressThatIsNotOurs() {
        Cli.run("run", "--listen", "192.0.2.1:6432", "--to", TO)
                .assertComplains(Exit.FAILED, "cannot listen on 192.0.2.1:6432", "not available on this machine");
    }

    @Test
    void aHostThatDoesNotResolve() {
        Cli.run("run", "--listen", "no-such-host.invalid:5432", "--to", TO)
                .assertComplains(Exit.FAILED, "no-such-host.invalid:5432", "does not resolve");
    }

    @Test
    void aUnixPathThatIsAFile(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        Cli.run("run", "--listen", "unix:" + file, "--to", TO).assertComplains(Exit.FAILED, "already in use");
        Cli.run("run", "--listen", "unix:" + folder + "/no/such", "--to", TO)
                .assertComplains(Exit.FAILED, "does not exist");
    }

    @Test
    void theFirstListenerIsGivenBackWhenTheSecondCannotBe() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        String address = "127.0.0.1:" + port;
        Cli.run("run", "--listen", address, "--to", TO, "--listen", address, "--to", TO)
                .assertComplains(Exit.FAILED, "cannot listen on " + address);
        new ServerSocket(port, 1, InetAddress.getLoopbackAddress()).close();
    }
}
