package dev.sluice.cli.ask.client;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import dev.sluice.cli.common.CommandFailure;
import dev.sluice.cli.text.OneLine;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a proxy has answered.
 *
 * @param from where it was asked
 * @param status RFC 9110, 15
 * @param body JSON, as it came
 */
public record Reply(AdminAddress from, int status, String body) {
    private static final int OK = 200;
    private static final int REDIRECT = 300;

    /** Whether it was done. */
    public boolean isDone() {
        return status >= OK && status < REDIRECT;
    }

    /**
     * This, if it was done.
     *
     * @throws CommandFailure with the proxy's own words if not
     */
    public Reply orFail() {
        if (!isDone()) {
            throw new CommandFailure("the proxy at " + from + ": " + words());
        }
        return this;
    }

    /** What went wrong, in the proxy's own words. */
    public String words() {
        Object value = value();
        String words = value instanceof JsonObject object ? object.getString("error") : null;
        return words == null ? "it answered " + status : OneLine.shortened(words);
    }

    /**
     * The answer as an object; one without members when it is none.
     *
     * @throws CommandFailure when it is no JSON
     */
    public JsonObject object() {
        return value() instanceof JsonObject object ? object : new JsonObject();
    }

    /** The objects in an answer that is an array of such; none when it is something else. */
    public List<JsonObject> objects() {
        return value() instanceof JsonArray array ? objects(array) : List.of();
    }

    /** The objects in an array, which should be all that it has. */
    public static List<JsonObject> objects(@Nullable JsonArray array) {
        return array == null
                ? List.of()
                : array.stream()
                        .filter(JsonObject.class::isInstance)
                        .map(JsonObject.class::cast)
                        .toList();
    }

    private @Nullable Object value() {
        try {
            return Objects.requireNonNull(JsonParser.any()).from(body);
        } catch (JsonParserException | StackOverflowError e) { // too deep, too
            throw new CommandFailure(
                    "what listens at " + from + " is not the admin interface of a Sluice: its answer is no JSON");
        }
    }
}
