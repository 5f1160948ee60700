package dev.sluice.cli.file.section;

import dev.sluice.cli.file.Key;
import dev.sluice.cli.file.Section;
import dev.sluice.cli.file.Shape;
import dev.sluice.cli.file.Values;
import dev.sluice.cli.options.Kind;
import dev.sluice.cli.options.Words;
import dev.sluice.proxy.config.Bytes;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.HealthCheck.StatusRange;
import dev.sluice.proxy.config.HealthConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code health} of an upstream: a check alone, or a map. */
final class HealthSection extends Section<HealthConfig> {
    /** How an endpoint is asked. */
    private enum Check {
        TCP,
        HTTP,
        EXPECT,
        AGENT,
        POSTGRES,
        MYSQL,
        REDIS;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final Shape<String> TEXT = new Shape.One<>(new Words.OfText(HealthCheck.MAX_TEXT));
    private static final HealthConfig DEFAULTS = HealthConfig.of(new HealthCheck.Tcp());

    private final Key<Check> check = required(
            "check",
            new Shape.One<>(new Kind.OneOf<>(Check.class)),
            "How an endpoint is asked whether it is alive. tcp: by connecting. http: by a GET. expect: by listening for a text."
                    + " agent: by what an agent beside the server says (up, down, drain, 50%). postgres: as pg_isready does, without a"
                    + " password. mysql: by a login of 'user'. redis: by PING.");

    private final Key<String> path = optional("path", TEXT, "/", "http: what is asked for.");

    private final Key<String> host = optional("host", TEXT, "the endpoint's address", "http: the Host field.");

    private final Key<String> send = optional("send", TEXT, "nothing", "expect: what is said first.");

    private final Key<String> expect = optional(
            "expect",
            TEXT,
            "200-299 of http",
            "http: the statuses of one that is alive, such as 200-299,401. expect: the text that is to be heard.");

    private final Key<String> user = optional(
            "user",
            TEXT,
            "postgres of postgres",
            "postgres: who is said to connect; mysql: who logs in, without a password. MySQL needs one: it blocks the host of"
                    + " whoever hangs up before his login too often (max_connect_errors).");

    private final Key<String> database =
            optional("database", TEXT, "that of the user's name", "postgres: where to connect to.");

    private final Key<Duration> interval = key(
            "interval",
            new Kind.OfDuration(HealthConfig.MIN_INTERVAL, HealthConfig.MAX_INTERVAL),
            DEFAULTS.interval(),
            "Time between two checks of an endpoint, give or take a tenth.");

    private final Key<Duration> timeout = key(
            "timeout",
            new Kind.OfDuration(HealthConfig.MIN_TIMEOUT, HealthConfig.MAX_TIMEOUT),
            DEFAULTS.timeout(),
            "How long a check may take.");

    private final Key<Integer> rise = key(
            "rise",
            new Kind.OfNumber(1, HealthConfig.MAX_COUNT),
            DEFAULTS.rise(),
            "Successes in a row after which an endpoint is up.");

    private final Key<Integer> fall = key(
            "fall",
            new Kind.OfNumber(1, HealthConfig.MAX_COUNT),
            DEFAULTS.fall(),
            "Failures in a row after which an endpoint is down.");

    private final Key<HealthConfig.Start> start = key(
            "start",
            new Kind.OneOf<>(HealthConfig.Start.class),
            DEFAULTS.start(),
            "What an endpoint is before it was checked often enough.");

    private final Key<Integer> port = key(
            "port",
            new Kind.OfNumber(0, 65_535),
            0,
            "The port that is asked, on the endpoint's host; an agent needs one. 0: the endpoint's own.");

    static Shape<HealthConfig> shape() {
        HealthSection section = new HealthSection();
        return new Shape.Map<>(section, section.check);
    }

    @Override
    protected HealthConfig build(Values values) {
        Check kind = values.get(check);
        HealthCheck asked = check(kind, values);
        return HealthConfig.of(asked)
                .withInterval(values.get(interval))
                .withTimeout(values.get(timeout))
                .withRise(values.get(rise))
                .withFall(values.get(fall))
                .withStart(values.get(start))
                .withPort(kind == Check.AGENT ? 0 : values.get(port));
    }

    private HealthCheck check(Check kind, Values values) {
        return switch (kind) {
            case TCP -> {
                allow(values, kind, Set.of());
                yield new HealthCheck.Tcp();
            }
            case HTTP -> {
                allow(values, kind, Set.of(path, host, expect));
                yield http(values);
            }
            case EXPECT -> {
                allow(values, kind, Set.of(send, expect));
                String said = values.find(send);
                yield new HealthCheck.Expect(
                        said == null ? Bytes.NONE : Bytes.ofText(said),
                        Bytes.ofText(needed(values, expect, kind, "the text that is to be heard")));
            }
            case AGENT -> {
                allow(values, kind, Set.of());
                if (values.get(port) == 0) {
                    throw values.wrong(port, "is 0; check: agent needs the port of the agent, 1 to 65535");
                }
                yield new HealthCheck.Agent(values.get(port));
            }
            case POSTGRES -> {
                allow(values, kind, Set.of(user, database));
                String called = values.find(user);
                yield new HealthCheck.Postgres(
                        called == null ? HealthCheck.Postgres.DEFAULT_USER : called, values.find(database));
            }
            case MYSQL -> {
                allow(values, kind, Set.of(user));
                yield new HealthCheck.Mysql(needed(
                        values,
                        user,
                        kind,
                        "a user without a password or rights, since MySQL blocks the host of whoever"
                                + " hangs up before his login too often (max_connect_errors)"));
            }
            case REDIS -> {
                allow(values, kind, Set.of());
                yield new HealthCheck.Redis();
            }
        };
    }

    /** A key that means nothing to the check is a mistake. */
    private void allow(Values values, Check kind, Set<Key<String>> allowed) {
        for (Key<String> key : List.of(path, host, send, expect, user, database)) {
            if (values.find(key) != null && !allowed.contains(key)) {
                throw values.wrong(key, "means nothing to check: " + kind + "; expected no such key");
            }
        }
    }

    private String needed(Values values, Key<String> key, Check kind, String what) {
        String given = values.find(key);
        if (given == null) {
            throw values.wrong(check, kind + " needs '" + key.name() + "': " + what);
        }
        return given;
    }

    private HealthCheck.Http http(Values values) {
        String asked = values.find(path);
        return new HealthCheck.Http(asked == null ? "/" : asked, values.find(host), statuses(values));
    }

    private List<StatusRange> statuses(Values values) {
        String text = values.find(expect);
        if (text == null) {
            return HealthCheck.Http.DEFAULT_EXPECT;
        }
        List<StatusRange> ranges = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            StatusRange range = status(part.strip());
            if (range == null) {
                throw values.wrong(
                        expect, "'" + text + "' is not a list of statuses; expected 100 to 599, such as 200-299,401");
            }
            ranges.add(range);
        }
        return ranges;
    }

    private static @Nullable StatusRange status(String text) {
        if (!text.matches("[1-5][0-9]{2}(-[1-5][0-9]{2})?")) {
            return null;
        }
        int from = Integer.parseInt(text.substring(0, 3));
        int to = Integer.parseInt(text.substring(text.length() - 3));
        return from <= to ? new StatusRange(from, to) : null;
    }
}
