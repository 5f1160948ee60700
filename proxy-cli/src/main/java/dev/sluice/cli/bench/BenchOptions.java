package dev.sluice.cli.bench;

import dev.sluice.cli.bench.load.Kind;
import dev.sluice.cli.options.Settings;
import dev.sluice.cli.text.Units;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.BusyPoll;
import dev.sluice.proxy.config.ListenerConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code bench}. */
@SuppressWarnings("FieldMayBeFinal") // picocli sets them
final class BenchOptions {
    static final int MOST_ROUNDS = 1000;

    @Option(
            names = "--workload",
            split = ",",
            paramLabel = "NAME",
            order = 1,
            converter = OptionTypes.Workload.class,
            description = "bulk-down, bulk-up, bulk-both, ping (request/response), churn (connections made and reset),"
                    + " idle (memory of silent sessions), mixed (pings beside bulk-down); several with commas. Default:"
                    + " bulk-down,ping,churn.")
    @Nullable
    List<Kind> workloads;

    @Option(
            names = "--size",
            split = ",",
            paramLabel = "SIZE",
            order = 2,
            converter = OptionTypes.Size.class,
            description =
                    "Of a ping's request, 1 B to 16 MiB; its answer has the same. Several with commas. Default: 128B,64KiB, and"
                            + " 128B for mixed.")
    @Nullable
    List<Integer> sizes;

    @Option(
            names = "--sweep",
            order = 3,
            description =
                    "Pings of 64 B to 1 MiB by copy, splice and auto: the size at which splice begins to win here.")
    boolean sweep;

    @Option(
            names = "--relay",
            split = ",",
            paramLabel = "NAME",
            order = 4,
            converter = OptionTypes.RowName.class,
            description = "Rows: direct (no proxy), copy, splice, auto; several with commas. Default: all.")
    @Nullable
    List<Row> rows;

    @Option(
            names = "--against",
            paramLabel = "HOST:PORT=NAME[:PID]",
            order = 5,
            description = "A proxy that runs already, as one more row; it must forward to --server-port (or --server)."
                    + " Its CPU is that of PID, or of the process that listens there. Repeatable.")
    @Nullable
    List<String> against;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            order = 6,
            converter = PreciseSeconds.class,
            description = "That a row is measured in a round; 500ms is fine, too. Default: 2.")
    Duration window = Duration.ofSeconds(2);

    @Option(
            names = "--rounds",
            paramLabel = "N",
            order = 7,
            converter = OptionTypes.Rounds.class,
            description =
                    "In each, every row is measured once, beginning with another one each time. At least so many, 1"
                            + " to 1000; given alone, exactly so many. Default: 3.")
    @Nullable
    Integer rounds;

    @Option(
            names = "--precision",
            paramLabel = "PERCENT",
            order = 8,
            converter = OptionTypes.Precision.class,
            description =
                    "More rounds, until every row's CPU as a part of copy's is known to this, such as 3%%, with 95%%"
                            + " confidence (or its own CPU, where copy is no row), or a limit is reached. Of mixed it is the CPU per GiB; how"
                            + " precisely p99 is known does not count. 0.1%% to 50%%. Default: 5%%.")
    @Nullable
    Double precision;

    @Option(
            names = "--max-rounds",
            paramLabel = "N",
            order = 9,
            converter = OptionTypes.Rounds.class,
            description = "A limit, 1 to 1000. Default: twice --rounds, and ten times with --precision.")
    @Nullable
    Integer maxRounds;

    @Option(
            names = "--warmup",
            paramLabel = "N",
            order = 10,
            converter = PreciseSeconds.class,
            description = "Seconds of each row before the rounds, uncounted; the first one three times as long."
                    + " Default: 1.")
    Duration warmUp = Duration.ofSeconds(1);

    @Option(
            names = "--streams",
            paramLabel = "N",
            order = 11,
            converter = OptionTypes.Connections.class,
            description = "Connections of bulk, also of mixed, 1 to 10000. Default: 8.")
    int streams = 8;

    @Option(
            names = "--connections",
            paramLabel = "N",
            order = 12,
            converter = OptionTypes.Connections.class,
            description = "Of ping, churn and the pings of mixed, at once, 1 to 10000. Default: 32, and 16 for mixed.")
    @Nullable
    Integer connections;

    @Option(
            names = "--sessions",
            paramLabel = "N",
            order = 13,
            converter = OptionTypes.Connections.class,
            description = "Of idle, 1 to 10000. Default: 2000.")
    int sessions = 2000;

    @Option(
            names = "--rate",
            paramLabel = "N",
            order = 14,
            converter = OptionTypes.Rate.class,
            description = "Pings per second of all connections together, each sent at its time and its latency counted"
                    + " from then, so that a stall counts for all it kept waiting."
                    + " Default: each connection sends when the last answer is there.")
    long rate;

    @Option(
            names = "--pipe-size",
            paramLabel = "SIZE",
            order = 15,
            converter = Settings.PipeSize.class,
            description = "As for 'run'. Default: 256KiB.")
    int pipeSize = BufferSettings.DEFAULTS.pipeSize();

    @Option(
            names = "--copy-buffer",
            paramLabel = "SIZE",
            order = 16,
            converter = Settings.CopyBuffer.class,
            description = "As for 'run'. Default: 64KiB.")
    int copyBuffer = BufferSettings.DEFAULTS.copyBuffer();

    @Option(
            names = "--busy-poll",
            paramLabel = "auto|DURATION",
            order = 17,
            converter = Settings.OfBusyPoll.class,
            description =
                    "As for 'run', but by default 0, off, so that CPU figures compare. 'auto' needs --no-pin: it never"
                            + " spins on one CPU.")
    BusyPoll busyPoll = BusyPoll.OFF;

    @Option(
            names = "--coalesce",
            paramLabel = "DURATION",
            order = 18,
            converter = Settings.Coalesce.class,
            description = "As for 'run'. Default: 2ms.")
    Duration coalesce = ListenerConfig.DEFAULT_COALESCE;

    @Option(
            names = "--netns",
            order = 19,
            description = "Client, proxy and server in network namespaces joined by veth, instead of over loopback;"
                    + " needs root.")
    boolean netns;

    @Option(
            names = "--mtu",
            paramLabel = "BYTES",
            order = 20,
            converter = OptionTypes.Mtu.class,
            description = "Of those links, 1280 to 65535. Default: 1500.")
    @Nullable
    Integer mtu;

    @Option(
            names = "--congestion",
            paramLabel = "NAME",
            order = 21,
            description = "Congestion control in those namespaces, such as cubic or bbr. Default: the machine's.")
    @Nullable
    String congestion;

    @Option(
            names = "--server",
            paramLabel = "HOST:PORT",
            order = 22,
            description = "A 'sluice bench server' on another host, instead of one here.")
    @Nullable
    String server;

    @Option(
            names = "--server-port",
            paramLabel = "PORT",
            order = 23,
            converter = OptionTypes.Port.class,
            description = "Of the server here. Default: any free one; with --against: 7190.")
    @Nullable
    Integer serverPort;

    @Option(names = "--no-pin", order = 24, description = "Lets all processes run on any CPU.")
    boolean noPin;

    @Option(
            names = "--max-time",
            paramLabel = "DURATION",
            order = 25,
            converter = OptionTypes.MaxTime.class,
            description =
                    "What would take longer with the least rounds is refused before anything is started; beyond them,"
                            + " there is no further round when it is over. Default: 30m.")
    Duration maxTime = Duration.ofMinutes(30);

    @Option(
            names = "--json",
            paramLabel = "FILE",
            order = 26,
            description = "All figures of all rounds; '-': to stdout, and the table to stderr.")
    @Nullable
    String json;

    @Option(
            names = "--csv",
            paramLabel = "FILE",
            order = 27,
            description = "A line for each row and round; '-': to stdout, and the table to stderr.")
    @Nullable
    String csv;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            order = 28,
            description = "One page of HTML with charts, which needs nothing beside it.")
    @Nullable
    String report;

    /** What each {@code sluice run} under test is told. */
    List<String> proxyFlags() {
        List<String> flags = new ArrayList<>(
                List.of("--threads", "1", "--access-log", "off", "--drain-timeout", "0", "--idle-timeout", "0"));
        flags.addAll(List.of("--pipe-size", Integer.toString(pipeSize)));
        flags.addAll(List.of("--copy-buffer", Integer.toString(copyBuffer)));
        flags.addAll(List.of("--busy-poll", Settings.BUSY_POLL.kind().write(busyPoll)));
        flags.addAll(List.of("--coalesce", Units.format(coalesce)));
        return flags;
    }
}
