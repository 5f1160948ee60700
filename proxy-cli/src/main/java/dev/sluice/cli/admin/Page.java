package dev.sluice.cli.admin;

import dev.sluice.cli.admin.http.Answer;
import dev.sluice.cli.admin.http.Request;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The page at {@code /}, and the files that it is made of. They are read when somebody asks for them.
 *
 * <p>The path of a file has a hash of all of them in it, so that a browser may keep each for ever and never mixes two versions.
 */
final class Page {
    /** The first segment of the paths of its files. */
    static final String ASSETS = "assets";

    private static final String INDEX = "index.html";
    static final List<String> FILES = List.of(
            "api.js",
            "ask.js",
            "charts.js",
            "dom.js",
            "endpoints.js",
            "events.js",
            "format.js",
            "icon.svg",
            "page.css",
            "page.js",
            "rates.js",
            "sessions.js",
            "state.js",
            "theme.js",
            "uPlot.iife.min.js",
            "uPlot.min.css");

    private static final Map<String, String> TYPES = Map.of(
            "css", "text/css; charset=utf-8",
            "html", "text/html; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml");

    /** Nothing from elsewhere, nothing inline, and no text becomes markup or a script, whatever a script of the page does. */
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
                    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    /** When it is first asked for. */
    private static final class Version {
        static final String HASH = hash();
    }

    private Page() {}

    /** The page itself. */
    static Answer index() {
        String text = read(INDEX).replace("{assets}", ASSETS + '/' + Version.HASH);
        return answer(INDEX, text).with("Content-Security-Policy", POLICY);
    }

    /** One of its files: {@code /assets/HASH/NAME}. */
    static Answer file(Request request) {
        List<String> path = request.path();
        if (path.size() != 3 || !path.get(1).equals(Version.HASH) || !FILES.contains(path.get(2))) {
            return Answer.error(404, "there is no such file of this version of the page");
        }
        return answer(path.get(2), read(path.get(2))).with("Cache-Control", "public, max-age=31536000, immutable");
    }

    private static Answer answer(String name, String text) {
        String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
        return Answer.text(200, String.valueOf(type), text);
    }

    /** FNV-1a: it tells versions apart and keeps no secret, and a digest of the JDK's would bring its providers and their files. */
    private static String hash() {
        long hash = 0xcbf29ce484222325L;
        for (String name : FILES) {
            for (byte one : read(name).getBytes(StandardCharsets.UTF_8)) {
                hash = (hash ^ (one & 0xff)) * 0x100000001b3L;
            }
        }
        return HexFormat.of().toHexDigits(hash);
    }

    private static String read(String name) {
        try (InputStream in = Page.class.getResourceAsStream("page/" + name)) {
            if (in == null) {
                throw new IllegalStateException("the page has no " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
