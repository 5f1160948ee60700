package dev.sluice.cli.admin.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestTest {
    private static Request of(String target) {
        return Objects.requireNonNull(Request.of("GET", target, null), target);
    }

    @Test
    void segmentsAreDecodedOnce() {
        assertEquals(List.of(), of("/").path());
        assertEquals(List.of("a", "b"), of("/a/b").path());
        assertEquals(
                List.of("unix:/run/x", "+", "%41"),
                of("/unix:%2Frun%2fx/+/%2541").path());
        assertEquals(List.of("ä"), of("/%c3%a4").path());
    }

    @Test
    void parameters() {
        Request request = of("/a?fraction=0.2&b=%20x&c=");
        assertEquals("0.2", request.parameter("fraction"));
        assertEquals(" x", request.parameter("b"));
        assertEquals("", request.parameter("c"));
        assertNull(request.parameter("d"));
        assertNull(of("/a").parameter("fraction"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "*",
                "//",
                "//a",
                "/a/",
                "/a//b",
                "/.",
                "/..",
                "/a/../b",
                "/%2e%2e/a",
                "/a/.%2E",
                "/a%",
                "/a%0",
                "/a%zz",
                "/a%00",
                "/a%0a",
                "/%ff",
                "/a\\b",
                "/a#b",
                "http://h/a",
                "/1/2/3/4/5/6/7/8/9/10/11"
            })
    void oddPathsAreNone(String target) {
        assertNull(Request.of("GET", target, null), target);
    }
}
