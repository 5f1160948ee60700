package dev.sluice.cli.admin.http;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request that was let in.
 *
 * @param method GET or POST
 * @param path its segments, decoded: {@code /api/v1/status} has three
 * @param query what is behind the question mark, not decoded; empty if there is none
 * @param peer who has sent it, null where that has no name, as over a unix socket
 */
public record Request(
        String method,
        List<String> path,
        String query,
        @Nullable String peer) {
    private static final int MAX_SEGMENTS = 10;

    /**
     * Reads the target of a request line.
     *
     * @return null when it is no path: it says where to go in more ways than one
     */
    static @Nullable Request of(String method, String target, @Nullable String peer) {
        int mark = target.indexOf('?');
        String path = mark < 0 ? target : target.substring(0, mark);
        if (!path.startsWith("/") || path.indexOf('#') >= 0 || path.indexOf('\\') >= 0) {
            return null;
        }
        List<String> segments = new ArrayList<>();
        for (String segment : path.substring(1).split("/", MAX_SEGMENTS + 1)) {
            String decoded = decode(segment);
            boolean onlySegment = path.length() == 1;
            if (decoded == null || decoded.equals(".") || decoded.equals("..") || (decoded.isEmpty() && !onlySegment)) {
                return null;
            }
            segments.add(decoded);
        }
        if (segments.size() > MAX_SEGMENTS) {
            return null;
        }
        return new Request(
                method,
                segments.equals(List.of("")) ? List.of() : List.copyOf(segments),
                mark < 0 ? "" : target.substring(mark + 1),
                peer);
    }

    /** The value of a parameter of the query, null when it is not there. */
    public @Nullable String parameter(String name) {
        for (String part : query.split("&", -1)) {
            if (part.startsWith(name + "=")) {
                return decode(part.substring(name.length() + 1));
            }
        }
        return null;
    }

    private static @Nullable String decode(String text) {
        try {
            String decoded = URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
            return decoded.chars().anyMatch(c -> c < ' ' || c == 0x7f || c == 0xfffd) ? null : decoded;
        } catch (IllegalArgumentException e) {
            return null; // a percent sign without its digits
        }
    }
}
