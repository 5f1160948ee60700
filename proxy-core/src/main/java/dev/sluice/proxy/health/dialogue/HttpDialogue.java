package dev.sluice.proxy.health.dialogue;

import dev.sluice.proxy.config.Bytes;
import dev.sluice.proxy.config.HealthCheck;
import dev.sluice.proxy.config.HealthCheck.StatusRange;
import dev.sluice.proxy.health.dialogue.Reply.Done;
import dev.sluice.proxy.health.dialogue.Reply.Leave;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A GET and its status line (HTTP/1.1, RFC 9112). What is behind that is heard, but not listened to, until the server ends the connection. */
final class HttpDialogue implements Dialogue {
    private static final byte[] BEGINNING = "HTTP/1.".getBytes(StandardCharsets.US_ASCII);
    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.\\d (\\d{3})(?: .*)?");

    private final HealthCheck.Http check;
    private final String address;

    /**
     * @param address the endpoint's, for the Host field
     */
    HttpDialogue(HealthCheck.Http check, String address) {
        this.check = check;
        this.address = address;
    }

    @Override
    public Reply connected() {
        String host = check.host() != null ? check.host() : address.startsWith("unix:") ? "localhost" : address;
        String request = "GET " + check.path() + " HTTP/1.1\r\nHost: " + host
                + "\r\nUser-Agent: sluice\r\nAccept: */*\r\nConnection: close\r\n\r\n";
        return new Reply.Say(Bytes.ofText(request));
    }

    @Override
    public Reply heard(Received heard) {
        if (!heard.maybe(BEGINNING)) {
            return Reply.done(Verdict.foreign(heard));
        }
        int end = heard.find('\n', 0);
        if (end < 0) {
            return Reply.WAIT;
        }
        Matcher line = STATUS_LINE.matcher(heard.text(0, end).stripTrailing());
        if (!line.matches()) {
            return Reply.done(Verdict.foreign(heard));
        }
        int status = Integer.parseInt(line.group(1));
        boolean alive = check.expect().stream().anyMatch(range -> range.contains(status));
        Verdict verdict =
                alive ? Verdict.alive("status " + status) : Verdict.failed("status " + status + ", not " + expected());
        return new Done(verdict, Bytes.NONE, Leave.LISTEN);
    }

    private String expected() {
        return check.expect().stream().map(HttpDialogue::words).collect(Collectors.joining(","));
    }

    private static String words(StatusRange range) {
        return range.from() == range.to() ? String.valueOf(range.from()) : range.from() + "-" + range.to();
    }
}
