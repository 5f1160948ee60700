package dev.sluice.cli.wait;

import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.common.Console;
import dev.sluice.cli.common.Exit;
import dev.sluice.cli.common.Version;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.KindConverter;
import dev.sluice.cli.options.Words;
import dev.sluice.cli.text.OneLine;
import dev.sluice.cli.text.Units;
import dev.sluice.proxy.config.EndpointAddress;
import java.security.Security;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code sluice wait}: ends when each of some addresses can be connected to. SIGINT and SIGTERM end it as they end any program. */
@Command(
        name = "wait",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        description = "Waits until something can be connected to, so that what needs it starts behind it.",
        footer = {
            "",
            "An address is host:port, [v6]:port, unix:/path or unix:@name. It is enough that connect(2) succeeds:",
            "a server that closes every connection at once is there. A name is looked up anew each time, and",
            "any of its addresses will do. Nothing is sent.",
            "Exit: 0 each can be connected to, 1 one cannot in time (one line says why), 2 wrong usage;",
            "130 or 143 on SIGINT or SIGTERM.",
            "",
            "Example: sluice wait --for 127.0.0.1:5432,unix:/run/redis.sock --timeout 2m"
        })
@SuppressWarnings("NullAway.Init") // picocli sets the fields
public final class WaitCommand implements Callable<Integer> {
    /** {@code --timeout}. */
    static final class Timeout extends KindConverter<Duration> {
        Timeout() {
            super(new Kind.OfDuration(Duration.ofMillis(1), Duration.ofDays(1)));
        }
    }

    /** {@code --interval}. */
    static final class Interval extends KindConverter<Duration> {
        Interval() {
            super(new Kind.OfDuration(Duration.ofMillis(10), Duration.ofMinutes(1)));
        }
    }

    private static final Kind<EndpointAddress> ADDRESS = new Words.OfAddress(false);

    private final Console console;

    @Option(
            names = "--for",
            required = true,
            paramLabel = "ADDRESS[,ADDRESS...]",
            order = 1,
            description = "What is to be connected to. Repeatable.")
    private List<String> lists = new ArrayList<>();

    @Option(
            names = "--timeout",
            paramLabel = "DURATION",
            order = 2,
            converter = Timeout.class,
            description = "For how long at most, 1ms to 1d. Default: 1m.")
    private Duration timeout = Duration.ofMinutes(1);

    @Option(
            names = "--interval",
            paramLabel = "DURATION",
            order = 3,
            converter = Interval.class,
            description = "The pause between two attempts, 10ms to 1m. An attempt takes 5s at most. Default: 250ms.")
    private Duration interval = Duration.ofMillis(250);

    @Option(
            names = {"-v", "--verbose"},
            order = 4,
            description = "Say on stderr what can be connected to.")
    private boolean verbose;

    @Spec
    private CommandSpec spec;

    public WaitCommand(Console console) {
        this.console = console;
    }

    /** Each once. */
    private Set<EndpointAddress> addresses() {
        Set<EndpointAddress> addresses = new LinkedHashSet<>();
        for (String list : lists) {
            for (String text : list.split(",", -1)) {
                try {
                    addresses.add(ADDRESS.read(text.strip()));
                } catch (IllegalArgumentException e) {
                    throw new ParameterException(spec.commandLine(), "--for " + e.getMessage(), e);
                }
            }
        }
        return addresses;
    }

    @Override
    public Integer call() throws InterruptedException {
        Set<EndpointAddress> addresses = addresses();
        if (addresses.stream().anyMatch(EndpointAddress::isName)) {
            // The JVM would go by what it has found, or not found, for seconds.
            Security.setProperty("networkaddress.cache.ttl", "0");
            Security.setProperty("networkaddress.cache.negative.ttl", "0");
        }
        long start = System.nanoTime();
        List<Attempts> all = addresses.stream().map(Attempts::new).toList();
        CountDownLatch left = new CountDownLatch(all.size());
        for (Attempts attempts : all) {
            Thread.ofPlatform().name("sluice-wait").daemon().start(() -> attempt(attempts, start, left));
        }
        if (left.await(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
            return Exit.OK;
        }
        String troubles = all.stream()
                .filter(attempts -> !attempts.haveSucceeded())
                .map(Attempts::trouble)
                .collect(Collectors.joining("; "));
        if (troubles.isEmpty()) {
            return Exit.OK; // at the last moment
        }
        throw new CommandFailure("after " + Units.format(timeout) + " still: " + troubles);
    }

    private void attempt(Attempts attempts, long start, CountDownLatch left) {
        try {
            while (!attempts.again(start + timeout.toNanos())) {
                TimeUnit.NANOSECONDS.sleep(interval.toNanos());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        if (verbose) {
            console.say(OneLine.of(attempts.toString()) + " can be connected to, after "
                    + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) + "ms");
        }
        left.countDown();
    }
}
