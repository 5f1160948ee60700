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
import dev.sluice.proxy.config.ProxyHeader;
import dev.sluice.proxy.config.RoleCheck;
import java.nio.file.Path;
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

    /** Whether checks begin with a header of the PROXY protocol. */
    private enum SendProxy {
        FALSE(ProxyHeader.NONE),
        TRUE(ProxyHeader.V2),
        V1(ProxyHeader.V1),
        V2(ProxyHeader.V2);

        private final ProxyHeader header;

        SendProxy(ProxyHeader header) {
            this.header = header;
        }

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
                    + " password. mysql: by a login of 'user'. redis: by PING. The last three with 'role': by what the server says that it"
                    + " is.");

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
                    + " whoever hangs up before his login too often (max_connect_errors). With 'role': who logs in; redis has a default"
                    + " user.");

    private final Key<Path> passwordFile = optional(
            "password-file",
            new Shape.One<>(new Words.OfPath()),
            "no password",
            "With 'role': where the password is, in one line; read for each login. A password is given to PostgreSQL only by SCRAM or MD5,"
                    + " to MySQL never in the clear unless TLS encrypts it, and to Redis as it is: nobody verifies who the server is.");

    private final Key<String> database = optional(
            "database",
            TEXT,
            "that of the user's name",
            "postgres: where to connect to; mysql with 'role', too, but there it is none by default.");

    private final Key<RoleCheck.Role> role = optional(
            "role",
            new Shape.One<>(new Kind.OneOf<>(RoleCheck.Role.class)),
            "either will do",
            "postgres, mysql, redis: what a server must say that it is, after a login of 'user'. primary: it takes writes. replica: it"
                    + " follows another and has not stopped. One that says that it is not that is down at once, whatever 'fall' says, and"
                    + " an endpoint that has not been asked is down, whatever 'start' says. PostgreSQL lets every user ask; MySQL wants"
                    + " REPLICATION CLIENT (MariaDB: SLAVE MONITOR) for 'replica'; a user of Redis needs +ping, +role and +info.");

    private final Key<Duration> maxLag = optional(
            "max-lag",
            new Shape.One<>(new Kind.OfDuration(RoleCheck.MIN_LAG, RoleCheck.MAX_LAG).inSeconds()),
            "any lag",
            "role: replica: how far it may be behind. Of one that has stopped, or lost its primary, that is how long it is since it was"
                    + " heard to follow. PostgreSQL: the age of the last transaction, 0 when all that came is replayed; redis: since"
                    + " the primary was last heard of, up to repl-ping-replica-period (10s) in quiet times.");

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

    private final Key<SendProxy> sendProxy = key(
            "send-proxy",
            new Kind.OneOf<>(SendProxy.class),
            SendProxy.FALSE,
            "Whether a check begins with a header of the PROXY protocol, for servers that want one: v1 with the check's own addresses, v2,"
                    + " which true is, as LOCAL. Not for tcp, which no server hears of.");

    static Shape<HealthConfig> shape() {
        HealthSection section = new HealthSection();
        return new Shape.Map<>(section, section.check);
    }

    @Override
    protected HealthConfig build(Values values) {
        Check kind = values.get(check);
        ProxyHeader header = header(kind, values);
        HealthCheck asked = check(kind, values);
        return HealthConfig.of(asked)
                .withInterval(values.get(interval))
                .withTimeout(values.get(timeout))
                .withRise(values.get(rise))
                .withFall(values.get(fall))
                .withStart(values.get(start))
                .withSendProxy(header)
                .withPort(kind == Check.AGENT ? 0 : values.get(port));
    }

    private ProxyHeader header(Check kind, Values values) {
        SendProxy wanted = values.get(sendProxy);
        if (kind == Check.TCP && wanted != SendProxy.FALSE) {
            values.tell(sendProxy, "means nothing to check: tcp, which no server hears of; expected false");
        }
        return wanted.header;
    }

    private HealthCheck check(Check kind, Values values) {
        RoleCheck.Role wanted = values.find(role);
        if (values.find(maxLag) != null && wanted != RoleCheck.Role.REPLICA) {
            values.tell(maxLag, "is a rule about replicas; expected 'role: replica' beside it");
        }
        if (wanted != null) {
            return role(kind, wanted, values);
        }
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

    private RoleCheck role(Check kind, RoleCheck.Role wanted, Values values) {
        RoleCheck.Database asked = switch (kind) {
            case POSTGRES -> RoleCheck.Database.POSTGRES;
            case MYSQL -> RoleCheck.Database.MYSQL;
            case REDIS -> RoleCheck.Database.REDIS;
            default ->
                throw values.wrong(
                        role, "means nothing to check: " + kind + "; expected check: postgres, mysql or redis");
        };
        boolean redis = kind == Check.REDIS;
        allow(values, kind, redis ? Set.of(user, passwordFile, role) : Set.of(user, passwordFile, role, database));
        if (!redis) {
            needed(values, user, kind, "who is told what a server is");
        } else if (values.find(user) != null && values.find(passwordFile) == null) {
            throw values.wrong(user, "logs in to redis with a password; expected 'password-file' beside it");
        }
        Duration lag = values.find(maxLag);
        return new RoleCheck(
                asked,
                wanted,
                lag == null ? Duration.ZERO : lag,
                values.find(user),
                values.find(passwordFile),
                values.find(database));
    }

    /** A key that means nothing to the check is a mistake. */
    private void allow(Values values, Check kind, Set<Key<?>> allowed) {
        for (Key<?> key : List.of(path, host, send, expect, user, passwordFile, database)) {
            if (values.find(key) != null && !allowed.contains(key)) {
                values.tell(
                        key,
                        key.equals(passwordFile)
                                ? "is for a check that asks for a role; expected 'role' beside it"
                                : "means nothing to check: " + kind + "; expected no such key");
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
        if (asked != null && !asked.startsWith("/")) {
            values.tell(path, "does not begin with a slash; expected one that does, such as /health");
        }
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
