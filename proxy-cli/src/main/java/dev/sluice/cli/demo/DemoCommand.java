package dev.sluice.cli.demo;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.StopSignals;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.log.LineOutput;
import dev.sluice.cli.log.LineQueue;
import dev.sluice.cli.log.LogFormat;
import dev.sluice.cli.log.SessionLine;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.KindConverter;
import dev.sluice.cli.progress.Progress;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.stats.ProxyObserver;
import dev.sluice.proxy.stats.SessionEnd;
import dev.sluice.proxy.stats.SessionReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sluice demo}: shows what the proxy does, with an origin and clients of its own. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = "Starts an origin and a proxy before it, sends traffic directly, by copy and by splice,"
                + " prints what came of it, and stays up to be tried until Ctrl-C.",
        footer = {
            "",
            "The proxy does not spin (busy-poll 0), so that CPU compares.",
            "Exit: 0 done, 1 failed, or bytes did not arrive as they were sent, 2 wrong usage."
        })
public final class DemoCommand implements Callable<Integer> {
    /** {@code --seconds}. */
    static final class Seconds extends KindConverter<Integer> {
        Seconds() {
            super(new Kind.OfNumber(1, 60));
        }
    }

    /** {@code --streams}. */
    static final class Streams extends KindConverter<Integer> {
        Streams() {
            super(new Kind.OfNumber(1, 256));
        }
    }

    private final Console console;

    @Option(names = "--once", description = "Exit after the table.")
    private boolean once;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            converter = Seconds.class,
            description = "How long to measure the throughput of each way, 1 to 60. Default: 2.")
    private int seconds = 2;

    @Option(
            names = "--streams",
            paramLabel = "N",
            converter = Streams.class,
            description = "How many connections at a time, 1 to 256. Default: 4.")
    private int streams = 4;

    public DemoCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        try (Origin origin = new Origin()) {
            boolean agrees = measure(origin);
            if (agrees && !once) {
                stayUp(origin);
            }
            return agrees ? Exit.OK : Exit.FAILED;
        } catch (IOException e) {
            throw new CommandFailure("the demo failed: " + e.getMessage());
        }
    }

    /** Prints the table; whether all bytes arrived as they were sent. */
    private boolean measure(Origin origin) throws IOException, InterruptedException {
        List<RelayMode> relays = List.of(RelayMode.COPY, RelayMode.SPLICE);
        Duration total = Trial.estimate(Duration.ofSeconds(seconds)).multipliedBy(1 + relays.size());
        List<Trial.Result> results = new ArrayList<>();
        try (Progress progress = Progress.ofTime(console.stderr(), total)) {
            results.add(measure(Way.direct(origin), progress));
            for (RelayMode relay : relays) {
                results.add(measure(Way.through(origin, relay, new Warnings()), progress));
            }
        }
        print(streams + " streams through one loop, " + seconds + " s each; all on "
                + Runtime.getRuntime().availableProcessors() + " cores, clients and origin too\n\n"
                + Verdict.table(results) + "\n"
                + Verdict.sentence(results.get(1), results.get(2)) + "\n"
                + "Over loopback, that is, whose packets of 64 KiB flatter splice; on a network of 1500-byte packets\n"
                + "the gap is smaller.\n");
        return results.stream().allMatch(Trial.Result::agrees);
    }

    private Trial.Result measure(Way way, Progress progress) throws IOException, InterruptedException {
        try (way) {
            return Trial.run(way, streams, Duration.ofSeconds(seconds), progress);
        }
    }

    private void stayUp(Origin origin) throws IOException, InterruptedException {
        StopSignals signals = new StopSignals();
        signals.install();
        try (LineQueue<SessionReport> log = new LineQueue<>(
                        "access log",
                        LineOutput.borrowed(console.stdout()),
                        new SessionLine(LogFormat.TEXT),
                        lost -> {});
                Way way = Way.through(origin, RelayMode.SPLICE, new Logged(log))) {
            String url = "http://127.0.0.1:" + way.port();
            print("\nA splicing proxy at 127.0.0.1:" + way.port() + " stays up before the origin at 127.0.0.1:"
                    + origin.port() + ". In another terminal, try\n"
                    + "  curl " + url + "/\n"
                    + "  curl -o /dev/null " + url + "/bytes/1073741824\n"
                    + "  curl -T FILE " + url + "/sha256\n"
                    + "Ctrl-C ends it. Its access log:\n");
            log.start();
            signals.await();
        }
    }

    private void print(String text) throws IOException {
        console.stdout().write(text.getBytes(StandardCharsets.UTF_8));
        console.stdout().flush();
    }

    /** Sessions that nobody asks about. */
    private class Warnings implements ProxyObserver {
        @Override
        public void sessionEnded(SessionEnd end) {}

        @Override
        public void warning(String text) {
            console.say("warning: " + text);
        }
    }

    /** Sessions of the person who tries it out. */
    private final class Logged extends Warnings {
        private final LineQueue<SessionReport> log;

        Logged(LineQueue<SessionReport> log) {
            this.log = log;
        }

        @Override
        public void sessionEnded(SessionEnd end) {
            log.offer(end);
        }
    }
}
