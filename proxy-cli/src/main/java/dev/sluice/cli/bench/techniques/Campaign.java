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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The order of things: every technique once for real, with its bytes checked, then all of them in turn, round after round. */
final class Campaign {
    private final Rig rig;
    private final SourceFile file;
    private final Content content;
    private final int chunk;
    private final int rounds;
    private final List<Outcome> outcomes;
    private final Runnable onRounds;

    /**
     * @param outcomes is filled, and looked at by others meanwhile under its lock
     * @param onRounds run when all is checked and the rounds begin
     */
    Campaign(
            Rig rig,
            SourceFile file,
            Content content,
            int chunk,
            int rounds,
            List<Outcome> outcomes,
            Runnable onRounds) {
        this.rig = rig;
        this.file = file;
        this.content = content;
        this.chunk = chunk;
        this.rounds = rounds;
        this.outcomes = outcomes;
        this.onRounds = onRounds;
    }

    private Outcome outcome(Technique technique) {
        Outcome outcome = new Outcome(technique);
        synchronized (outcomes) {
            outcomes.add(outcome);
        }
        return outcome;
    }

    /** The table. */
    void techniques(List<Technique> techniques) {
        Map<Outcome, Sender> ready = new LinkedHashMap<>();
        for (Technique technique : techniques) {
            Outcome outcome = outcome(technique);
            try {
                Sender sender = rig.open(technique);
                ready.put(outcome, sender);
                rig.round(technique, sender, true);
            } catch (Unavailable e) {
                outcome.fail(e.reason());
            }
        }
        onRounds.run();
        for (int i = 0; i < rounds; i++) {
            ready.forEach((outcome, sender) -> round(outcome, sender));
        }
        ready.values().forEach(rig::close);
    }

    private void round(Outcome outcome, Sender sender) {
        if (outcome.obstacle() != null) {
            return;
        }
        try {
            outcome.add(rig.round(outcome.technique(), sender, false));
        } catch (Unavailable e) {
            outcome.fail(e.reason());
        }
    }

    /** Appending in two ways, and serving what was appended. */
    void pattern(Pattern pattern) {
        Log log = new Log();
        Outcome mapped = outcome(Appending.append(pattern, Appending.THROUGH_MAPPING));
        Outcome written = outcome(Appending.append(pattern, Appending.BY_WRITING));
        Technique serve = Appending.serve(pattern);
        Outcome served = outcome(serve);
        try {
            Sender sender = rig.open(serve);
            for (Outcome append : List.of(written, mapped)) {
                log.run(append);
                rig.round(serve, sender, true);
            }
            onRounds.run();
            for (int i = 0; i < rounds; i++) {
                written.add(log.run(written));
                mapped.add(log.run(mapped));
                round(served, sender);
            }
            rig.close(sender);
        } catch (Unavailable e) {
            List.of(mapped, written, served).forEach(outcome -> outcome.fail(e.reason()));
        }
    }

    /** Fills the file anew, on the sending thread. */
    private final class Log {
        private final List<Appending.Messages> messages = new ArrayList<>();

        Round run(Outcome outcome) throws Unavailable {
            String name = outcome.technique().name();
            rig.alone(name, 0, (kernel, files) -> {
                file.empty(files);
                if (messages.isEmpty()) {
                    messages.add(new Appending.Messages(new Lane(kernel, files, file, chunk), content));
                }
                return new Tally();
            });
            return rig.alone(name, file.size(), (kernel, files) -> {
                Lane lane = new Lane(kernel, files, file, chunk);
                return name.equals(Appending.THROUGH_MAPPING)
                        ? Appending.mapped(lane, messages.getFirst())
                        : Appending.written(lane, messages.getFirst());
            });
        }
    }
}
