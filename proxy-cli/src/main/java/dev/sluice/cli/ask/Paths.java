package dev.sluice.cli.ask;

/** Paths of the admin interface. */
public final class Paths {
    public static final String STATUS = "/api/v1/status";
    public static final String LISTENERS = "/api/v1/listeners";
    public static final String UPSTREAMS = "/api/v1/upstreams";
    public static final String SESSIONS = "/api/v1/sessions";
    public static final String EVENTS = "/api/v1/events";

    static final String RELOAD = "/api/v1/reload";
    static final String DRAIN = "/api/v1/drain";
    static final String QUIT = "/api/v1/quit";

    private Paths() {}
}
