package dev.sluice.cli.admin.http;

import com.grack.nanojson.JsonWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is answered to a request.
 *
 * @param status RFC 9110, 15
 * @param type of the body
 * @param headers besides those that every answer has, or in their place
 * @param after is done when the answer has been sent, or could not be; null: nothing
 */
public record Answer(
        int status,
        String type,
        String body,
        Map<String, String> headers,
        @Nullable Runnable after) {
    /** Of values that JSON knows: maps, lists, texts, numbers, booleans, null. */
    public static Answer json(int status, Object value) {
        String text = JsonWriter.string().value(value).done();
        return new Answer(status, "application/json", text + "\n", Map.of(), null);
    }

    /** Something went wrong, in one line. */
    public static Answer error(int status, String text) {
        return json(status, Map.of("error", text));
    }

    /** Text of this type. */
    public static Answer text(int status, String type, String text) {
        return new Answer(status, type, text, Map.of(), null);
    }

    /** The same with one more header. */
    public Answer with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new Answer(status, type, body, more, after);
    }

    /** The same, and this is done after it. */
    public Answer then(Runnable next) {
        return new Answer(status, type, body, headers, next);
    }
}
