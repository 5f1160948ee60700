package dev.sluice.proxy.health.dialogue;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What an agent has said in one line: words in any order, between spaces, tabs or commas, and a reason behind a {@code #}. They are
 * those of HAProxy's agent-check (configuration manual, 5.2); what is not said stays as it was.
 *
 * @param up {@code up}, or else {@code down}, {@code fail} or {@code stopped}; null when neither was said
 * @param mode {@code ready}, {@code drain} or {@code maint}; null when none was said
 * @param percent of its weight that the endpoint is to have, 0 … 100; −1 when it was not said
 * @param reason what was said, escaped
 */
public record AgentOrders(@Nullable Boolean up, @Nullable Mode mode, int percent, String reason) {
    public enum Mode {
        READY,
        DRAIN,
        MAINT
    }

    /**
     * What there is in a line, null when there is no word in it that an agent says.
     *
     * @param line without its end; characters of one byte each
     */
    public static @Nullable AgentOrders parse(String line) {
        int sharp = line.indexOf('#');
        Boolean up = null;
        Mode mode = null;
        int percent = -1;
        boolean understood = false;
        for (String word : (sharp < 0 ? line : line.substring(0, sharp)).split("[ \t,\r]+", -1)) {
            boolean known = true;
            switch (word.toLowerCase(Locale.ROOT)) {
                case "up" -> up = true;
                case "down", "fail", "failed", "stopped" -> up = false;
                case "ready" -> mode = Mode.READY;
                case "drain" -> mode = Mode.DRAIN;
                case "maint" -> mode = Mode.MAINT;
                default -> {
                    int said = percent(word);
                    known = said >= 0 || word.toLowerCase(Locale.ROOT).startsWith("maxconn:"); // not for this proxy
                    percent = said >= 0 ? said : percent;
                }
            }
            understood |= known;
        }
        return understood ? new AgentOrders(up, mode, percent, "agent: " + Received.quote(line.strip(), false)) : null;
    }

    /** −1 when it is none. More than the whole weight is the whole. */
    private static int percent(String word) {
        return word.matches("[0-9]{1,4}%") ? Math.min(100, Integer.parseInt(word.substring(0, word.length() - 1))) : -1;
    }
}
