package dev.sluice.cli.bench.techniques;

import dev.sluice.cli.bench.techniques.send.Appending;
import dev.sluice.cli.bench.techniques.send.Content;
import dev.sluice.cli.bench.techniques.send.Lane;
import dev.sluice.cli.bench.techniques.send.Pattern;
import dev.sluice.cli.bench.techniques.send.Sender;
import dev.sluice.cli.bench.techniques.send.SourceFile;
import dev.sluice.cli.bench.techniques.send.Tally;
import dev.sluice.cli.bench.techniques.send.Technique;
import dev.sluice.cli.bench.techniques.send.Unavailable;
import dev.sluice.cli.progress.Progress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The order of things: every technique once for real, with its bytes checked, then all of them in turn, round after round. */
final class Campaign {
    /** Steps that a pattern checks, and as many in each round. */
    static final int PATTERN_ROWS = 2;

    private final RoundRunner runner;
    private final SourceFile file;
    private final Content content;
    private final int chunk;
    private final int rounds;
    private final List<TechniqueResult> results;
    private final Progress progress;
    private final Runnable onRounds;

    /**
     * @param results is filled, and looked at by others meanwhile under its lock
     * @param progress of steps, as many as {@link #steps} says
     * @param onRounds run when all is checked and the rounds begin
     */
    Campaign(
            RoundRunner runner,
            SourceFile file,
            Content content,
            int chunk,
            int rounds,
            List<TechniqueResult> results,
            Progress progress,
            Runnable onRounds) {
        this.runner = runner;
        this.file = file;
        this.content = content;
        this.chunk = chunk;
        this.rounds = rounds;
        this.results = results;
        this.progress = progress;
        this.onRounds = onRounds;
    }

    /**
     * How many steps of progress there are.
     *
     * @param rows techniques of the table, or those that a pattern checks and measures
     */
    static int steps(int rows, int rounds) {
        return rows * (1 + rounds);
    }

    private TechniqueResult result(Technique technique) {
        TechniqueResult result = new TechniqueResult(technique);
        synchronized (results) {
            results.add(result);
        }
        return result;
    }

    /** The table. */
    void techniques(List<Technique> techniques) {
        Map<TechniqueResult, Sender> ready = new LinkedHashMap<>();
        for (Technique technique : techniques) {
            TechniqueResult result = result(technique);
            progress.step("checking " + technique.name());
            try {
                Sender sender = runner.open(technique);
                ready.put(result, sender);
                runner.round(technique, sender, true);
            } catch (Unavailable e) {
                result.fail(e.reason());
            }
        }
        onRounds.run();
        for (int i = 1; i <= rounds; i++) {
            int round = i;
            ready.forEach((result, sender) -> round(round, result, sender));
        }
        ready.values().forEach(runner::close);
    }

    private void round(int number, TechniqueResult result, Sender sender) {
        progress.step("round " + number + ": " + result.technique().name());
        if (result.obstacle() != null) {
            return;
        }
        try {
            result.add(runner.round(result.technique(), sender, false));
        } catch (Unavailable e) {
            result.fail(e.reason());
        }
    }

    /** Appending in two ways, and serving what was appended. */
    void pattern(Pattern pattern) {
        Log log = new Log();
        TechniqueResult mapped = result(Appending.append(pattern, Appending.THROUGH_MAPPING));
        TechniqueResult written = result(Appending.append(pattern, Appending.BY_WRITING));
        Technique serve = Appending.serve(pattern);
        TechniqueResult served = result(serve);
        try {
            Sender sender = runner.open(serve);
            for (TechniqueResult append : List.of(written, mapped)) {
                progress.step("checking " + append.technique().name());
                log.run(append);
                runner.round(serve, sender, true);
            }
            onRounds.run();
            for (int i = 1; i <= rounds; i++) {
                progress.step("round " + i + ": appending");
                written.add(log.run(written));
                mapped.add(log.run(mapped));
                round(i, served, sender);
            }
            runner.close(sender);
        } catch (Unavailable e) {
            List.of(mapped, written, served).forEach(result -> result.fail(e.reason()));
        }
    }

    /** Fills the file anew, on the sending thread. */
    private final class Log {
        private final List<Appending.Messages> messages = new ArrayList<>();

        Round run(TechniqueResult result) throws Unavailable {
            String name = result.technique().name();
            runner.alone(name, 0, (kernel, files) -> {
                file.empty(files);
                if (messages.isEmpty()) {
                    messages.add(new Appending.Messages(new Lane(kernel, files, file, chunk), content));
                }
                return new Tally();
            });
            return runner.alone(name, file.size(), (kernel, files) -> {
                Lane lane = new Lane(kernel, files, file, chunk);
                return name.equals(Appending.THROUGH_MAPPING)
                        ? Appending.mapped(lane, messages.getFirst())
                        : Appending.written(lane, messages.getFirst());
            });
        }
    }
}
