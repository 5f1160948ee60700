package dev.sluice.cli.options;

import dev.sluice.cli.log.LogFormat;
import dev.sluice.proxy.config.BufferSettings;
import dev.sluice.proxy.config.BusyPoll;
import dev.sluice.proxy.config.ListenerConfig;
import dev.sluice.proxy.config.LoopSettings;
import dev.sluice.proxy.config.Pin;
import dev.sluice.proxy.config.RelayMode;
import dev.sluice.proxy.config.ReportSettings;
import dev.sluice.proxy.config.Timeouts;
import java.time.Duration;
import java.util.List;

/**
 * The table of settings: options, variables and help texts are made from it. What it lets pass the configuration accepts, since
 * ranges and defaults are those of the configuration's records.
 */
public final class Settings {
    public static final Setting<RelayMode> RELAY = Setting.of(
            "relay",
            new Kind.OneOf<>(RelayMode.class),
            RelayMode.SPLICE,
            "How bytes cross: splice, through a kernel pipe; copy, through a buffer of this process; auto, the one or the"
                    + " other by the size of what comes.");

    public static final Setting<Integer> THREADS = new Setting<>(
            "threads",
            new Kind.OfNumber(1, LoopSettings.MAX_THREADS),
            Math.min(Runtime.getRuntime().availableProcessors(), LoopSettings.MAX_THREADS),
            "one per core",
            "Event loops.");

    public static final Setting<Integer> PIPE_SIZE = Setting.of(
            "pipe-size",
            new Kind.OfSize(BufferSettings.MIN_PIPE_SIZE, BufferSettings.MAX_PIPE_SIZE),
            BufferSettings.DEFAULTS.pipeSize(),
            "Size of each pipe. The kernel rounds up to a power of two, and without CAP_SYS_RESOURCE gives no more than"
                    + " fs.pipe-max-size.");

    public static final Setting<Integer> COPY_BUFFER = Setting.of(
            "copy-buffer",
            new Kind.OfSize(BufferSettings.MIN_COPY_BUFFER, BufferSettings.MAX_COPY_BUFFER),
            BufferSettings.DEFAULTS.copyBuffer(),
            "Size of the buffer that a loop copies through, where it copies.");

    public static final Setting<Long> STASH_LIMIT = Setting.of(
            "stash-limit",
            new Kind.OfLongSize(BufferSettings.MIN_STASH_LIMIT, BufferSettings.MAX_STASH_LIMIT),
            BufferSettings.DEFAULT_STASH_LIMIT,
            "Memory of all loops together for what copying has read and could not write yet; beyond it, that stays in the"
                    + " sockets.");

    public static final Setting<Duration> CONNECT_TIMEOUT = Setting.of(
            "connect-timeout",
            new Kind.OfDuration(Timeouts.MIN, Timeouts.MAX_CONNECT),
            Timeouts.DEFAULTS.connect(),
            "For each attempt to connect to an endpoint.");

    public static final Setting<Duration> CONNECT_DEADLINE = new Setting<>(
            "connect-deadline",
            new Kind.OfDuration(Timeouts.MIN, Timeouts.MAX_CONNECT),
            Timeouts.DEFAULTS.connectDeadline(),
            "15s, or the connect timeout where that is longer",
            "For all attempts of a session together, and for waiting; where an upstream holds sessions for longer, that counts in"
                    + " full.");

    public static final Setting<Duration> IDLE_TIMEOUT = Setting.of(
            "idle-timeout",
            new Kind.OfDuration(Timeouts.MIN, Timeouts.MAX).orZero(),
            Timeouts.DEFAULTS.idle(),
            "Ends a session without a byte in either direction for this long; 0: never.");

    public static final Setting<Duration> HALF_CLOSE_TIMEOUT = Setting.of(
            "half-close-timeout",
            new Kind.OfDuration(Timeouts.MIN, Timeouts.MAX).orZero(),
            Timeouts.DEFAULTS.halfClose(),
            "Once one direction has ended, ends the other when it is silent for this long; 0: as the idle timeout.");

    public static final Setting<Duration> DRAIN_TIMEOUT = Setting.of(
            "drain-timeout",
            new Kind.OfDuration(Duration.ofMillis(1), Duration.ofDays(1)).orZero(),
            Duration.ofSeconds(30),
            "On SIGTERM, and when their endpoint is removed, how long sessions may go on before they are cut; 0: not at all.");

    public static final Setting<Duration> DRAIN_DELAY = Setting.of(
            "drain-delay",
            new Kind.OfDuration(Duration.ofMillis(1), Duration.ofHours(1)).orZero(),
            Duration.ZERO,
            "On SIGTERM, and on an order to drain, for how long the proxy goes on accepting although it says that it is not ready, so that nobody is sent to it"
                    + " any more when it stops accepting; the drain timeout counts from there. 0: not at all.");

    public static final Setting<Duration> EXIT_WHEN_IDLE = Setting.of(
            "exit-when-idle",
            new Kind.OfDuration(Duration.ofMillis(100), Duration.ofDays(1)).orZero(),
            Duration.ZERO,
            "Ends by itself, with exit code 0, when the last session has ended this long ago; not before there has been one. 0:"
                    + " never.");

    public static final Setting<BusyPoll> BUSY_POLL = Setting.of(
            "busy-poll",
            new Kind.OfBusyPoll(
                    new Kind.OfDuration(BusyPoll.MIN, BusyPoll.MAX).orZero().bare("us")),
            BusyPoll.AUTO,
            "How long a loop spins before it sleeps: latency for CPU. A bare number is of microseconds; 0: not at all; auto: up to"
                    + " 100us where that pays, as a loop learns from its last waits, and not where CPU is short.");

    public static final Setting<Pin> PIN = Setting.of(
            "pin",
            new Kind.OfPin(),
            Pin.OFF,
            "Which CPU each loop runs on, in order; auto: each on its own where there is one loop for each CPU;"
                    + " off: wherever the scheduler likes. A connection goes to the loop on the CPU where its packets arrive, unless"
                    + " that has clearly more sessions than another.");

    public static final Setting<Duration> COALESCE = Setting.of(
            "coalesce",
            new Kind.OfDuration(ListenerConfig.MIN_COALESCE, ListenerConfig.MAX_COALESCE).orZero(),
            ListenerConfig.DEFAULT_COALESCE,
            "How long a stream of many megabytes that runs one way may gather before it goes on: CPU for a delay where it"
                    + " pauses; 0: not at all.");

    public static final Setting<LogFormat> ACCESS_LOG = Setting.of(
            "access-log",
            new Kind.OneOf<>(LogFormat.class),
            LogFormat.TEXT,
            "One line per finished session, on stdout unless a configuration file says where to.");

    public static final Setting<Boolean> ACCESS_LOG_START = Setting.of(
            "access-log-start",
            new Words.OfBoolean(),
            false,
            "Whether a session has a line when it begins, too: when it is connected to an endpoint.");

    public static final Setting<Duration> ACCESS_LOG_INTERVAL = Setting.of(
            "access-log-interval",
            new Kind.OfDuration(ReportSettings.MIN_INTERVAL, ReportSettings.MAX_INTERVAL).orZero(),
            Duration.ZERO,
            "How often a session has a line while it lives; 0: not at all.");

    public static final Setting<String> TAKEOVER_SOCKET = new Setting<>(
            "takeover-socket",
            new Kind.OfSocketPath(),
            "",
            "none",
            "Where a successor, started with --takeover, gets the listening sockets. Only this user can reach it.");

    public static final Setting<String> ADMIN = new Setting<>(
            "admin",
            new Words.OfAdmin(),
            "",
            "none",
            "Where the admin interface is served: health, metrics, state and orders, over HTTP. A unix socket is for this user"
                    + " only; what other machines can reach needs a token.");

    public static final Setting<String> ADMIN_TOKEN_FILE = new Setting<>(
            "admin-token-file",
            new Kind.OfSocketPath(),
            "",
            "none",
            "The file with the token that requests under /api and all orders must have (Authorization: Bearer).");

    /** All of them, in the order in which help texts have them. */
    public static final List<Setting<?>> ALL = List.of(
            RELAY,
            THREADS,
            PIPE_SIZE,
            COPY_BUFFER,
            STASH_LIMIT,
            CONNECT_TIMEOUT,
            CONNECT_DEADLINE,
            IDLE_TIMEOUT,
            HALF_CLOSE_TIMEOUT,
            DRAIN_TIMEOUT,
            DRAIN_DELAY,
            EXIT_WHEN_IDLE,
            BUSY_POLL,
            PIN,
            COALESCE,
            ACCESS_LOG,
            ACCESS_LOG_START,
            ACCESS_LOG_INTERVAL,
            TAKEOVER_SOCKET,
            ADMIN,
            ADMIN_TOKEN_FILE);

    private Settings() {}

    /** For annotated options: the value whose text this is. */
    public static <E extends Enum<E>> E oneOf(E[] values, String text) {
        return new KindConverter<>(new Kind.OneOf<>(values[0].getDeclaringClass())).convert(text);
    }

    /** For annotated options. */
    public static final class PipeSize extends KindConverter<Integer> {
        public PipeSize() {
            super(PIPE_SIZE.kind());
        }
    }

    /** For annotated options. */
    public static final class CopyBuffer extends KindConverter<Integer> {
        public CopyBuffer() {
            super(COPY_BUFFER.kind());
        }
    }

    /** For annotated options. */
    public static final class OfBusyPoll extends KindConverter<BusyPoll> {
        public OfBusyPoll() {
            super(BUSY_POLL.kind());
        }
    }

    /** For annotated options. */
    public static final class Coalesce extends KindConverter<Duration> {
        public Coalesce() {
            super(COALESCE.kind());
        }
    }
}
