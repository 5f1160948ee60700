package dev.sluice.proxy.health.dialogue;

import dev.sluice.proxy.config.Bytes;
import dev.sluice.proxy.config.RoleCheck;
import dev.sluice.proxy.health.dialogue.Resp.Value;
import dev.sluice.proxy.roles.ServerRole;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Logs in if there is a password, and asks for the role: PING, which one refuses that loads its data, ROLE, and of a replica whose lag
 * counts INFO replication, all said at once.
 */
public final class RedisRoleDialogue implements Dialogue {
    /** A primary with hundreds of replicas has so much to say, bytes. */
    private static final int LONGEST = 256 << 10;

    private enum Command {
        AUTH,
        PING,
        ROLE,
        INFO
    }

    private final RoleCheck check;
    private final RoleJudge judge;
    private final @Nullable String password;
    private final Queue<Command> unanswered = new ArrayDeque<>();
    private @Nullable Resp answers;
    private Value role = new Value('*', "", List.of());

    /**
     * @param password null = nobody logs in
     */
    public RedisRoleDialogue(RoleCheck check, RoleJudge judge, @Nullable String password) {
        this.check = check;
        this.judge = judge;
        this.password = password;
    }

    @Override
    public int limit() {
        return LONGEST;
    }

    @Override
    public boolean isConfidential() {
        return password != null;
    }

    @Override
    public Reply connected() {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        String user = check.user();
        if (password != null && user == null) {
            say(said, Command.AUTH, password);
        } else if (password != null && user != null) {
            say(said, Command.AUTH, user, password);
        }
        say(said, Command.PING);
        say(said, Command.ROLE);
        if (!check.maxLag().isZero()) {
            say(said, Command.INFO, "replication");
        }
        return new Reply.Say(Bytes.of(said.toByteArray()));
    }

    private void say(ByteArrayOutputStream to, Command command, String... words) {
        unanswered.add(command);
        write(to, "*" + (1 + words.length) + "\r\n");
        argument(to, command.name());
        for (String word : words) {
            argument(to, word);
        }
    }

    private static void argument(ByteArrayOutputStream to, String word) {
        write(to, "$" + word.getBytes(StandardCharsets.UTF_8).length + "\r\n" + word + "\r\n");
    }

    private static void write(ByteArrayOutputStream to, String text) {
        to.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Reply heard(Received heard) {
        if (answers == null) {
            answers = new Resp(heard);
        }
        for (Value value = answers.next(); value != null; value = answers.next()) {
            Command asked = unanswered.poll();
            Verdict verdict = asked == null ? Verdict.foreign(heard) : verdict(asked, value, heard);
            if (verdict != null) {
                return Reply.done(verdict);
            }
        }
        return answers.isForeign() ? Reply.done(Verdict.foreign(heard)) : Reply.WAIT;
    }

    /** What comes of an answer; null when there are more to come. Of an error only its first word is told: the rest may say back what was said. */
    private @Nullable Verdict verdict(Command asked, Value value, Received heard) {
        return switch (asked) {
            case AUTH -> value.isError() ? Verdict.failed("does not let us log in: " + code(value)) : null;
            case PING -> value.isError() && !value.word().equals("NOPERM") ? refused(asked, value) : null;
            case ROLE -> {
                role = value;
                if (value.isError()) {
                    yield refused(asked, value);
                }
                yield unanswered.isEmpty() || !isReplica() ? judged(null, heard) : null;
            }
            case INFO -> value.isError() ? refused(asked, value) : judged(lag(value.text()), heard);
        };
    }

    private static Verdict refused(Command asked, Value value) {
        return Verdict.failed("answers " + asked + " with " + code(value));
    }

    /** An error's first word, such as WRONGPASS; a word of letters, or it is not shown. */
    private static String code(Value error) {
        return error.word().matches("[A-Z]{1,20}") ? error.word() : "an error";
    }

    private boolean isReplica() {
        return role.item(0).equals("slave");
    }

    private Verdict judged(@Nullable Duration lag, Received heard) {
        return switch (role.item(0)) {
            case "master" -> judge.judge(ServerRole.primary(), System.nanoTime());
            case "slave" -> judge.judge(replica(lag), System.nanoTime());
            case "sentinel" -> judge.judge(ServerRole.neither("is a sentinel"), System.nanoTime());
            default -> Verdict.foreign(heard);
        };
    }

    private ServerRole replica(@Nullable Duration lag) {
        return role.item(3).equals("sync")
                ? ServerRole.stopped("is a replica that copies its primary's data anew")
                : ServerRole.replica(lag);
    }

    /** How long ago the primary was heard of, be it the last byte on a link that is up, or the end of the link; null when never. */
    private static @Nullable Duration lag(String info) {
        String since = null;
        for (String line : info.split("\r?\n", -1)) {
            String[] field = line.split(":", 2);
            boolean tells =
                    field[0].equals("master_last_io_seconds_ago") || field[0].equals("master_link_down_since_seconds");
            // −1 while the link is down, or was never up: then the other one tells.
            if (tells && field.length == 2 && field[1].matches("[0-9]{1,9}")) {
                since = field[1];
            }
        }
        return since == null ? null : Duration.ofSeconds(Long.parseLong(since));
    }
}
