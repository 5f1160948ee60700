package dev.sluice.proxy.config;

import java.time.Duration;
import java.util.Locale;

/**
 * How the endpoints of an upstream are checked.
 *
 * @param check what is asked
 * @param interval from one check of an endpoint to its next, ± 10 %, 10 ms … 1 day
 * @param timeout for all of a check, 1 ms … 1 hour; one that takes longer than the interval puts off the next
 * @param rise successes in a row that bring a down endpoint up, 1 … 1000
 * @param fall failures in a row that bring an up endpoint down, 1 … 1000
 * @param start what a new endpoint is until then; down in any case under {@link HealthPolicy#atMost} and a {@link RoleCheck}
 * @param port where to ask, on the endpoint's host, 1 … 65535; 0 = the endpoint's own
 * @param sendProxy what a check begins with, before its protocol does; nothing for {@link HealthCheck.Tcp}, of which no server hears
 */
public record HealthConfig(
        HealthCheck check,
        Duration interval,
        Duration timeout,
        int rise,
        int fall,
        Start start,
        int port,
        ProxyHeader sendProxy) {
    /** What an endpoint is before it was checked. */
    public enum Start {
        /** Gets traffic at once. */
        UP,
        /** Gets traffic once it has been checked often enough. */
        DOWN;

        /** The name that people type. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(2);
    public static final Duration MIN_INTERVAL = Duration.ofMillis(10);
    public static final Duration MAX_INTERVAL = Duration.ofDays(1);
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(1);
    public static final Duration MIN_TIMEOUT = Duration.ofMillis(1);
    public static final Duration MAX_TIMEOUT = Duration.ofHours(1);
    public static final int DEFAULT_RISE = 2;
    public static final int DEFAULT_FALL = 3;
    public static final int MAX_COUNT = 1000;

    public HealthConfig {
        Checks.duration("health interval", interval, MIN_INTERVAL, MAX_INTERVAL);
        Checks.duration("health timeout", timeout, MIN_TIMEOUT, MAX_TIMEOUT);
        Checks.range("health rise", rise, 1, MAX_COUNT);
        Checks.range("health fall", fall, 1, MAX_COUNT);
        Checks.range("health port", port, 0, 65535);
        if (sendProxy != ProxyHeader.NONE && check instanceof HealthCheck.Tcp) {
            throw new IllegalArgumentException(
                    "health send-proxy is " + sendProxy + ", but no server hears of a check that only connects: NONE");
        }
        if (port != 0 && check instanceof HealthCheck.Agent) {
            throw new IllegalArgumentException(
                    "health port is " + port + ", but an agent has a port of its own: 0 here");
        }
    }

    /** This check, with the defaults of everything else. */
    public static HealthConfig of(HealthCheck check) {
        return new HealthConfig(
                check, DEFAULT_INTERVAL, DEFAULT_TIMEOUT, DEFAULT_RISE, DEFAULT_FALL, Start.UP, 0, ProxyHeader.NONE);
    }

    public HealthConfig withInterval(Duration other) {
        return new HealthConfig(check, other, timeout, rise, fall, start, port, sendProxy);
    }

    public HealthConfig withTimeout(Duration other) {
        return new HealthConfig(check, interval, other, rise, fall, start, port, sendProxy);
    }

    public HealthConfig withRise(int other) {
        return new HealthConfig(check, interval, timeout, other, fall, start, port, sendProxy);
    }

    public HealthConfig withFall(int other) {
        return new HealthConfig(check, interval, timeout, rise, other, start, port, sendProxy);
    }

    public HealthConfig withStart(Start other) {
        return new HealthConfig(check, interval, timeout, rise, fall, other, port, sendProxy);
    }

    public HealthConfig withPort(int other) {
        return new HealthConfig(check, interval, timeout, rise, fall, start, other, sendProxy);
    }

    public HealthConfig withSendProxy(ProxyHeader other) {
        return new HealthConfig(check, interval, timeout, rise, fall, start, port, other);
    }

    /** Where it is asked: the agent's port or this one; 0 = the endpoint's own. */
    public int askedPort() {
        return check instanceof HealthCheck.Agent agent ? agent.port() : port;
    }
}
